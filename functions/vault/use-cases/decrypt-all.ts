// Decrypts values, each bound to the place and version that it was found by; the keys of one branch are taken once.
import type { OrgId } from '../../shared/kernel/ids.ts';
import { canonicalContext } from '../domain/context.ts';
import { openEnvelope } from '../domain/envelope.ts';
import { keyObject, type SecretKey } from '../domain/primitives.ts';
import { decodeValue, type SecretValue } from '../domain/value.ts';
import type { BranchKeys } from '../ports.ts';
import type { Found } from './find-bound.ts';

export interface Opened {
  readonly found: Found;
  readonly value: SecretValue;
}

const open = (key: SecretKey, { secret, stored }: Found): SecretValue => {
  const { org, location, name, id: secretId, current: version } = secret;
  const context = canonicalContext({ keyId: stored.keyId, org, location, name, secretId, version });
  const plaintext = openEnvelope(key, context, stored.envelope);
  try {
    return decodeValue(plaintext);
  } finally {
    plaintext.fill(0);
  }
};

/** @throws DecryptionFailed when any of them fails */
export const decryptAll = async (branchKeys: BranchKeys, all: readonly Found[]): Promise<Opened[]> => {
  const byKey = Map.groupBy(all, ({ stored }) => stored.keyId);
  const opened: Opened[] = [];
  for (const [keyId, found] of byKey) {
    const [first] = found;
    if (first === undefined) continue;
    const { org, location } = first.secret;
    const openAll = (key: Uint8Array): SecretValue[] => {
      const branchKey = keyObject(key);
      return found.map((each) => open(branchKey, each));
    };
    const values = await branchKeys.use(org as OrgId, location.workspace, keyId, found.length, openAll);
    for (const [index, value] of values.entries()) {
      const of = found[index];
      if (of !== undefined) opened.push({ found: of, value });
    }
  }
  return opened;
};
