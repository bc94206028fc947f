// What the vault does whatever it runs on: each group of routes once, end to end, on the given adapters.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { orgId } from '../../functions/shared/kernel/ids.ts';
import { expireSecrets, runReencryption, tendKeys } from '../../functions/vault/jobs.ts';
import { findSecrets, secretFingerprints } from '../../functions/vault/public.ts';
import { type VaultFixture, type VaultPorts, vaultFixture } from '../support/vault-fixture.ts';

const dayMs = 86_400_000;
const acme = orgId.parse('acme');
const admin = 'acme/user:ada';

export const vaultContract = (open: () => Promise<VaultPorts & { close(): Promise<void> }>): void => {
  let vault: VaultFixture;
  let ports: Awaited<ReturnType<typeof open>>;

  beforeAll(async () => {
    ports = await open();
    vault = vaultFixture(ports);
    for (const workspace of ['support', 'research', 'keys', 'bulk']) vault.makeWorkspace('acme', workspace);
    vault.grant(admin, '*:*:*');
  });
  afterAll(async () => {
    vault.close();
    await ports.close();
  });

  const make = async (name: string, value: string, workspace: string, more: object = {}): Promise<string> => {
    const reply = await vault.call(admin, 'POST', '/secrets', { body: { name, location: { workspace, ...more }, value } });
    expect([name, reply.status]).toEqual([name, 201]);
    return reply.body.id;
  };
  const ticketFor = async (workspace: string, names: string[]): Promise<string> => {
    await vault.call(admin, 'PUT', `/workspaces/${workspace}/pipelines/reader/secrets`, { body: { names } });
    const body = { workspace, pipeline: 'reader', environment: 'production' };
    return (await vault.call(admin, 'POST', '/executions', { body })).body.ticket;
  };
  const valuesOf = async (workspace: string, ...names: string[]) => {
    const reply = await vault.resolve({ ticket: await ticketFor(workspace, names) }, vault.newResolver());
    expect([names, reply.status]).toEqual([names, 200]);
    return reply.body.values;
  };
  const platform = () => ({ world: vault.world, table: vault.table, keyTable: vault.keyTable, keys: vault.keys });

  describe('a secret', () => {
    test('is made, changed, rolled back, destroyed, deleted and restored', async () => {
      const id = await make('LIFE', 'first', 'support');
      const path = `/secrets/${id}`;
      expect(
        (await vault.call(admin, 'POST', '/secrets', { body: { name: 'LIFE', location: { workspace: 'support' }, value: 'x' } })).status,
      ).toBe(409);
      expect((await vault.call(admin, 'PUT', `${path}/value`, { body: { value: 'second' } })).body.version).toBe(2);
      expect(await valuesOf('support', 'LIFE')).toMatchObject({ LIFE: { value: 'second', version: 2 } });
      await vault.call(admin, 'POST', `${path}/versions/1/promote`);
      expect(await valuesOf('support', 'LIFE')).toMatchObject({ LIFE: { value: 'first', version: 1 } });
      expect((await vault.call(admin, 'DELETE', `${path}/versions/2`)).status).toBe(204);
      expect((await vault.call(admin, 'GET', `${path}/versions`)).body.items).toHaveLength(1);
      expect((await vault.call(admin, 'PATCH', path, { body: { status: 'disabled' }, headers: { 'If-Match': '"1"' } })).status).toBe(412);
      expect((await vault.call(admin, 'DELETE', path)).status).toBe(204);
      expect((await vault.call(admin, 'GET', path)).body.status).toBe('deleted');
      expect((await vault.call(admin, 'POST', `${path}/restore`)).body.status).toBe('active');
      expect(await valuesOf('support', 'LIFE')).toMatchObject({ LIFE: { value: 'first' } });
      expect((await vault.call(admin, 'GET', `${path}/references`)).body.items).toMatchObject([{ pipeline: 'reader', version: 1 }]);
    });

    test('of many changes at the same moment loses none that was answered', async () => {
      const id = await make('RACE', 'v0', 'support');
      const replies = await Promise.all(
        Array.from({ length: 5 }, (_, n) => vault.call(admin, 'PUT', `/secrets/${id}/value`, { body: { value: `v${n}` } })),
      );
      const done = replies.filter(({ status }) => status === 200).length;
      expect(replies.every(({ status }) => [200, 409, 503].includes(status))).toBe(true);
      expect((await vault.call(admin, 'GET', `/secrets/${id}`)).body.version).toBe(1 + done);
    });

    test('is listed page by page, each once', async () => {
      for (let n = 10; n < 22; n += 1) await make(`LIST_${n}`, 'x', 'research');
      const seen: string[] = [];
      for (let cursor: string | undefined = ''; cursor !== undefined; ) {
        const query = { workspace: 'research', namePrefix: 'LIST_', limit: '5', ...(cursor === '' ? {} : { cursor }) };
        const { body } = await vault.call(admin, 'GET', '/secrets', { query });
        seen.push(...body.items.map(({ name }: { name: string }) => name));
        cursor = body.nextCursor;
      }
      expect(seen).toEqual(Array.from({ length: 12 }, (_, n) => `LIST_${n + 10}`));
    });
  });

  test('fifty names at four possible places are resolved together', async () => {
    const names = Array.from({ length: 50 }, (_, n) => `FIFTY_${n}`);
    for (const some of [names.slice(0, 25), names.slice(25)]) {
      const content = some.map((name) => `${name}=value of ${name}`).join('\n');
      await vault.call(admin, 'POST', '/secrets/import', { body: { location: { workspace: 'bulk' }, format: 'env', content } });
    }
    await make('FIFTY_7', 'nearer', 'bulk', { environment: 'production' });
    const values = await valuesOf('bulk', ...names);
    expect(Object.keys(values)).toHaveLength(50);
    expect(values).toMatchObject({ FIFTY_7: { value: 'nearer' }, FIFTY_49: { value: 'value of FIFTY_49' } });
  });

  test('an import of all or nothing that takes many transactions counts whole', async () => {
    const content = Array.from({ length: 30 }, (_, n) => `ALL_${n}=Rb3Nc6hv4Kq9Zt1Xw8-${n}-end`).join('\n');
    const reply = await vault.call(admin, 'POST', '/secrets/import', {
      body: { location: { workspace: 'bulk' }, format: 'env', content, allOrNothing: true },
    });
    expect(reply.status).toBe(200);
    expect(await valuesOf('bulk', 'ALL_0', 'ALL_29')).toMatchObject({ ALL_29: { value: 'Rb3Nc6hv4Kq9Zt1Xw8-29-end', version: 1 } });
    const known = await secretFingerprints(platform())(acme, 'bulk');
    expect(findSecrets(known, 'a Rb3Nc6hv4Kq9Zt1Xw8-17-end b')).toHaveLength(1);
  });

  test('keys rotate, values move to the new one, and shredding ends them all', async () => {
    const ids = [await make('KEYED_A', 'a', 'keys'), await make('KEYED_B', 'b', 'keys')];
    const rotated = await vault.call(admin, 'POST', '/vault/keys/keys/rotate');
    expect(rotated.body.keys).toHaveLength(2);
    expect((await vault.call(admin, 'POST', '/vault/keys/keys/reencrypt')).body).toMatchObject({ status: 'done', progress: { done: 2 } });
    expect(await runReencryption(platform())(acme, 'keys')).toMatchObject({ status: 'done' });
    expect(await valuesOf('keys', 'KEYED_A', 'KEYED_B')).toMatchObject({ KEYED_A: { value: 'a' }, KEYED_B: { value: 'b' } });
    const { confirmation } = (await vault.call(admin, 'POST', '/vault/keys/keys/shred', { body: {} })).body;
    expect((await vault.call(admin, 'POST', '/vault/keys/keys/shred', { body: { confirmation } })).body.status).toBe('shredded');
    const refused = await vault.resolve({ ticket: await ticketFor('keys', ['KEYED_A']) });
    expect(refused.body.errors[0].detail).toContain('shredded');
    await vault.call(admin, 'PUT', `/secrets/${ids[0]}/value`, { body: { value: 'afresh' } });
    expect(await valuesOf('keys', 'KEYED_A')).toMatchObject({ KEYED_A: { value: 'afresh' } });
  });

  test('the daily steps find what expires, and old keys', async () => {
    const expiresAt = new Date(vault.clock.nowMs() + 5 * dayMs).toISOString();
    await vault.call(admin, 'POST', '/secrets', { body: { name: 'ENDS', location: { workspace: 'research' }, value: 'x', expiresAt } });
    expect(await expireSecrets(platform())()).toMatchObject([{ name: 'ENDS', status: 'expiring' }]);
    expect(await tendKeys(platform())()).toEqual({ rotated: [], reencrypted: [] });
  });
};
