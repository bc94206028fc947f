// The manifest of an export: what was exported from which log, the hash of every file, and the proof that the log itself says so.
import { hash } from 'node:crypto';
import * as z from 'zod';
import { canonicalJson, type Json } from './canonical-json.ts';

export const exportFormats = ['jsonl', 'csv', 'ocsf'] as const;
export type ExportFormat = (typeof exportFormats)[number];

const exportFile = z.strictObject({
  name: z.string().regex(/^(events|entries)-\d{5}\.(jsonl|csv)$|^proof\.json$/),
  kind: z.enum(['events', 'entries', 'proof']),
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Events or entries in it. */
  count: z.int().min(0),
});
export type ExportFile = z.infer<typeof exportFile>;

const manifestCore = z.strictObject({
  version: z.literal('audit-export/v1'),
  job: z.string(),
  org: z.string(),
  format: z.enum(exportFormats),
  filter: z.record(z.string(), z.json()),
  createdAt: z.string(),
  createdBy: z.string(),
  events: z.int().min(0),
  /** The signed head that the proof of the entries leads to. */
  checkpoint: z.string(),
  files: z.array(exportFile),
  /** Persons whose keys were destroyed: their fields read `[erased]` where the index no longer had them. */
  erasures: z.array(z.strictObject({ at: z.string(), key: z.string() })),
});
export type ManifestCore = z.infer<typeof manifestCore>;

const manifest = z.strictObject({
  core: manifestCore,
  /** The verifier key of the log; one from elsewhere proves more. */
  key: z.string(),
  /** The log's own record of this export: its entry (base64), the proof that it is in the log, and that the log grew to there. */
  record: z.strictObject({ entry: z.string(), proof: z.string(), consistency: z.array(z.string()) }),
});
export type Manifest = z.infer<typeof manifest>;

export const manifestName = 'manifest.json';

/** @returns the id under which the log records an export: its job, and the SHA-256 of the core in canonical JSON */
export const recordedIdOf = (core: ManifestCore): string => `${core.job}.${hash('sha256', canonicalJson(core as unknown as Json), 'hex')}`;

export const formatManifest = (of: Manifest): Buffer => Buffer.from(`${canonicalJson(of as unknown as Json)}\n`);

/** @returns the manifest, or undefined for any bytes that {@link formatManifest} would not write */
export const parseManifest = (bytes: Uint8Array): Manifest | undefined => {
  try {
    const parsed = manifest.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    return formatManifest(parsed).equals(bytes) ? parsed : undefined;
  } catch {
    return undefined;
  }
};

const padded = (part: number): string => String(part).padStart(5, '0');
export const eventsName = (part: number, format: ExportFormat): string => `events-${padded(part)}.${format === 'csv' ? 'csv' : 'jsonl'}`;
export const entriesName = (part: number): string => `entries-${padded(part)}.jsonl`;
export const proofName = 'proof.json';
