// Hashes of scopes (FNV-1a, folded to 16 bits), with which a check finds the few scopes on its path among all that a principal holds.
import { everywhere, type Scope } from '../../shared/kernel/scope.ts';

const basis = 0x811c9dc5 | 0;
const prime = 0x01000193;
const slash = '/'.charCodeAt(0);

const folded = (hash: number): number => (hash ^ (hash >>> 16)) & 0xffff;

/** @returns 16 bits; different scopes may share them */
export const hashOf = (scope: Scope): number => {
  let hash = basis;
  for (let index = 0; index < scope.length; index += 1) hash = Math.imul(hash ^ scope.charCodeAt(index), prime);
  return folded(hash);
};

const everywhereHash = hashOf(everywhere);

/** The hashes of a scope and of the scopes above it, of which there are at most three and `*`. */
export interface PathHashes {
  all: number;
  first: number;
  second: number;
  whole: number;
}

const path: PathHashes = { all: everywhereHash, first: 0, second: 0, whole: 0 };

/** @returns the hashes of a path, good until the next call; undefined for a path that is too deep to be a scope */
export const pathHashes = (scope: Scope): Readonly<PathHashes> | undefined => {
  let hash = basis;
  let depth = 0;
  path.first = everywhereHash;
  path.second = everywhereHash;
  for (let index = 0; index < scope.length; index += 1) {
    const code = scope.charCodeAt(index);
    if (code === slash) {
      depth += 1;
      if (depth === 1) path.first = folded(hash);
      else if (depth === 2) path.second = folded(hash);
      else return undefined;
    }
    hash = Math.imul(hash ^ code, prime);
  }
  path.whole = folded(hash);
  return path;
};
