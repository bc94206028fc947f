// A staging bundle: every file that a moved head still owes, and which outbox rows it took, in one object that survives a crash.
import { hash } from 'node:crypto';
import * as z from 'zod';

export interface StagedFile {
  /** Relative to the organization's log. */
  readonly path: string;
  /** Full tiles and bundles are; partial ones change. */
  readonly locked: boolean;
  readonly bytes: Uint8Array;
}

export interface StagingBundle {
  readonly files: readonly StagedFile[];
  readonly retainUntilMs: number;
  /** The leaf that the first of `ids` became; the others follow. */
  readonly firstLeaf: number;
  readonly ids: readonly string[];
}

const lengthBytes = 4;

const header = z.strictObject({
  files: z.array(z.strictObject({ path: z.string(), locked: z.boolean(), size: z.int().min(0) })),
  retainUntilMs: z.int(),
  firstLeaf: z.int().min(0),
  ids: z.array(z.string()),
});

/** @returns a big-endian uint32 length, a JSON header of that length, and the files' bytes one after the other */
export const encodeStaging = ({ files, retainUntilMs, firstLeaf, ids }: StagingBundle): Buffer => {
  const described = files.map(({ path, locked, bytes }) => ({ path, locked, size: bytes.length }));
  const text = Buffer.from(JSON.stringify({ files: described, retainUntilMs, firstLeaf, ids }));
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, text, ...files.map(({ bytes }) => bytes)]);
};

/** @returns 64 hexadecimal digits; a bundle's name ends in them */
export const stagingDigest = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');

/** @throws Error unless the bytes are whole and those that the name tells */
export const decodeStaging = (bytes: Uint8Array, name: string): StagingBundle => {
  if (!name.endsWith(`-${stagingDigest(bytes)}`)) throw new Error('a staging bundle is damaged');
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = lengthBytes + buffer.readUInt32BE(0);
  const { files, ...rest } = header.parse(JSON.parse(buffer.toString('utf8', lengthBytes, at)));
  const read = files.map(({ path, locked, size }) => {
    at += size;
    return { path, locked, bytes: buffer.subarray(at - size, at) };
  });
  if (at !== buffer.length) throw new Error('a staging bundle is damaged');
  return { files: read, ...rest };
};

/** Where all bundles are. */
export const stagingFolder = 'staging/';

const padded = (version: number): string => String(version).padStart(16, '0');

/** @param baseVersion of the head that the bundle builds on: once the head has moved past it, no head can ever name the bundle again */
export const stagingPath = (baseVersion: number, digest: string): string => `${stagingFolder}${padded(baseVersion)}-${digest}`;

/** @returns whether a head of that version shows that the bundle can never be carried out */
export const isStale = (path: string, headVersion: number): boolean => path < `${stagingFolder}${padded(headVersion)}`;
