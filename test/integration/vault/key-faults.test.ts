import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { kmsKeys } from '../../../functions/shared/aws/kms-keys.ts';
import { fileKeys } from '../../../functions/shared/embedded/file-keys.ts';
import { openSqliteTable } from '../../../functions/shared/embedded/sqlite-table.ts';
import { realWorld } from '../../../functions/shared/kernel/world.ts';
import type { Keys } from '../../../functions/shared/ports/keys.ts';
import { temporaryFolder, testClock } from '../../support/ports.ts';
import { awsError, stubClient, withStatus } from '../../support/ports-stub.ts';
import { type VaultFixture, vaultFixture } from '../../support/vault-fixture.ts';

const admin = 'acme/user:ada';

/** What KMS answers, how its client throws it, and the code and text of what the log and the caller get. */
const faults: [string, Error, string, number][] = [
  ['throttled', awsError('ThrottlingException', withStatus(400)), 'dependency-unavailable', 503],
  ['disabled', awsError('DisabledException', withStatus(400)), 'dependency-unavailable', 503],
  ['pending deletion', awsError('KMSInvalidStateException', withStatus(400)), 'dependency-unavailable', 503],
  ['gone', awsError('NotFoundException', withStatus(400)), 'dependency-unavailable', 503],
  ['failing', awsError('KMSInternalException', withStatus(500)), 'dependency-unavailable', 503],
  ['forbidden', awsError('AccessDeniedException', withStatus(400)), 'dependency-unavailable', 503],
  ['silent', awsError('TimeoutError'), 'dependency-timeout', 504],
  ['given a wrong context', awsError('InvalidCiphertextException', withStatus(400)), 'internal', 500],
  ['given bytes of another key', awsError('IncorrectKeyException', withStatus(400)), 'internal', 500],
];

let vault: VaultFixture;
let failing: Error | undefined;
let close: () => void;

/** Working keys, until a fault: then what the KMS adapter makes of the client's error. */
const faulty = (working: Keys): Keys => {
  const broken = (): Keys =>
    kmsKeys({ client: stubClient<never>(failing).client, keyIds: { vault: 'v', service: 's', subjects: 'u', log: 'l' } });
  return {
    ...working,
    generateDataKey: (key, context) =>
      failing !== undefined && key === 'vault' ? broken().generateDataKey(key, context) : working.generateDataKey(key, context),
    unwrap: (key, wrapped, context) =>
      failing !== undefined && key === 'vault' ? broken().unwrap(key, wrapped, context) : working.unwrap(key, wrapped, context),
  };
};

beforeEach(() => {
  const folder = temporaryFolder();
  const clock = testClock();
  const open = (name: string) => openSqliteTable({ path: ':memory:', clock, name });
  failing = undefined;
  const keys = faulty(fileKeys({ path: `${folder.path}/keys.json`, randomness: realWorld }));
  vault = vaultFixture({ clock, table: open('main'), keyTable: open('keys'), keys });
  for (const workspace of ['support', 'research']) vault.makeWorkspace('acme', workspace);
  vault.grant(admin, '*:*:*');
  close = () => {
    vault.close();
    folder.remove();
  };
});
afterEach(() => close());

describe('a key service', () => {
  test.each(faults)(
    'that is %s answers with its own problem; nothing is lost and nothing is kept of it',
    async (_, error, code, status) => {
      const make = (name: string, workspace: string) =>
        vault.call(admin, 'POST', '/secrets', { body: { name, location: { workspace }, value: 's3cret' } });
      const { id } = (await make('KEY', 'support')).body;
      await vault.call(admin, 'PUT', '/workspaces/support/pipelines/reader/secrets', { body: { names: ['KEY'] } });
      const { ticket } = (
        await vault.call(admin, 'POST', '/executions', { body: { workspace: 'support', pipeline: 'reader', environment: 'staging' } })
      ).body;
      const resolver = vault.newResolver();
      failing = error;
      for (let attempt = 0; attempt < 2; attempt += 1) {
        const refused = await vault.resolve({ ticket }, resolver);
        expect(refused).toMatchObject({ status, body: { code } });
        expect(refused.text).not.toContain('s3cret');
      }
      expect(
        vault.logLines.filter((line) => line.includes(code) && line.includes(status === 500 ? 'DecryptionFailed' : error.name)),
      ).not.toEqual([]);
      const before = (await vault.keyTable.query('acme', { pk: 'acme#support#branch-keys', limit: 10 })).items;
      const making = status === 500 ? [500, 503] : [status];
      expect(making).toContain((await make('OTHER', 'research')).status);
      expect(making).toContain((await vault.call(admin, 'POST', '/vault/keys/support/rotate')).status);
      expect((await vault.keyTable.query('acme', { pk: 'acme#support#branch-keys', limit: 10 })).items).toEqual(before);
      expect((await vault.keyTable.query('acme', { pk: 'acme#research#branch-keys', limit: 10 })).items).toEqual([]);
      expect((await vault.call(admin, 'GET', `/secrets/${id}`)).body).toMatchObject({ status: 'active', version: 1 });

      failing = undefined;
      expect((await vault.resolve({ ticket }, resolver)).body.values.KEY.value).toBe('s3cret');
      expect((await make('OTHER', 'research')).status).toBe(201);
      expect((await vault.call(admin, 'POST', '/vault/keys/support/rotate')).status).toBe(200);
    },
  );
});
