// Verifies an export away from where it was made: its record in the log, every file, every entry, and every event against its entry.
import { hash } from 'node:crypto';
import { decodeArchiveLine } from './archive-line.ts';
import { decodeBase64 } from './base64.ts';
import { type Checkpoint, verifyCheckpoint } from './checkpoint.ts';
import { parseCsv } from './csv.ts';
import { type LogEntry, parseEntry } from './entry.ts';
import {
  type ExportFile,
  type ExportFormat,
  type Manifest,
  type ManifestCore,
  manifestName,
  parseManifest,
  recordedIdOf,
} from './export-manifest.ts';
import { hashBytes, leafHash } from './merkle-hash.ts';
import { verifyConsistency } from './merkle-proof.ts';
import { multiProofRoot } from './multi-proof.ts';
import { type NoteKey, NoteRefused, parseVerifierKey } from './signed-note.ts';
import { parseTlogProof, verifyTlogProof } from './tlog-proof.ts';
import { VerificationFailed } from './verify-log.ts';

export interface ExportSource {
  read(name: string): Promise<Uint8Array | undefined>;
  /** Every file beside the manifest. */
  list(): Promise<readonly string[]>;
}

export interface VerifyExportOptions {
  /** Keys to trust; none: the manifest's own. */
  readonly keys: readonly NoteKey[];
  readonly onProgress?: (verified: number, size: number) => void;
}

export interface VerifiedExport {
  readonly core: ManifestCore;
  readonly checkpoint: Checkpoint;
}

const lineEnd = 0x0a;

const refused = (where: string, what: string): VerificationFailed => new VerificationFailed(where, what);

const noted = <T>(check: () => T): T => {
  try {
    return check();
  } catch (error) {
    if (error instanceof NoteRefused) throw refused(manifestName, error.message);
    throw error;
  }
};

/** The log says of itself that it made this export. @returns the checkpoint that the entries' proof leads to */
const verifyRecord = ({ core, key, record }: Manifest, given: readonly NoteKey[]): Checkpoint => {
  const own = noted(() => parseVerifierKey(key));
  if (given.length > 0 && !given.some(({ publicKey }) => Buffer.compare(publicKey, own.publicKey) === 0)) {
    throw refused(manifestName, 'the key is not one that was given');
  }
  const entry = decodeBase64(record.entry);
  if (entry === undefined) throw refused(manifestName, 'the record is not base64');
  const at = noted(() => verifyTlogProof(record.proof, entry, [own]));
  const checkpoint = noted(() => verifyCheckpoint(Buffer.from(core.checkpoint), [own]));
  const consistency = record.consistency.map((text) => decodeBase64(text) ?? new Uint8Array());
  const grew = { oldSize: checkpoint.size, newSize: at.size, oldRoot: checkpoint.root, newRoot: at.root, proof: consistency };
  if (checkpoint.origin !== at.origin || !verifyConsistency(grew))
    throw refused(manifestName, 'the record is of another log than the entries');
  // INVARIANT: the entry in the log names the hash of all that the manifest says, and so of every file.
  const said = entryOf(manifestName, entry);
  const id = 'id' in said.resource ? said.resource.id : '';
  if (said.type !== 'audit.exported' || said.action !== 'export' || said.org !== core.org || id !== recordedIdOf(core)) {
    throw refused(manifestName, 'is not what the log recorded of this export');
  }
  if (parseTlogProof(record.proof).extra !== undefined) throw refused(manifestName, 'the proof of the record has more than it needs');
  return checkpoint;
};

const entryOf = (where: string, bytes: Uint8Array): LogEntry => {
  try {
    return parseEntry(bytes);
  } catch {
    throw refused(where, 'an entry is not in its canonical form');
  }
};

const readFile = async (source: ExportSource, { name, bytes, sha256 }: ExportFile): Promise<Buffer> => {
  const read = await source.read(name);
  if (read === undefined) throw refused(name, 'the file is missing');
  if (read.length !== bytes || hash('sha256', read, 'hex') !== sha256)
    throw refused(name, 'the file is not the one that the manifest names');
  return Buffer.from(read.buffer, read.byteOffset, read.byteLength);
};

/** What an event in any format says in plain, to be held against its entry. */
interface Said {
  readonly leafIndex: number;
  readonly id: string;
  readonly time: string;
  readonly type: string;
  readonly action: string;
  readonly outcome: string;
}

const saidOfJson = (text: string): Said => JSON.parse(text) as Said;

const saidOfOcsf = (text: string): Said => {
  const { metadata, time, unmapped, api } = JSON.parse(text) as {
    metadata: { uid: string; event_code: string; sequence: number };
    time: number;
    unmapped: { outcome: string };
    api: { operation: string };
  };
  return {
    leafIndex: metadata.sequence,
    id: metadata.uid,
    time: new Date(time).toISOString(),
    type: metadata.event_code,
    action: api.operation,
    outcome: unmapped.outcome,
  };
};

const saidOfCsv = (text: string): Said[] => {
  const [header = [], ...records] = parseCsv(text) ?? [];
  const at = (name: string): number => header.indexOf(name);
  const [leaf, id, time, type, action, outcome] = ['leafIndex', 'id', 'time', 'type', 'action', 'outcome'].map(at) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const of = (record: readonly string[], column: number): string => record[column] ?? '';
  return records.map((record) => ({
    leafIndex: Number(of(record, leaf)),
    id: of(record, id),
    time: of(record, time),
    type: of(record, type),
    action: of(record, action),
    outcome: of(record, outcome),
  }));
};

const saidOf = (format: ExportFormat, name: string, bytes: Buffer): Said[] => {
  try {
    const text = bytes.toString('utf8');
    if (format === 'csv') return saidOfCsv(text);
    const lines = text.split('\n');
    if (lines.pop() !== '') throw new Error('cut off');
    return lines.map(format === 'jsonl' ? saidOfJson : saidOfOcsf);
  } catch {
    throw refused(name, 'holds something that is no event');
  }
};

interface Entries {
  readonly leaves: number[];
  readonly hashes: Buffer[];
  /** What each entry says in plain, until an event was found to say the same. */
  readonly waiting: Map<number, string>;
}

const plainOf = ({ id, time, type, action, outcome }: Pick<Said, 'id' | 'time' | 'type' | 'action' | 'outcome'>): string =>
  `${id} ${time} ${type} ${outcome} ${action}`;

const addEntries = ({ leaves, hashes, waiting }: Entries, name: string, bytes: Buffer): void => {
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(lineEnd, at);
    const line = end < 0 ? undefined : decodeArchiveLine(bytes.subarray(at, end));
    if (line === undefined) throw refused(name, 'holds a line that is no entry');
    leaves.push(line.leafIndex);
    hashes.push(leafHash(line.entry));
    waiting.set(line.leafIndex, plainOf(entryOf(name, line.entry)));
    at = end + 1;
  }
};

const proofOf = (bytes: Buffer): Buffer[] | undefined => {
  const texts: unknown = JSON.parse(bytes.toString('utf8'));
  if (!Array.isArray(texts)) return undefined;
  const hashes = texts.map((text) => (typeof text === 'string' ? decodeBase64(text) : undefined));
  return hashes.every((each) => each?.length === hashBytes) ? (hashes as Buffer[]) : undefined;
};

/** @throws {@link VerificationFailed} at the first thing that is wrong */
export const verifyExport = async (source: ExportSource, { keys, onProgress }: VerifyExportOptions): Promise<VerifiedExport> => {
  const bytes = await source.read(manifestName);
  const manifest = bytes && parseManifest(bytes);
  if (manifest === undefined) throw refused(manifestName, bytes === undefined ? 'the file is missing' : 'is not a manifest of an export');
  const { core } = manifest;
  const checkpoint = verifyRecord(manifest, keys);
  const named = new Set([manifestName, ...core.files.map(({ name }) => name)]);
  const stray = (await source.list()).find((name) => !named.has(name));
  if (stray !== undefined) throw refused(stray, 'the file does not belong to the export');
  const entries: Entries = { leaves: [], hashes: [], waiting: new Map() };
  for (const file of core.files.filter(({ kind }) => kind === 'entries')) {
    addEntries(entries, file.name, await readFile(source, file));
    onProgress?.(entries.leaves.length, core.events);
  }
  const proofFile = core.files.find(({ kind }) => kind === 'proof');
  const proof = proofFile && proofOf(await readFile(source, proofFile));
  if (proofFile === undefined || proof === undefined) throw refused('proof.json', 'is not a proof');
  const { leaves, hashes, waiting } = entries;
  const root = leaves.length === 0 ? undefined : multiProofRoot(leaves, Buffer.concat(hashes), checkpoint.size, proof);
  if (leaves.length > 0 && (root === undefined || Buffer.compare(root, checkpoint.root) !== 0)) {
    throw refused(proofFile.name, 'does not show the entries in the log');
  }
  for (const file of core.files.filter(({ kind }) => kind === 'events')) {
    for (const said of saidOf(core.format, file.name, await readFile(source, file))) {
      if (waiting.get(said.leafIndex) !== plainOf(said))
        throw refused(file.name, `event \`${said.leafIndex}\` is not the entry at its place, or is there twice`);
      waiting.delete(said.leafIndex);
    }
  }
  if (waiting.size > 0 || leaves.length !== core.events) throw refused(manifestName, 'there are entries without their events');
  return { core, checkpoint };
};
