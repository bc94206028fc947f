// Reads a workspace's fingerprints for prompt protection: compiled once an epoch, opened by the workspace's key for them and no other.
import type { OrgId } from '../../shared/kernel/ids.ts';
import { canonicalContext } from '../domain/context.ts';
import { DecryptionFailed, openEnvelope } from '../domain/envelope.ts';
import { compileFingerprints, type KnownForm, type SecretFingerprints } from '../domain/find-secrets.ts';
import { decodePrints, type FingerprintSecrets, fingerprintSecrets } from '../domain/fingerprint.ts';
import { keyObject, type SecretKey } from '../domain/primitives.ts';
import type { FingerprintKeys, FingerprintReads, Fingerprints, StateStore } from '../ports.ts';

interface Dependencies {
  readonly fingerprints: FingerprintReads;
  readonly fingerprintKeys: FingerprintKeys;
  readonly states: StateStore;
}

/** @returns what {@link findSecrets} searches a text for; it is the same object while nothing changed */
export type ReadFingerprints = (org: OrgId, workspace: string) => Promise<SecretFingerprints>;

interface Opening {
  readonly key: SecretKey;
  readonly keyId: string;
  readonly secrets: FingerprintSecrets;
}

/** Workspaces whose compiled fingerprints are kept. */
const maxKept = 100;
const noSecrets: FingerprintSecrets = { mac: new Uint8Array(32), base: 1, mix: 1 };

const formsOf = (org: string, workspace: string, secretId: string, row: Fingerprints, { key, keyId }: Opening): KnownForm[] =>
  [...row.versions].flatMap(([version, sealed]) => {
    const context = canonicalContext({ keyId, org, location: { workspace }, name: '', secretId, version });
    try {
      return decodePrints(openEnvelope(key, context, sealed)).map((print) => ({ ...print, secretId, version, decoy: row.decoy }));
    } catch (error) {
      // A row that was moved here from elsewhere finds nothing; it does not keep the others from being found.
      if (error instanceof DecryptionFailed) return [];
      throw error;
    }
  });

const load = async ({ fingerprints, fingerprintKeys }: Dependencies, org: OrgId, workspace: string, shredded: number) => {
  const opening = await fingerprintKeys.use(org, workspace, shredded, false, (key, keyId): Opening => {
    const own = keyObject(Uint8Array.from(key));
    return { key: own, keyId, secrets: fingerprintSecrets(own) };
  });
  if (opening === undefined) return { secrets: noSecrets, forms: [] };
  const forms: KnownForm[] = [];
  for await (const { secretId, row } of fingerprints(org, workspace)) {
    if (row.keyId === opening.keyId) forms.push(...formsOf(org, workspace, secretId, row, opening));
  }
  return { secrets: opening.secrets, forms };
};

export const readFingerprints = (dependencies: Dependencies): ReadFingerprints => {
  const kept = new Map<string, Promise<SecretFingerprints> & { epoch?: number }>();
  return async (org, workspace) => {
    const place = `${org}/${workspace}`;
    const { epoch, shredded } = await dependencies.states.get(org, workspace);
    const before = kept.get(place);
    if (before?.epoch === epoch) return before;
    const loading = load(dependencies, org, workspace, shredded.length).then(({ secrets, forms }) =>
      compileFingerprints(epoch, secrets, forms),
    );
    kept.delete(place);
    const [longestUnused] = kept.keys();
    if (kept.size >= maxKept && longestUnused !== undefined) kept.delete(longestUnused);
    kept.set(place, Object.assign(loading, { epoch }));
    loading.catch(() => kept.delete(place));
    return loading;
  };
};
