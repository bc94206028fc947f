import { CreateKeyCommand, DisableKeyCommand, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { kmsClient } from '../../functions/shared/aws/clients.ts';
import { kmsKeys } from '../../functions/shared/aws/kms-keys.ts';
import { vaultContract } from '../contract/vault.contract.ts';
import { openDynamodbTable } from '../support/dynoxide.ts';
import { isMoto, missingEndpoint } from '../support/ports-aws.ts';
import { vaultFixture } from '../support/vault-fixture.ts';

const missing = missingEndpoint('DYNAMODB', 'KMS');

const openKeys = async () => {
  const client = kmsClient();
  const create = async (): Promise<string> => (await client.send(new CreateKeyCommand({}))).KeyMetadata?.KeyId ?? '';
  const [vault, service] = [await create(), await create()];
  const keys = kmsKeys({ client, keyIds: { vault, service, subjects: service, log: 'none' } });
  const retire = async (): Promise<void> => {
    for (const KeyId of [vault, service]) await client.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
  };
  return { client, vault, keys, retire };
};

const open = async () => {
  const { keys, retire, client, vault } = await openKeys();
  const main = await openDynamodbTable();
  const keyTable = await openDynamodbTable();
  const close = async (): Promise<void> => {
    await main.close();
    await keyTable.close();
    await retire();
  };
  return { clock: main.clock, table: main.table, keyTable: keyTable.table, keys, close, client, vault };
};

if (missing === undefined) {
  describe('the vault on DynamoDB and KMS', () => {
    vaultContract(open);

    const stateTest = isMoto ? test.skip : test;
    stateTest(`a disabled key resolves nothing and loses nothing${isMoto ? ': moto uses such keys all the same' : ''}`, async () => {
      const ports = await open();
      const fixture = vaultFixture(ports);
      fixture.makeWorkspace('acme', 'support');
      fixture.grant('acme/user:ada', '*:*:*');
      await ports.client.send(new DisableKeyCommand({ KeyId: ports.vault }));
      const body = { name: 'A', location: { workspace: 'support' }, value: 'x' };
      expect((await fixture.call('acme/user:ada', 'POST', '/secrets', { body })).status).toBe(503);
      fixture.close();
      await ports.close();
    });
  });
} else {
  test.skip(`the vault on DynamoDB and KMS: ${missing}`);
}
