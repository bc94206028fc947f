// Encrypts one version of a secret's value under its workspace's current branch key, and makes its fingerprints.
import { AppError } from '../../shared/kernel/errors.ts';
import type { OrgId } from '../../shared/kernel/ids.ts';
import type { World } from '../../shared/kernel/world.ts';
import { canonicalContext } from '../domain/context.ts';
import { sealEnvelope } from '../domain/envelope.ts';
import { encodePrints, fingerprintSecrets } from '../domain/fingerprint.ts';
import type { Secret } from '../domain/secret.ts';
import { encodeValue, type SecretValue } from '../domain/value.ts';
import type { BranchKeys, Fingerprint, FingerprintKeys, SealedValue, StateStore } from '../ports.ts';

export interface SealDependencies {
  readonly branchKeys: BranchKeys;
  readonly fingerprintKeys: FingerprintKeys;
  readonly states: StateStore;
  readonly world: World;
}

/** Seals values of one workspace; `afterwards` is asked once they are committed. */
export interface Sealing {
  seal(secret: Secret, value: SecretValue): Promise<SealedValue>;
  /** @throws AppError `conflict` when the key was shredded while values were written under it: they can never be read */
  afterwards(): Promise<void>;
}

type Place = Pick<Secret, 'org' | 'location'>;

export const beginSealing = async (dependencies: SealDependencies, { org, location }: Place): Promise<Sealing> => {
  const { branchKeys, states } = dependencies;
  const { workspace } = location;
  const { shredded } = await states.get(org as OrgId, workspace);
  branchKeys.enterEpoch(org as OrgId, workspace, shredded.length);
  const keyId = await branchKeys.current(org as OrgId, workspace);
  return {
    seal: (secret, value) => sealOne(dependencies, secret, value, { keyId, shredded: shredded.length }),
    afterwards: async () => {
      const now = await states.get(org as OrgId, workspace);
      if (now.shredded.includes(keyId))
        throw new AppError('conflict', "the workspace's keys were shredded meanwhile; write the value again");
    },
  };
};

/** @param secret as it will be written: its `current` is the version that the value is bound to */
const sealOne = async (
  { branchKeys, fingerprintKeys, world }: SealDependencies,
  secret: Secret,
  value: SecretValue,
  { keyId, shredded }: { readonly keyId: string; readonly shredded: number },
): Promise<SealedValue> => {
  const { org, location, name, id: secretId, current: version } = secret;
  const { workspace } = location;
  const context = canonicalContext({ keyId, org, location, name, secretId, version });
  const plaintext = encodeValue(value);
  const sealPrints = (key: Uint8Array, printKeyId: string): Fingerprint & { readonly detectable: boolean } => {
    const prints = encodePrints(fingerprintSecrets(key), plaintext.subarray(1));
    const printContext = canonicalContext({ keyId: printKeyId, org, location: { workspace }, name: '', secretId, version });
    return { keyId: printKeyId, sealed: sealEnvelope(key, printContext, prints, world), detectable: prints.length > 0 };
  };
  try {
    const envelope = await branchKeys.use(org as OrgId, workspace, keyId, 1, (key) => sealEnvelope(key, context, plaintext, world));
    const printed = await fingerprintKeys.use(org as OrgId, workspace, shredded, true, sealPrints);
    if (printed === undefined) throw new Error('a key for fingerprints could not be made');
    const { detectable, ...fingerprint } = printed;
    return { stored: { keyId, envelope, createdAtMs: secret.updatedAtMs, createdBy: secret.updatedBy }, fingerprint, detectable };
  } finally {
    plaintext.fill(0);
  }
};
