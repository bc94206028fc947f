// Verifies the archive's delivered lines against a verified log: each is the entry at its place, and none is missing in between.
import { gunzipSync } from 'node:zlib';
import { decodeArchiveLine } from './archive-line.ts';
import { hashBytes, leafHash, tileWidth } from './merkle-hash.ts';
import { tilePath, widthAt } from './tile-path.ts';
import { type LogSource, VerificationFailed } from './verify-log.ts';

const lineEnd = 0x0a;
const maxUnpackedBytes = 1024 * 1024 * 1024;
const keptTiles = 64;

/** @returns the object's bytes; a gzip object must be gzip to its last byte */
const unpacked = (path: string, bytes: Uint8Array): Buffer => {
  if (!path.endsWith('.gz')) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const { buffer, engine } = gunzipSync(bytes, { info: true, maxOutputLength: maxUnpackedBytes }) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    if (engine.bytesWritten === bytes.length) return buffer;
  } catch {
    throw new VerificationFailed(path, 'is not whole gzip');
  }
  throw new VerificationFailed(path, 'holds bytes behind its gzip data');
};

/** Reads leaf hashes from the log's tiles, a few of which are kept. */
const leafReader = (log: LogSource, size: number) => {
  const tiles = new Map<number, Uint8Array>();
  return async (leafIndex: number): Promise<Uint8Array | undefined> => {
    if (leafIndex >= size) return undefined;
    const index = Math.floor(leafIndex / tileWidth);
    let bytes = tiles.get(index);
    if (bytes === undefined) {
      bytes = (await log.read(tilePath({ level: 0, index, width: widthAt({ level: 0, index }, size) }))) ?? new Uint8Array();
      if (tiles.size >= keptTiles) tiles.delete(tiles.keys().next().value ?? 0);
      tiles.set(index, bytes);
    }
    const at = (leafIndex % tileWidth) * hashBytes;
    return bytes.subarray(at, at + hashBytes);
  };
};

export interface DeliveredResult {
  /** Distinct entries found. */
  readonly delivered: number;
  /** Entries at the log's end that are not in the archive yet. */
  readonly waiting: number;
}

/**
 * @param log verified up to `size`; @param objects path and bytes of every delivered object of that organization
 * @throws {@link VerificationFailed} at the first line that is not the log's, or where one is missing between others
 */
export const verifyDelivered = async (
  log: LogSource,
  size: number,
  objects: AsyncIterable<{ readonly path: string; readonly bytes: Uint8Array }>,
): Promise<DeliveredResult> => {
  const leafAt = leafReader(log, size);
  const seen = new Uint8Array(Math.ceil(size / 8));
  let delivered = 0;
  for await (const { path, bytes } of objects) {
    const text = unpacked(path, bytes);
    for (let at = 0, number = 1; at < text.length; number += 1) {
      const end = text.indexOf(lineEnd, at);
      const line = end < 0 ? undefined : decodeArchiveLine(text.subarray(at, end));
      if (line === undefined) throw new VerificationFailed(path, `line ${number} is no line of the archive`);
      const expected = await leafAt(line.leafIndex);
      if (expected === undefined)
        throw new VerificationFailed(path, `line ${number} names entry ${line.leafIndex}, which the log does not have`);
      if (Buffer.compare(leafHash(line.entry), expected) !== 0)
        throw new VerificationFailed(path, `line ${number} is not entry ${line.leafIndex} of the log`);
      const slot = Math.floor(line.leafIndex / 8);
      const bit = 1 << (line.leafIndex % 8);
      if (((seen[slot] ?? 0) & bit) === 0) delivered += 1;
      seen[slot] = (seen[slot] ?? 0) | bit;
      at = end + 1;
    }
  }
  const has = (index: number): boolean => ((seen[Math.floor(index / 8)] ?? 0) & (1 << (index % 8))) !== 0;
  let end = size;
  while (end > 0 && !has(end - 1)) end -= 1;
  for (let index = 0; index < end; index += 1) {
    if (!has(index)) throw new VerificationFailed('archive', `entry ${index} of the log was not delivered, though later ones were`);
  }
  return { delivered, waiting: size - end };
};
