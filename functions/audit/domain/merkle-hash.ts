// Merkle tree hashing as RFC 6962 section 2.1 has it: SHA-256, leaves prefixed by 0x00, nodes by 0x01.
import { hash } from 'node:crypto';

export const hashBytes = 32;

/** The largest entry that a bundle's uint16 length can tell. */
export const maxEntryBytes = 65_535;

/** Hashes in a full tile (C2SP tlog-tiles, height 8). */
export const tileWidth = 256;

const sha256 = (bytes: Uint8Array): Buffer => hash('sha256', bytes, 'buffer');

// INVARIANT: both scratch buffers are filled and hashed within one synchronous call, so no two calls share their content.
const leafScratch = Buffer.alloc(1 + maxEntryBytes);
const nodeScratch = Buffer.alloc(1 + 2 * hashBytes, 1);

/** The root of the empty tree. */
export const emptyRoot: Uint8Array = sha256(new Uint8Array());

/** @throws RangeError for an entry that no bundle can hold */
export const leafHash = (entry: Uint8Array): Buffer => {
  if (entry.length > maxEntryBytes) throw new RangeError('the entry is too large for the log');
  leafScratch.set(entry, 1);
  return sha256(leafScratch.subarray(0, 1 + entry.length));
};

export const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer => {
  nodeScratch.set(left, 1);
  nodeScratch.set(right, 1 + hashBytes);
  return sha256(nodeScratch);
};

/**
 * @param hashes a power of two of hashes, one after the other
 * @returns the root of the complete subtree over them
 */
export const subtreeRoot = (hashes: Uint8Array): Uint8Array => {
  let level = Buffer.from(hashes);
  while (level.length > hashBytes) {
    const half = level.length / 2;
    for (let at = 0; at < half; at += hashBytes) {
      // INVARIANT: a node is written at or before where its children were read, so the level can be folded in place.
      level.copy(nodeScratch, 1, 2 * at, 2 * at + 2 * hashBytes);
      sha256(nodeScratch).copy(level, at);
    }
    level = level.subarray(0, half);
  }
  return Uint8Array.prototype.slice.call(level);
};
