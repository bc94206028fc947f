import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { orgId } from '../../../functions/shared/kernel/ids.ts';
import { runReencryption, tendKeys } from '../../../functions/vault/jobs.ts';
import { type VaultFixture, vaultFixture } from '../../support/vault-fixture.ts';

const admin = 'acme/user:ada';
const dayMs = 86_400_000;
const acme = orgId.parse('acme');
let vault: VaultFixture;

beforeEach(() => {
  vault = vaultFixture();
  for (const workspace of ['support', 'research']) vault.makeWorkspace('acme', workspace);
  vault.grant(admin, '*:*:*');
});
afterEach(() => vault.close());

const make = async (name: string, value = `value of ${name}`, workspace = 'support'): Promise<string> =>
  (await vault.call(admin, 'POST', '/secrets', { body: { name, location: { workspace }, value } })).body.id;
const keys = async (who = admin) => (await vault.call(who, 'GET', '/vault/keys')).body.items;
const post = (action: string, body?: object, who = admin, workspace = 'support') =>
  vault.call(who, 'POST', `/vault/keys/${workspace}/${action}`, body === undefined ? {} : { body });
const ticketFor = async (...names: string[]): Promise<string> => {
  await vault.call(admin, 'PUT', '/workspaces/support/pipelines/reader/secrets', { body: { names } });
  return (await vault.call(admin, 'POST', '/executions', { body: { workspace: 'support', pipeline: 'reader', environment: 'staging' } }))
    .body.ticket;
};
const platform = () => ({ world: vault.world, table: vault.table, keyTable: vault.keyTable, keys: vault.keys });
const keyOfVersion = async (id: string, n: number): Promise<unknown> =>
  (await vault.table.get('acme', { pk: `acme#support#secret#${id}`, sk: `value#${String(n).padStart(10, '0')}` }))?.keyId;

describe('branch keys', () => {
  test('are listed with their age, to those who may delete secrets anywhere and manage the workspace', async () => {
    await make('A');
    await make('B', 'x', 'research');
    vault.clock.advance(3 * dayMs);
    expect(await keys()).toMatchObject([
      { workspace: 'research', keys: [{ ageDays: 3, current: true }] },
      { workspace: 'support', keys: [{ ageDays: 3, current: true }] },
    ]);
    vault.grant('acme/user:bob', 'secrets:*:delete', 'workspace:support:manage');
    expect((await keys('acme/user:bob')).map(({ workspace }: { workspace: string }) => workspace)).toEqual(['support']);
    for (const grants of [['secrets:support:delete', 'workspace:*:manage'], ['workspace:*:manage'], ['secrets:*:write']]) {
      vault.grant('acme/user:bob', ...grants);
      expect((await vault.call('acme/user:bob', 'GET', '/vault/keys')).status).toBe(403);
    }
    for (const grants of [['secrets:*:delete'], ['workspace:support:manage'], ['secrets:support:delete', 'workspace:support:manage']]) {
      vault.grant('acme/user:bob', ...grants);
      for (const action of ['rotate', 'reencrypt']) expect((await post(action, undefined, 'acme/user:bob')).status).toBeGreaterThan(399);
      expect((await post('shred', {}, 'acme/user:bob')).status).toBeGreaterThan(399);
    }
    expect((await post('rotate', undefined, admin, 'nowhere')).status).toBe(404);
  });

  test('rotate: new values go under the new one, old values stay readable', async () => {
    const id = await make('A');
    const [before] = (await keys())[0].keys;
    vault.clock.advance(1_000);
    const rotated = await post('rotate');
    expect(rotated.body.keys).toMatchObject([{ current: true }, { id: before.id, current: false }]);
    await vault.call(admin, 'PUT', `/secrets/${id}/value`, { body: { value: 'second' } });
    expect(await keyOfVersion(id, 1)).toBe(before.id);
    expect(await keyOfVersion(id, 2)).toBe(rotated.body.keys[0].id);
    const ticket = await ticketFor('A');
    expect((await vault.resolve({ ticket })).body.values.A.value).toBe('second');
    await vault.call(admin, 'POST', `/secrets/${id}/versions/1/promote`);
    expect((await vault.resolve({ ticket }, vault.newResolver())).body.values.A.value).toBe('value of A');
    const records = (await vault.events()).filter(({ action }) => String(action) === 'rotate-key');
    expect(records.map(({ details }) => details.phase)).toEqual(['intent', 'outcome']);
  });

  test('rotate by age, in the daily step', async () => {
    await make('A');
    expect(await tendKeys(platform())()).toEqual({ rotated: [], reencrypted: [] });
    vault.clock.advance(90 * dayMs);
    expect(await tendKeys(platform())()).toEqual({ rotated: ['acme/support'], reencrypted: [] });
    expect((await keys())[0].keys).toHaveLength(2);
    expect((await vault.events()).at(-1)).toMatchObject({ actor: { principal: 'service:vault' }, details: { cause: 'age' } });
  });

  test('of many rotations at the same moment stay all readable, with one current', async () => {
    const id = await make('A');
    const replies = await Promise.all(Array.from({ length: 6 }, () => post('rotate')));
    const done = replies.filter(({ status }) => status === 200).length;
    expect(replies.every(({ status }) => status === 200 || status === 409)).toBe(true);
    const all = (await keys())[0].keys;
    expect(all).toHaveLength(1 + done);
    expect(all.filter(({ current }: { current: boolean }) => current)).toHaveLength(1);
    expect((await vault.resolve({ ticket: await ticketFor('A') })).status).toBe(200);
    expect(await keyOfVersion(id, 1)).toBeDefined();
  });
});

describe('re-encryption', () => {
  test('moves every version to the newest key, and every value reads as before', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 12; n += 1) ids.push(await make(`K_${n}`));
    await vault.call(admin, 'PUT', `/secrets/${ids[0]}/value`, { body: { value: 'second' } });
    await vault.call(admin, 'DELETE', `/secrets/${ids[11]}`);
    const current = (await post('rotate')).body.keys[0].id;
    const job = await post('reencrypt');
    expect(job).toMatchObject({ status: 202, body: { status: 'done', progress: { done: 12, total: 12 }, unreadable: 0 } });
    for (const id of ids) expect(await keyOfVersion(id, 1)).toBe(current);
    expect(await keyOfVersion(ids[0] ?? '', 2)).toBe(current);
    const ticket = await ticketFor('K_0', 'K_5');
    expect((await vault.resolve({ ticket })).body.values).toMatchObject({ K_0: { value: 'second' }, K_5: { value: 'value of K_5' } });
    await vault.call(admin, 'POST', `/secrets/${ids[11]}/restore`);
    expect((await vault.resolve({ ticket: await ticketFor('K_11') })).body.values.K_11.value).toBe('value of K_11');
    expect((await keys())[0].reencryption).toMatchObject({ status: 'done' });
  });

  test('goes on where a crash stopped it, from its last step', async () => {
    const ids: string[] = [];
    for (let n = 100; n < 230; n += 1) ids.push(await make(`K_${n}`));
    const current = (await post('rotate')).body.keys[0].id;
    let writes = 0;
    vault.failWrites(() => {
      writes += 1;
      if (writes > 90) throw new Error('the process is gone');
    });
    expect((await post('reencrypt')).status).toBe(500);
    vault.failWrites(undefined);
    expect((await keys())[0].reencryption).toMatchObject({ status: 'running', progress: { done: 50, total: 130 } });
    const step = runReencryption(platform());
    expect(await step(acme, 'support')).toMatchObject({ status: 'running', done: 100 });
    expect(await step(acme, 'support')).toMatchObject({ status: 'done', done: 130 });
    for (const id of ids) expect(await keyOfVersion(id, 1)).toBe(current);
    expect(await step(acme, 'research')).toBeUndefined();
    const records = (await vault.events()).filter(({ action }) => String(action) === 'reencrypt-secrets');
    expect(records.map(({ details }) => details.phase)).toEqual(['intent', 'outcome']);
  });

  test('loses no change that is made meanwhile', async () => {
    const ids: string[] = [];
    for (let n = 10; n < 40; n += 1) ids.push(await make(`K_${n}`));
    await post('rotate');
    const changes = ids.flatMap((id, n) => [
      vault.call(admin, 'PUT', `/secrets/${id}/value`, { body: { value: `new ${n}` } }),
      ...(n % 3 === 0 ? [vault.call(admin, 'DELETE', `/secrets/${id}`)] : []),
    ]);
    await Promise.all([post('reencrypt'), post('reencrypt'), ...changes]);
    await post('reencrypt');
    for (const [n, id] of ids.entries()) {
      const { body } = await vault.call(admin, 'GET', `/secrets/${id}`);
      if (body.status === 'deleted') continue;
      const answer = await vault.resolve({ ticket: await ticketFor(`K_${10 + n}`) }, vault.newResolver());
      expect(answer.body.values[`K_${10 + n}`].value).toBe(body.version === 2 ? `new ${n}` : `value of K_${10 + n}`);
    }
  });
});

describe('shredding', () => {
  const shred = async () => {
    const asked = await post('shred', {});
    expect(asked).toMatchObject({ status: 200, body: { status: 'confirmation-needed', keys: 1 } });
    return post('shred', { confirmation: asked.body.confirmation });
  };

  test('takes two steps, states from when nothing can be recovered, and leaves nothing readable', async () => {
    const id = await make('A');
    await make('OTHER', 'stays', 'research');
    const ticket = await ticketFor('A');
    const resolver = vault.newResolver();
    expect((await vault.resolve({ ticket }, resolver)).status).toBe(200);
    const done = await shred();
    const day = new Date(vault.clock.nowMs() + dayMs).toISOString();
    expect(done).toMatchObject({ status: 200, body: { status: 'shredded', recoveryImpossibleFrom: day } });
    // The resolver had the key in memory, unwrapped; the next resolve reads the epoch.
    const refused = await vault.resolve({ ticket }, resolver);
    expect(refused.status).toBe(422);
    expect(refused.body.errors[0].detail).toContain('shredded');
    const left = await vault.keyTable.query('acme', { pk: 'acme#support#branch-keys', limit: 10 });
    expect(left.items).toEqual([]);
    expect((await vault.keyTable.query('acme', { pk: 'acme#research#branch-keys', limit: 10 })).items).toHaveLength(3);
    const records = (await vault.events()).filter(({ action }) => String(action) === 'shred-keys');
    expect(records.map(({ details }) => [details.phase, details.irrecoverableFrom])).toEqual([
      ['intent', day],
      ['outcome', day],
    ]);
    await vault.call(admin, 'PUT', `/secrets/${id}/value`, { body: { value: 'afresh' } });
    expect((await vault.resolve({ ticket }, resolver)).body.values.A.value).toBe('afresh');
    await vault.call(admin, 'POST', `/secrets/${id}/versions/1/promote`);
    expect((await vault.resolve({ ticket }, resolver)).status).toBe(422);
    expect((await post('reencrypt')).body).toMatchObject({ status: 'done', unreadable: 1 });
  });

  test('takes no confirmation of another caller, workspace or time, none that is altered, and none for other keys', async () => {
    await make('A');
    await make('B', 'x', 'research');
    const { confirmation } = (await post('shred', {})).body;
    vault.grant('acme/user:bob', '*:*:*');
    expect((await post('shred', { confirmation }, 'acme/user:bob')).status).toBe(422);
    expect((await post('shred', { confirmation }, admin, 'research')).status).toBe(422);
    expect((await post('shred', { confirmation: `${confirmation.startsWith('A') ? 'B' : 'A'}${confirmation.slice(1)}` })).status).toBe(422);
    expect((await post('shred', { confirmation: '' })).status).toBe(422);
    await post('rotate');
    expect((await post('shred', { confirmation })).status).toBe(409);
    const again = (await post('shred', {})).body.confirmation;
    vault.clock.advance(10 * 60_000);
    expect((await post('shred', { confirmation: again })).status).toBe(409);
    expect((await vault.resolve({ ticket: await ticketFor('A') })).status).toBe(200);
    expect((await shredTwice()).map(({ status }) => status)).toEqual([200, 409]);
  });

  const shredTwice = async () => {
    const { confirmation } = (await post('shred', {})).body;
    return [await post('shred', { confirmation }), await post('shred', { confirmation })];
  };

  test('that stops half-way resolves nothing, and is finished with the same confirmation', async () => {
    await make('A');
    const ticket = await ticketFor('A');
    const { confirmation } = (await post('shred', {})).body;
    const { transact } = vault.keyTable;
    vault.keyTable.transact = async () => {
      throw new Error('the key table is gone');
    };
    expect((await post('shred', { confirmation })).status).toBe(500);
    vault.keyTable.transact = transact;
    expect((await vault.resolve({ ticket })).status).toBe(422);
    expect((await vault.events()).at(-2)).toMatchObject({ action: 'shred-keys', outcome: 'failure' });
    expect((await post('shred', { confirmation })).status).toBe(200);
    expect((await vault.keyTable.query('acme', { pk: 'acme#support#branch-keys', limit: 10 })).items).toEqual([]);
  });
});
