// A growing Merkle tree as C2SP tlog-tiles see it: only the right edge is kept, and appending gives the tiles that changed.
import { emptyRoot, hashBytes, nodeHash, subtreeRoot, tileWidth } from './merkle-hash.ts';
import type { Tile } from './tile-path.ts';

/** The right edge of a tree: for each level, the hashes of its last tile while that is partial (empty where it is full). */
export interface TreeEdge {
  readonly size: number;
  readonly levels: readonly Uint8Array[];
}

export interface TileContent extends Tile {
  readonly bytes: Uint8Array;
}

const fullTileBytes = tileWidth * hashBytes;

export const emptyEdge: TreeEdge = { size: 0, levels: [] };

/** @returns the partial tiles that stand at the right edge of a tree of that size */
export const edgeTiles = (size: number): Tile[] => {
  const tiles: Tile[] = [];
  for (let level = 0, count = size; count > 0; level += 1, count = Math.floor(count / tileWidth)) {
    const width = count % tileWidth;
    if (width > 0) tiles.push({ level, index: Math.floor(count / tileWidth), width });
  }
  return tiles;
};

/**
 * @param leafHashes one after the other
 * @returns the new edge, and each tile that is new: full ones as they filled up, and the partial ones now at the edge where they changed
 */
export const appendLeaves = (
  edge: TreeEdge,
  leafHashes: Uint8Array,
): { readonly edge: TreeEdge; readonly tiles: readonly TileContent[] } => {
  const tiles: TileContent[] = [];
  const levels: Uint8Array[] = [];
  let incoming = leafHashes;
  let count = edge.size;
  for (let level = 0; incoming.length > 0; level += 1) {
    const before = edge.levels[level] ?? new Uint8Array();
    const hashes = before.length === 0 ? incoming : Buffer.concat([before, incoming]);
    let index = Math.floor(count / tileWidth);
    const roots: Uint8Array[] = [];
    let at = 0;
    for (; at + fullTileBytes <= hashes.length; at += fullTileBytes, index += 1) {
      const bytes = hashes.subarray(at, at + fullTileBytes);
      tiles.push({ level, index, width: tileWidth, bytes });
      roots.push(subtreeRoot(bytes));
    }
    const rest = hashes.subarray(at);
    levels.push(rest);
    if (rest.length > 0) tiles.push({ level, index, width: rest.length / hashBytes, bytes: rest });
    incoming = Buffer.concat(roots);
    count = Math.floor(count / tileWidth);
  }
  levels.push(...edge.levels.slice(levels.length));
  return { edge: { size: edge.size + leafHashes.length / hashBytes, levels }, tiles };
};

/** @returns the compact range of the whole tree: roots of its complete subtrees, the largest first */
export const compactRange = (edge: TreeEdge): Uint8Array[] => {
  const range: Uint8Array[] = [];
  for (const hashes of [...edge.levels].reverse()) {
    let at = 0;
    for (let block = fullTileBytes / 2; block >= hashBytes; block /= 2) {
      if (hashes.length - at < block) continue;
      range.push(subtreeRoot(hashes.subarray(at, at + block)));
      at += block;
    }
  }
  return range;
};

/** @param range as {@link compactRange} gives it */
export const rootOfRange = (range: readonly Uint8Array[]): Uint8Array =>
  range.reduceRight<Uint8Array | undefined>((right, left) => (right === undefined ? left : nodeHash(left, right)), undefined) ?? emptyRoot;
