import {
  CreateKeyCommand,
  DisableKeyCommand,
  type KeySpec,
  type KeyUsageType,
  type KMSClient,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { kmsClient } from '../../functions/shared/aws/clients.ts';
import { kmsKeys } from '../../functions/shared/aws/kms-keys.ts';
import { type KeysLacking, keysContract } from '../contract/keys.contract.ts';
import { isMoto, missingEndpoint } from '../support/ports-aws.ts';

const missing = missingEndpoint('KMS');
/** Moto 5.2 knows no Ed25519, answers AccessDenied where KMS answers IncorrectKey, and uses disabled keys all the same. */
const lacking: KeysLacking = isMoto
  ? { signatures: 'moto makes no ECC_NIST_EDWARDS25519 keys', wrongKeys: 'moto answers AccessDenied instead of IncorrectKey' }
  : {};

const createKey = async (client: KMSClient, spec: KeySpec = 'SYMMETRIC_DEFAULT', usage: KeyUsageType = 'ENCRYPT_DECRYPT') => {
  const { KeyMetadata } = await client.send(new CreateKeyCommand({ KeySpec: spec, KeyUsage: usage }));
  return KeyMetadata?.KeyId ?? '';
};

const openKeys = async () => {
  const client = kmsClient();
  const [vault, subjects, service] = [await createKey(client), await createKey(client), await createKey(client)];
  const log = lacking.signatures === undefined ? await createKey(client, 'ECC_NIST_EDWARDS25519', 'SIGN_VERIFY') : 'none';
  const keyIds = { vault, subjects, service, log };
  return { client, keyIds, keys: kmsKeys({ client, keyIds }) };
};

if (missing === undefined) {
  describe('the keys port on KMS', () => {
    keysContract(async () => {
      const { client, keyIds, keys } = await openKeys();
      const retire = (KeyId: string) => client.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
      const close = async () => {
        for (const id of Object.values(keyIds)) if (id !== 'none') await retire(id);
      };
      return { keys, close };
    }, lacking);

    const stateTest = isMoto ? test.skip : test;
    const reason = isMoto ? ': moto uses such keys all the same' : '';
    stateTest(`a disabled key and one pending deletion answer with their own detail${reason}`, async () => {
      const { client, keyIds, keys } = await openKeys();
      const { wrapped } = await keys.generateDataKey('vault', { a: 'b' });
      await client.send(new DisableKeyCommand({ KeyId: keyIds.vault }));
      const disabled = { code: 'dependency-unavailable', message: expect.stringContaining('disabled') };
      await expect(keys.unwrap('vault', wrapped, { a: 'b' })).rejects.toMatchObject(disabled);
      await client.send(new ScheduleKeyDeletionCommand({ KeyId: keyIds.subjects, PendingWindowInDays: 7 }));
      await expect(keys.generateDataKey('subjects', { a: 'b' })).rejects.toMatchObject({ code: 'dependency-unavailable' });
    });
  });
} else {
  test.skip(`the keys port on KMS: ${missing}`);
}
