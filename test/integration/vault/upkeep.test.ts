import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { orgId } from '../../../functions/shared/kernel/ids.ts';
import { expireSecrets } from '../../../functions/vault/jobs.ts';
import { findSecrets, secretFingerprints } from '../../../functions/vault/public.ts';
import { type VaultFixture, vaultFixture } from '../../support/vault-fixture.ts';

const admin = 'acme/user:ada';
const dayMs = 86_400_000;
const acme = orgId.parse('acme');
const location = { workspace: 'support' };
let vault: VaultFixture;

beforeEach(() => {
  vault = vaultFixture();
  for (const workspace of ['support', 'research']) vault.makeWorkspace('acme', workspace);
  vault.grant(admin, '*:*:*');
});
afterEach(() => vault.close());

const make = (name: string, more: object = {}, who = admin) =>
  vault.call(who, 'POST', '/secrets', { body: { name, location, value: 'Zq3fK7pw2LmX9tBs-value', ...more } });
const resolveAs = async (pipeline: string, names: string[], more: object = {}) => {
  await vault.call(admin, 'PUT', `/workspaces/support/pipelines/${pipeline}/secrets`, { body: { names } });
  const body = { workspace: 'support', pipeline, environment: 'production', ...more };
  const { ticket } = (await vault.call(admin, 'POST', '/executions', { body })).body;
  return vault.resolve({ ticket });
};
const platform = () => ({ world: vault.world, table: vault.table, keyTable: vault.keyTable, keys: vault.keys });

describe('references', () => {
  test('say from where a secret was resolved, for 90 days, and cost no write a resolve', async () => {
    const { id } = (await make('KEY')).body;
    const { id: unused } = (await make('UNUSED')).body;
    await resolveAs('answers', ['KEY'], { step: 'infer' });
    vault.clock.advance(1_000);
    await resolveAs('digest', ['KEY'], { environment: 'staging' });
    const list = async (of: string) => (await vault.call(admin, 'GET', `/secrets/${of}/references`)).body.items;
    expect(await list(id)).toEqual([
      {
        workspace: 'support',
        pipeline: 'digest',
        environment: 'staging',
        version: 1,
        lastResolvedAt: new Date(vault.clock.nowMs()).toISOString(),
        lastResolvedBy: 'user:ada',
      },
      {
        workspace: 'support',
        pipeline: 'answers',
        environment: 'production',
        step: 'infer',
        version: 1,
        lastResolvedAt: new Date(vault.clock.nowMs() - 1_000).toISOString(),
        lastResolvedBy: 'user:ada',
      },
    ]);
    expect(await list(unused)).toEqual([]);
    vault.grant('acme/user:bob', 'secrets:research:read');
    expect((await vault.call('acme/user:bob', 'GET', `/secrets/${id}/references`)).status).toBe(404);
    const { ticket } = (
      await vault.call(admin, 'POST', '/executions', { body: { workspace: 'support', pipeline: 'digest', environment: 'staging' } })
    ).body;
    const writes: number[] = [];
    vault.failWrites((count) => void writes.push(count));
    for (let n = 0; n < 10; n += 1) await vault.resolve({ ticket });
    vault.failWrites(undefined);
    expect(writes).toEqual(Array(10).fill(1));
    vault.clock.advance(90 * dayMs + 1_000);
    expect(await list(id)).toEqual([]);
  });

  test('that cannot be noted keep no value back: the record is durable', async () => {
    await make('KEY');
    vault.failWrites((count) => {
      if (count === 2) throw new Error('notes cannot be written');
    });
    expect((await resolveAs('answers', ['KEY'])).status).toBe(200);
    vault.failWrites(undefined);
    expect((await vault.events()).filter(({ type }) => type === 'secret.accessed')).toHaveLength(1);
  });
});

describe('expiry', () => {
  test('is recorded once when it comes near and once when it is there, and named every day', async () => {
    const at = (days: number): string => new Date(vault.clock.nowMs() + days * dayMs).toISOString();
    await make('SOON', { expiresAt: at(20) });
    await make('LATER', { expiresAt: at(100) });
    await make('NEVER');
    const { id } = (await make('OFF', { expiresAt: at(5) })).body;
    await vault.call(admin, 'PATCH', `/secrets/${id}`, { body: { status: 'disabled' } });
    const expire = expireSecrets(platform());
    const seen = async () => (await expire()).map(({ name, status }) => [name, status]);
    const recorded = async () => (await vault.events()).filter(({ action }) => /^secret-expir/.test(String(action))).length;
    expect(await seen()).toEqual([]);
    vault.clock.advance(6 * dayMs);
    expect(await seen()).toEqual([['SOON', 'expiring']]);
    expect(await seen()).toEqual([['SOON', 'expiring']]);
    expect(await recorded()).toBe(1);
    vault.clock.advance(14 * dayMs);
    expect(await seen()).toEqual([['SOON', 'expired']]);
    expect(await seen()).toEqual([['SOON', 'expired']]);
    // The feed that the events are read from goes back one day.
    expect(await recorded()).toBe(1);
    const { items } = (await vault.call(admin, 'GET', '/secrets', { query: { namePrefix: 'SOON' } })).body;
    await vault.call(admin, 'PATCH', `/secrets/${items[0].id}`, { body: { expiresAt: at(3) } });
    expect(await seen()).toEqual([['SOON', 'expiring']]);
    expect(await recorded()).toBe(2);
    expect((await vault.events()).at(-1)).toMatchObject({ type: 'secret.updated', actor: { principal: 'service:vault' } });
  });
});

describe('hosts', () => {
  test('are returned beside the value, changed and cleared like other metadata', async () => {
    const { id, hosts } = (await make('KEY', { hosts: ['api.example.com', '*.example.org'] })).body;
    expect(hosts).toEqual(['api.example.com', '*.example.org']);
    expect((await resolveAs('answers', ['KEY'])).body.values.KEY.hosts).toEqual(hosts);
    await vault.call(admin, 'PATCH', `/secrets/${id}`, { body: { hosts: ['api.example.com'] } });
    expect((await resolveAs('answers', ['KEY'])).body.values.KEY.hosts).toEqual(['api.example.com']);
    await vault.call(admin, 'PATCH', `/secrets/${id}`, { body: { hosts: null } });
    expect((await resolveAs('answers', ['KEY'])).body.values.KEY).not.toHaveProperty('hosts');
    for (const wrong of ['', 'UPPER.com', 'https://a.com', 'a.com:443', '*', 'a..b', '-a.com', '*.*.com', 'a.com/', 'a'.repeat(64)])
      expect([wrong, (await make('OTHER', { hosts: [wrong] })).status]).toEqual([wrong, 422]);
    expect((await make('OTHER', { hosts: ['a.com', 'a.com'] })).status).toBe(422);
    expect((await make('OTHER', { hosts: [] })).status).toBe(422);
  });
});

describe('decoys', () => {
  test('look like any other everywhere, and alarm when resolved', async () => {
    const plain = (await make('PLAIN')).body;
    const decoy = (await make('DECOY', { decoy: true })).body;
    expect(Object.keys(decoy)).toEqual(Object.keys(plain));
    const same = (of: object): object => ({ ...of, id: '', name: '' });
    const read = async (id: string) => (await vault.call(admin, 'GET', `/secrets/${id}`)).body;
    expect(same(await read(decoy.id))).toEqual(same(await read(plain.id)));
    const creations = (await vault.events()).filter(({ type }) => type === 'secret.created').map(({ details }) => Object.keys(details));
    expect(creations[0]).toEqual(creations[1]);
    const resolved = await resolveAs('answers', ['PLAIN', 'DECOY']);
    expect(Object.keys(resolved.body.values.DECOY)).toEqual(Object.keys(resolved.body.values.PLAIN));
    const events = (await vault.events()).filter(({ type }) => type === 'secret.accessed');
    expect(events).toMatchObject([
      { action: 'resolve-secrets' },
      { action: 'resolve-decoy', resource: { id: decoy.id }, details: { decoy: true } },
    ]);
    expect(vault.logLines.join('')).toContain('alarm: a decoy was resolved');
  });

  test('are marked by those who may write at `*`, and by nobody else', async () => {
    vault.grant('acme/user:bob', 'secrets:support:write', 'secrets:support:read');
    expect((await make('A', { decoy: true }, 'acme/user:bob')).status).toBe(403);
    const { id } = (await make('A', {}, 'acme/user:bob')).body;
    expect((await vault.call('acme/user:bob', 'PATCH', `/secrets/${id}`, { body: { decoy: true } })).status).toBe(403);
    expect((await vault.call('acme/user:bob', 'PATCH', `/secrets/${id}`, { body: { decoy: false } })).status).toBe(403);
    vault.grant('acme/user:bob', 'secrets:*:write@production');
    expect((await make('B', { decoy: true, location: { ...location, environment: 'production' } }, 'acme/user:bob')).status).toBe(403);
    await vault.call(admin, 'PATCH', `/secrets/${id}`, { body: { decoy: true } });
    const read = secretFingerprints(platform());
    expect(findSecrets(await read(acme, 'support'), 'x Zq3fK7pw2LmX9tBs-value x')).toMatchObject([{ secretId: id, decoy: true }]);
    await resolveAs('answers', ['A']);
    expect((await vault.events()).at(-1)).toMatchObject({ action: 'resolve-decoy' });
    await vault.call(admin, 'PATCH', `/secrets/${id}`, { body: { decoy: false } });
    expect(findSecrets(await read(acme, 'support'), 'x Zq3fK7pw2LmX9tBs-value x')).toMatchObject([{ decoy: false }]);
  });
});

describe('fingerprints', () => {
  const first = 'Zq3fK7pw2LmX9tBs-first';
  const second = 'hv4Kq9Zt1Xw8Rb3Nc6-second';

  test('find a secret from its write on, in its own workspace, until it is gone', async () => {
    const read = secretFingerprints(platform());
    const found = async (text: string, workspace = 'support', org = acme) =>
      findSecrets(await read(org, workspace), text).map(({ version }) => version);
    expect(await found(first)).toEqual([]);
    const { id, detectable } = (await make('KEY', { value: first })).body;
    expect(detectable).toBe(true);
    expect(await found(`is ${first}?`)).toEqual([1]);
    expect(await found(first, 'research')).toEqual([]);
    expect(await found(first, 'support', orgId.parse('globex'))).toEqual([]);
    expect(await read(acme, 'support')).toBe(await read(acme, 'support'));
    expect((await vault.call(admin, 'PUT', `/secrets/${id}/value`, { body: { value: second } })).body.detectable).toBe(true);
    expect(await found(`${first} ${second}`)).toEqual([1, 2]);
    await vault.call(admin, 'DELETE', `/secrets/${id}/versions/1`);
    expect(await found(`${first} ${second}`)).toEqual([2]);
    expect((await vault.call(admin, 'PUT', `/secrets/${id}/value`, { body: { value: 'weak' } })).body.detectable).toBe(false);
    expect((await vault.call(admin, 'GET', `/secrets/${id}`)).body).not.toHaveProperty('detectable');
    await vault.call(admin, 'DELETE', `/secrets/${id}`);
    expect(await found(second)).toEqual([2]);
    await vault.call(admin, 'POST', `/secrets/${id}/restore`);
    vault.clock.advance(60 * dayMs);
    expect(await found(second)).toEqual([2]);
    await vault.call(admin, 'DELETE', `/secrets/${id}`);
    vault.clock.advance(31 * dayMs);
    expect(await secretFingerprints(platform())(acme, 'support').then(({ size }) => size)).toBe(0);
  });

  test('of an import find its values', async () => {
    const content = Array.from({ length: 40 }, (_, n) => `K_${n}=Rb3Nc6hv4Kq9Zt1Xw8-${n}-end`).join('\n');
    for (const allOrNothing of [true, false]) {
      await vault.call(admin, 'POST', '/secrets/import', { body: { location, format: 'env', content, allOrNothing } });
      const known = await secretFingerprints(platform())(acme, 'support');
      expect(findSecrets(known, 'Rb3Nc6hv4Kq9Zt1Xw8-7-end Rb3Nc6hv4Kq9Zt1Xw8-39-end')).toHaveLength(2);
    }
  });

  test('die with the branch keys, and rows moved from elsewhere find nothing', async () => {
    await make('KEY', { value: first });
    await make('OTHER', { value: second, location: { workspace: 'research' } });
    const [row] = (await vault.table.query('acme', { pk: 'acme#research#secret-fingerprints', limit: 1 })).items;
    if (row === undefined) throw new Error('no fingerprints');
    const own = (await vault.keyTable.get('acme', { pk: 'acme#support#branch-keys', sk: 'fingerprints' }))?.keyId ?? '';
    await vault.table.transact('acme', [{ kind: 'put', item: { ...row, pk: 'acme#support#secret-fingerprints', keyId: own } }]);
    expect(findSecrets(await secretFingerprints(platform())(acme, 'support'), `${first} ${second}`)).toHaveLength(1);
    const { confirmation } = (await vault.call(admin, 'POST', '/vault/keys/support/shred', { body: {} })).body;
    const prints = secretFingerprints(platform());
    await prints(acme, 'support');
    await vault.call(admin, 'POST', '/vault/keys/support/shred', { body: { confirmation } });
    expect(findSecrets(await prints(acme, 'support'), first)).toEqual([]);
    expect((await prints(acme, 'research')).size).toBeGreaterThan(0);
    await make('AGAIN', { value: first });
    expect(findSecrets(await prints(acme, 'support'), first)).toHaveLength(1);
  });

  test('need the service key and no other: whoever scans opens no secret', async () => {
    await make('KEY', { value: first });
    vault.keyCalls.length = 0;
    const read = secretFingerprints(platform());
    expect(findSecrets(await read(acme, 'support'), first)).toHaveLength(1);
    expect(vault.keyCalls).toEqual(['unwrap service']);
  });
});
