// What resolves read of secrets, kept while the workspace's epoch stands: ciphertexts and metadata, never a value.
import type { Secret } from '../domain/secret.ts';
import type { Named, SecretReads, SecretReadsAt, SecretStore, StoredValue } from '../ports.ts';
import { headKey } from './keys.ts';

interface Kept {
  readonly epoch: number;
  readonly heads: Map<string, Secret | undefined>;
  readonly values: Map<string, StoredValue | undefined>;
  bytes: number;
}

/** Workspaces kept at once; the longest unused goes first. */
const maxWorkspaces = 100;
/** Places looked at and bytes of ciphertext kept of a workspace. */
const maxHeads = 20_000;
const maxBytes = 4 * 1024 * 1024;

export const cachedReads = (secrets: SecretStore): SecretReadsAt => {
  const all = new Map<string, Kept>();

  const keptOf = (place: string, epoch: number): Kept => {
    const before = all.get(place);
    const kept: Kept = before?.epoch === epoch ? before : { epoch, heads: new Map(), values: new Map(), bytes: 0 };
    all.delete(place);
    const [longestUnused] = all.keys();
    if (all.size >= maxWorkspaces && longestUnused !== undefined) all.delete(longestUnused);
    all.set(place, kept);
    return kept;
  };

  const nameOfHead = (org: string, { location, name }: Named): string => headKey(org, location, name).sk;
  const nameOfValue = ({ secret, version }: { readonly secret: Secret; readonly version: number }): string => `${secret.id}/${version}`;

  return (org, workspace, epoch): SecretReads => {
    const place = `${org}/${workspace}`;
    // INVARIANT: the epoch was read before anything that is kept under it, so that nothing older than it is.
    const kept = keptOf(place, epoch);
    return {
      at: async (places) => {
        const names = places.map((each) => nameOfHead(org, each));
        const missing = places.filter((_, index) => !kept.heads.has(names[index] ?? ''));
        if (missing.length === 0) return names.map((name) => kept.heads.get(name));
        const read = await secrets.at(org, missing);
        const fresh = new Map(missing.map((each, index) => [nameOfHead(org, each), read[index]]));
        if (kept.heads.size + fresh.size > maxHeads) kept.heads.clear();
        const answer = names.map((name) => (fresh.has(name) ? fresh.get(name) : kept.heads.get(name)));
        // An import that is still being decided may be so without a move of the epoch.
        for (const [name, secret] of fresh) if (secret?.importing === undefined) kept.heads.set(name, secret);
        return answer;
      },
      values: async (of) => {
        const missing = of.filter((each) => !kept.values.has(nameOfValue(each)));
        if (missing.length === 0) return of.map((each) => kept.values.get(nameOfValue(each)));
        const read = await secrets.values(org, missing);
        const fresh = new Map(missing.map((each, index) => [nameOfValue(each), read[index]]));
        const answer = of.map((each) => (fresh.has(nameOfValue(each)) ? fresh.get(nameOfValue(each)) : kept.values.get(nameOfValue(each))));
        for (const [name, value] of fresh) {
          if (value === undefined || kept.bytes + value.envelope.length > maxBytes) continue;
          kept.values.set(name, value);
          kept.bytes += value.envelope.length;
        }
        return answer;
      },
      forget: () => {
        all.delete(place);
      },
    };
  };
};
