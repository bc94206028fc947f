// One proof for many leaves at once: the hashes of all that lies between them, left to right, from which the root follows (RFC 6962 trees).
import { hashBytes, nodeHash } from './merkle-hash.ts';
import { type NodeReader, rangeHash, splitAt } from './merkle-proof.ts';

/** @returns the first place in `sorted` whose value is not below `value` */
const lowerBound = (sorted: readonly number[], value: number): number => {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** How many of the leaves lie in `[from, to)`. */
const counter =
  (leaves: readonly number[]) =>
  (from: number, to: number): number =>
    lowerBound(leaves, to) - lowerBound(leaves, from);

/**
 * @param leaves ascending, each once, all below `size`
 * @returns hashes of the subtrees without any of the leaves, as large as they can be, left to right
 */
export const multiProof = async (node: NodeReader, leaves: readonly number[], size: number): Promise<Uint8Array[]> => {
  const count = counter(leaves);
  const hashes: Uint8Array[] = [];
  const walk = async (from: number, to: number): Promise<void> => {
    const inside = count(from, to);
    if (inside === to - from) return;
    if (inside === 0) {
      hashes.push(await rangeHash(node, from, to));
      return;
    }
    const middle = from + splitAt(to - from);
    await walk(from, middle);
    await walk(middle, to);
  };
  if (size > 0) await walk(0, size);
  return hashes;
};

/**
 * @param leafHashes of `leaves`, in their order, one after the other
 * @returns the root of the tree that holds these leaves at these places; undefined where the proof is none for them
 */
export const multiProofRoot = (
  leaves: readonly number[],
  leafHashes: Uint8Array,
  size: number,
  proof: readonly Uint8Array[],
): Uint8Array | undefined => {
  if (leafHashes.length !== leaves.length * hashBytes || proof.some((hash) => hash.length !== hashBytes)) return undefined;
  if (!leaves.every((leaf, at) => Number.isSafeInteger(leaf) && leaf >= 0 && leaf < size && (at === 0 || leaf > (leaves[at - 1] ?? 0))))
    return undefined;
  const count = counter(leaves);
  let nextLeaf = 0;
  let nextHash = 0;
  const walk = (from: number, to: number): Uint8Array | undefined => {
    if (count(from, to) === 0) {
      nextHash += 1;
      return proof[nextHash - 1];
    }
    if (to - from === 1) {
      nextLeaf += 1;
      return leafHashes.subarray((nextLeaf - 1) * hashBytes, nextLeaf * hashBytes);
    }
    const middle = from + splitAt(to - from);
    const left = walk(from, middle);
    const right = walk(middle, to);
    return left && right && nodeHash(left, right);
  };
  const root = size > 0 ? walk(0, size) : undefined;
  return nextHash === proof.length && nextLeaf === leaves.length ? root : undefined;
};
