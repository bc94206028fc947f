// Encrypts one version of a secret's value under its workspace's current branch key.
import type { OrgId } from '../../shared/kernel/ids.ts';
import type { World } from '../../shared/kernel/world.ts';
import { canonicalContext } from '../domain/context.ts';
import { sealEnvelope } from '../domain/envelope.ts';
import type { Secret } from '../domain/secret.ts';
import { encodeValue, type SecretValue } from '../domain/value.ts';
import type { BranchKeys, StoredValue } from '../ports.ts';

/** @param secret as it will be written: its `current` is the version that the value is bound to */
export const sealValue = async (
  { branchKeys, world }: { branchKeys: BranchKeys; world: World },
  secret: Secret,
  value: SecretValue,
): Promise<StoredValue> => {
  const { org, location, name, id: secretId, current: version } = secret;
  const keyId = await branchKeys.current(org as OrgId, location.workspace);
  const context = canonicalContext({ keyId, org, location, name, secretId, version });
  const plaintext = encodeValue(value);
  try {
    const envelope = await branchKeys.use(org as OrgId, location.workspace, keyId, 1, (key) =>
      sealEnvelope(key, context, plaintext, world),
    );
    return { keyId, envelope, createdAtMs: secret.updatedAtMs, createdBy: secret.updatedBy };
  } finally {
    plaintext.fill(0);
  }
};
