// The Merkle tree: hashing, tiles, proofs, against a slow reference and public vectors.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decodeBase64 } from '../../../functions/audit/domain/base64.ts';
import { emptyRoot, hashBytes, leafHash, tileWidth } from '../../../functions/audit/domain/merkle-hash.ts';
import { consistencyProof, inclusionProof, verifyConsistency, verifyInclusion } from '../../../functions/audit/domain/merkle-proof.ts';
import {
  appendLeaves,
  compactRange,
  edgeTiles,
  emptyEdge,
  rootOfRange,
  type TreeEdge,
} from '../../../functions/audit/domain/merkle-tree.ts';
import { tileNodes } from '../../../functions/audit/domain/tile-nodes.ts';
import { parseTilePath, tilePath, widthAt } from '../../../functions/audit/domain/tile-path.ts';

const sha256 = (...parts: Uint8Array[]): Buffer => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();

/** RFC 6962 section 2.1, word for word. */
const referenceRoot = (entries: readonly Uint8Array[]): Buffer => {
  if (entries.length === 0) return sha256();
  if (entries.length === 1) return sha256(Buffer.of(0), entries[0] as Uint8Array);
  let k = 1;
  while (k * 2 < entries.length) k *= 2;
  return sha256(Buffer.of(1), referenceRoot(entries.slice(0, k)), referenceRoot(entries.slice(k)));
};

const entryOf = (index: number): Buffer => Buffer.from(`entry ${index}`);
const entries = (count: number): Buffer[] => Array.from({ length: count }, (_, index) => entryOf(index));
const leaves = (from: number, to: number): Buffer =>
  Buffer.concat(Array.from({ length: to - from }, (_, index) => leafHash(entryOf(from + index))));

/** Appends in the given steps and keeps every tile written, by path. */
const grow = (steps: readonly number[]): { edge: TreeEdge; tiles: Map<string, Uint8Array> } => {
  const tiles = new Map<string, Uint8Array>();
  let edge = emptyEdge;
  for (const step of steps) {
    const next = appendLeaves(edge, leaves(edge.size, edge.size + step));
    for (const tile of next.tiles) tiles.set(tilePath(tile), Buffer.from(tile.bytes));
    edge = next.edge;
  }
  return { edge, tiles };
};

describe('the tree', () => {
  test('has the root of RFC 6962 at every size, however it was cut into appends', () => {
    expect(rootOfRange(compactRange(emptyEdge))).toEqual(emptyRoot);
    for (const steps of [[1], [2], [3], [1, 1, 1, 4], [255], [256], [257], [255, 1], [200, 200], [256, 256, 1], [1000], [3, 997, 24]]) {
      const { edge } = grow(steps);
      expect(edge.size).toBe(steps.reduce((sum, step) => sum + step, 0));
      expect(Buffer.from(rootOfRange(compactRange(edge)))).toEqual(referenceRoot(entries(edge.size)));
    }
  });

  test('has the tiles that its size calls for, the same ones however it grew', () => {
    const size = 66_100;
    const whole = grow([size]);
    const pieces = grow([1, 254, 1, 65_000, size - 65_256]);
    for (const [path, bytes] of whole.tiles) expect(pieces.tiles.get(path), path).toEqual(bytes);
    expect(edgeTiles(size).map(tilePath)).toEqual(['tile/0/258.p/52', 'tile/1/001.p/2', 'tile/2/000.p/1']);
    for (const tile of edgeTiles(size)) expect(pieces.tiles.get(tilePath(tile))?.length).toBe(tile.width * hashBytes);
    expect(pieces.tiles.get('tile/1/000')?.length).toBe(tileWidth * hashBytes);
    expect(pieces.edge).toEqual(whole.edge);
  });

  test('a tree of 256 leaves has a full tile at level 0 and one of width 1 at level 1', () => {
    expect([...grow([256]).tiles.keys()]).toEqual(['tile/0/000', 'tile/1/000.p/1']);
    expect(edgeTiles(70_000).map(tilePath)).toEqual(['tile/0/273.p/112', 'tile/1/001.p/17', 'tile/2/000.p/1']);
    expect(widthAt({ level: 1, index: 1 }, 70_000)).toBe(17);
    expect(widthAt({ level: 1, index: 2 }, 70_000)).toBe(0);
  });
});

describe('tile paths', () => {
  test('are written as the standard says, and read back', () => {
    expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067');
    expect(tilePath({ level: 'entries', index: 0, width: 7 })).toBe('tile/entries/000.p/7');
    for (const path of ['tile/0/000', 'tile/63/x001/067.p/255', 'tile/entries/x001/x234/067']) {
      const parsed = parseTilePath(path);
      expect(parsed && tilePath(parsed)).toBe(path);
    }
  });

  test('are refused in every other spelling', () => {
    const bad = [
      '',
      'tile/0/0',
      'tile/00/000',
      'tile/64/000',
      'tile/0/x000/000',
      'tile/0/000.p/0',
      'tile/0/000.p/256',
      'tile/0/000.p/01',
      'tile/0/000.p',
      'tile/0/001/002',
      'tile/0/000\n',
      '/tile/0/000',
      'tile/../000',
      'tile/entries/..',
      'tile/0/000/',
    ];
    for (const path of bad) expect(parseTilePath(path), path).toBeUndefined();
  });
});

describe('proofs', () => {
  const size = 600;
  const { tiles } = grow([size]);
  const rootAt = (count: number): Buffer => referenceRoot(entries(count));
  const nodesAt = (count: number) =>
    tileNodes(count, async (tile) => {
      const bytes = tiles.get(tilePath({ ...tile, width: widthAt(tile, size) }));
      if (bytes === undefined) throw new Error(`no tile ${tilePath(tile)}`);
      return bytes.subarray(0, tile.width * hashBytes);
    });

  test('of inclusion hold for every leaf, and for no other leaf, index or root', async () => {
    for (const count of [1, 2, 3, 7, 8, 255, 256, 257, 512, 600]) {
      const root = rootAt(count);
      for (const index of new Set([0, 1, 2, Math.floor(count / 2), count - 2, count - 1])) {
        if (index < 0 || index >= count) continue;
        const proof = await inclusionProof(nodesAt(count), index, count);
        const claim = { index, size: count, leafHash: leafHash(entryOf(index)), root, proof };
        expect(verifyInclusion(claim)).toBe(true);
        expect(verifyInclusion({ ...claim, leafHash: leafHash(entryOf(index + 1)) })).toBe(false);
        expect(verifyInclusion({ ...claim, index: index + 1 })).toBe(false);
        expect(verifyInclusion({ ...claim, root: rootAt(count + 1) })).toBe(false);
        expect(verifyInclusion({ ...claim, proof: [...proof, root] })).toBe(false);
        if (proof.length > 0) expect(verifyInclusion({ ...claim, proof: proof.slice(1) })).toBe(false);
      }
    }
  });

  test('of consistency hold between any two sizes, and for no other root', async () => {
    for (const newSize of [1, 2, 3, 7, 8, 256, 257, 600]) {
      for (const oldSize of [1, 2, 3, 4, 6, 7, 8, 128, 255, 256, 257, 599, 600]) {
        if (oldSize > newSize) continue;
        const proof = await consistencyProof(nodesAt(newSize), oldSize, newSize);
        const claim = { oldSize, newSize, oldRoot: rootAt(oldSize), newRoot: rootAt(newSize), proof };
        expect(verifyConsistency(claim)).toBe(true);
        expect(verifyConsistency({ ...claim, oldRoot: rootAt(oldSize + 1) })).toBe(false);
        expect(verifyConsistency({ ...claim, newRoot: rootAt(newSize + 1) })).toBe(false);
        expect(verifyConsistency({ ...claim, proof: [...proof, rootAt(1)] })).toBe(false);
      }
    }
  });

  const vectors = new URL('../../../../shared/vectors/merkle/proofs.jsonl', import.meta.url);
  test.skipIf(!existsSync(vectors))(
    'the 196 public inclusion and consistency cases are answered rightly (skipped where `../shared/vectors` is absent)',
    () => {
      const hashOf = (text: string): Uint8Array => decodeBase64(text) ?? new Uint8Array();
      let answered = 0;
      for (const line of readFileSync(vectors, 'utf8').split('\n').filter(Boolean)) {
        const vector = JSON.parse(line);
        const proof = (vector.proof ?? []).map(hashOf);
        if (vector.name.startsWith('inclusion/')) {
          const claim = {
            index: vector.leafIdx,
            size: vector.treeSize,
            leafHash: hashOf(vector.leafHash),
            root: hashOf(vector.root),
            proof,
          };
          expect(verifyInclusion(claim), vector.name).toBe(!vector.wantErr);
          answered += 1;
        }
        if (vector.name.startsWith('consistency/')) {
          const claim = {
            oldSize: vector.size1,
            newSize: vector.size2,
            oldRoot: hashOf(vector.root1),
            newRoot: hashOf(vector.root2),
            proof,
          };
          expect(verifyConsistency(claim), vector.name).toBe(!vector.wantErr);
          answered += 1;
        }
      }
      expect(answered).toBe(196);
    },
  );
});
