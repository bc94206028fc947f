// Any complete subtree's hash, read from tiles.
import { hashBytes, subtreeRoot, tileWidth } from './merkle-hash.ts';
import type { NodeReader } from './merkle-proof.ts';
import { type Tile, widthAt } from './tile-path.ts';

const tileHeight = 8;

/**
 * @param size of the tree that the tiles were taken from; it decides which tiles are partial
 * @param read the bytes of a tile, of exactly its width
 * @returns a reader of nodes that asks for each tile once
 */
export const tileNodes = (size: number, read: (tile: Tile) => Promise<Uint8Array>): NodeReader => {
  const seen = new Map<string, Promise<Uint8Array>>();
  const tileOf = (level: number, index: number): Promise<Uint8Array> => {
    const id = `${level}/${index}`;
    const known = seen.get(id) ?? read({ level, index, width: widthAt({ level, index }, size) });
    seen.set(id, known);
    return known;
  };
  return async (height, index) => {
    const level = Math.floor(height / tileHeight);
    const count = 2 ** (height % tileHeight);
    const first = index * count;
    const bytes = await tileOf(level, Math.floor(first / tileWidth));
    const at = (first % tileWidth) * hashBytes;
    const hashes = bytes.subarray(at, at + count * hashBytes);
    if (hashes.length !== count * hashBytes) throw new RangeError('a tile is too short');
    return subtreeRoot(hashes);
  };
};
