// Inclusion and consistency proofs (RFC 6962 section 2.1) and their verification (RFC 9162 sections 2.1.3.2 and 2.1.4.2).
import { hashBytes, nodeHash } from './merkle-hash.ts';

/** @returns the hash of the complete subtree over the leaves `[index * 2^height, (index + 1) * 2^height)` */
export type NodeReader = (height: number, index: number) => Promise<Uint8Array>;

const half = (of: number): number => Math.floor(of / 2);
const isOdd = (of: number): boolean => of % 2 === 1;

/** @returns the largest power of two below `count` */
export const splitAt = (count: number): number => {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
};

/** The hash over the leaves `[from, to)`. INVARIANT: `from` is a multiple of the largest power of two that is not above `to - from`. */
export const rangeHash = async (node: NodeReader, from: number, to: number): Promise<Uint8Array> => {
  const count = to - from;
  const height = Math.log2(count);
  if (Number.isInteger(height)) return node(height, from / count);
  const middle = from + splitAt(count);
  return nodeHash(await rangeHash(node, from, middle), await rangeHash(node, middle, to));
};

/** @returns the audit path of leaf `index` in the tree of `size` leaves, from the leaf's sibling upwards */
export const inclusionProof = async (node: NodeReader, index: number, size: number): Promise<Uint8Array[]> => {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) throw new RangeError('the leaf is not in the tree');
  const path = async (from: number, to: number): Promise<Uint8Array[]> => {
    if (to - from === 1) return [];
    const middle = from + splitAt(to - from);
    return index < middle
      ? [...(await path(from, middle)), await rangeHash(node, middle, to)]
      : [...(await path(middle, to)), await rangeHash(node, from, middle)];
  };
  return path(0, size);
};

/** @returns the proof that the tree of `oldSize` leaves is a prefix of the tree of `newSize` */
export const consistencyProof = async (node: NodeReader, oldSize: number, newSize: number): Promise<Uint8Array[]> => {
  if (oldSize < 1 || oldSize > newSize) throw new RangeError('the old tree is no prefix of the new one');
  const path = async (from: number, to: number, whole: boolean): Promise<Uint8Array[]> => {
    if (oldSize === to) return whole ? [] : [await rangeHash(node, from, to)];
    const middle = from + splitAt(to - from);
    return oldSize <= middle
      ? [...(await path(from, middle, whole)), await rangeHash(node, middle, to)]
      : [...(await path(middle, to, false)), await rangeHash(node, from, middle)];
  };
  return path(0, newSize, true);
};

const sameHash = (a: Uint8Array, b: Uint8Array): boolean => a.length === hashBytes && Buffer.compare(a, b) === 0;
const isSize = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const areHashes = (...values: readonly Uint8Array[]): boolean => values.every((value) => value.length === hashBytes);

export interface InclusionClaim {
  readonly index: number;
  readonly size: number;
  readonly leafHash: Uint8Array;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** @returns whether the proof shows that leaf at that index in the tree with that root */
export const verifyInclusion = ({ index, size, leafHash, root, proof }: InclusionClaim): boolean => {
  if (!isSize(index) || !isSize(size) || index >= size || !areHashes(leafHash, root, ...proof)) return false;
  let at = index;
  let last = size - 1;
  let hash = leafHash;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      hash = nodeHash(sibling, hash);
      while (!isOdd(at) && at !== 0) {
        at = half(at);
        last = half(last);
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    at = half(at);
    last = half(last);
  }
  return last === 0 && sameHash(hash, root);
};

export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly newSize: number;
  readonly oldRoot: Uint8Array;
  readonly newRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** @returns whether the proof shows the old tree to be a prefix of the new one; the empty tree is a prefix by nothing that a proof could show, and is refused */
export const verifyConsistency = ({ oldSize, newSize, oldRoot, newRoot, proof }: ConsistencyClaim): boolean => {
  if (!isSize(oldSize) || !isSize(newSize) || oldSize < 1 || oldSize > newSize) return false;
  if (oldSize === newSize) return proof.length === 0 && Buffer.compare(oldRoot, newRoot) === 0;
  if (!areHashes(oldRoot, newRoot, ...proof)) return false;
  const isPowerOfTwo = Number.isInteger(Math.log2(oldSize));
  const [first, ...rest] = isPowerOfTwo ? [oldRoot, ...proof] : proof;
  if (first === undefined || proof.length === 0) return false;
  let at = oldSize - 1;
  let last = newSize - 1;
  while (isOdd(at)) {
    at = half(at);
    last = half(last);
  }
  let oldHash = first;
  let newHash = first;
  for (const sibling of rest) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      oldHash = nodeHash(sibling, oldHash);
      newHash = nodeHash(sibling, newHash);
      while (!isOdd(at) && at !== 0) {
        at = half(at);
        last = half(last);
      }
    } else {
      newHash = nodeHash(newHash, sibling);
    }
    at = half(at);
    last = half(last);
  }
  return last === 0 && sameHash(oldHash, oldRoot) && sameHash(newHash, newRoot);
};
