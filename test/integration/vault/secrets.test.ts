import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { vaultContents } from '../../../functions/vault/public.ts';
import { type VaultFixture, vaultFixture } from '../../support/vault-fixture.ts';

const dayMs = 86_400_000;
const admin = 'acme/user:ada';
let vault: VaultFixture;

beforeEach(() => {
  vault = vaultFixture();
  for (const workspace of ['support', 'research']) vault.makeWorkspace('acme', workspace);
  vault.makeWorkspace('globex', 'support');
  vault.grant(admin, '*:*:*');
  vault.grant('globex/user:eve', '*:*:*');
});
afterEach(() => vault.close());

const make = async (name: string, more: object = {}, who = admin) =>
  vault.call(who, 'POST', '/secrets', { body: { name, location: { workspace: 'support' }, value: 'v', ...more } });

describe('a secret', () => {
  test('is created, and read as metadata with its ETag and place', async () => {
    const made = await make('KEY', {
      description: 'for the model',
      tags: ['model'],
      location: { workspace: 'support', environment: 'staging' },
    });
    expect(made).toMatchObject({
      status: 201,
      headers: { location: `/v1/orgs/acme/secrets/${made.body.id}`, etag: '"1"' },
      body: {
        name: 'KEY',
        scope: 'environment',
        status: 'active',
        version: 1,
        createdBy: 'user:ada',
        lastAccessedAt: null,
        lastAccessedBy: null,
        expiresAt: null,
      },
    });
    const read = await vault.call(admin, 'GET', `/secrets/${made.body.id}`);
    const { detectable, ...metadata } = made.body;
    expect(detectable).toBe(false);
    expect(read.body).toEqual(metadata);
    expect(made.body.id).toMatch(/^[a-z2-7]{16}$/);
  });

  test('is one a name and location; the same name may live elsewhere', async () => {
    expect((await make('KEY')).status).toBe(201);
    expect(await make('KEY')).toMatchObject({ status: 409, body: { code: 'already-exists' } });
    expect((await make('KEY', { location: { workspace: 'support', environment: 'production' } })).status).toBe(201);
    expect((await make('KEY', { location: { workspace: 'research' } })).status).toBe(201);
    expect((await make('KEY', {}, 'globex/user:eve')).status).toBe(201);
  });

  test('of two made at the same moment, one is', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => make('KEY')));
    expect(made.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)]);
  });

  test.each([
    [{ name: 'lower' }, '/name'],
    [{ name: `A${'B'.repeat(128)}` }, '/name'],
    [{ name: 'KEY\n' }, '/name'],
    [{ location: { workspace: 'nowhere' } }, '/location/workspace'],
    [{ location: { workspace: 'support', namespace: 'eu' } }, '/location'],
    [{ location: { workspace: 'support', app: 'bot' } }, '/location'],
    [{ location: { workspace: 'support', environment: 'test' } }, '/location/environment'],
    [{ value: 'x'.repeat(65_537) }, '/value'],
    [{ value: 'no base64', encoding: 'base64' }, '/value'],
    [{ value: undefined }, '/value'],
    [{ expiresAt: '2001-01-01T00:00:00.000Z' }, '/expiresAt'],
    [{ tags: ['a', 'a'] }, '/tags'],
    [{ more: 1 }, '/more'],
  ])('is refused with a pointer to what is wrong: %#', async (change, pointer) => {
    const refused = await make('KEY', change);
    expect(refused.status).toBe(422);
    expect(refused.body.errors.map((error: { pointer: string }) => error.pointer)).toEqual([pointer]);
  });

  test('gets new versions, and goes back and forth between them', async () => {
    const { id } = (await make('KEY')).body;
    expect((await vault.call(admin, 'PUT', `/secrets/${id}/value`, { body: { value: 'second' } })).body).toMatchObject({ version: 2 });
    const versions = (await vault.call(admin, 'GET', `/secrets/${id}/versions`)).body.items;
    expect(versions.map(({ version, current }: { version: number; current: boolean }) => [version, current])).toEqual([
      [2, true],
      [1, false],
    ]);
    expect((await vault.call(admin, 'POST', `/secrets/${id}/versions/1/promote`)).body).toMatchObject({ version: 1 });
    expect((await vault.call(admin, 'DELETE', `/secrets/${id}/versions/1`)).status).toBe(409);
    expect((await vault.call(admin, 'DELETE', `/secrets/${id}/versions/2`)).status).toBe(204);
    expect((await vault.call(admin, 'DELETE', `/secrets/${id}/versions/2`)).status).toBe(404);
    expect((await vault.call(admin, 'POST', `/secrets/${id}/versions/2/promote`)).status).toBe(404);
    expect((await vault.call(admin, 'POST', `/secrets/${id}/versions/x/promote`)).status).toBe(404);
    expect((await vault.call(admin, 'PUT', `/secrets/${id}/value`, { body: { value: 'third' } })).body).toMatchObject({ version: 3 });
  });

  test('keeps its 50 newest versions and the current one', async () => {
    const { id } = (await make('KEY')).body;
    for (let n = 2; n <= 53; n += 1) await vault.call(admin, 'PUT', `/secrets/${id}/value`, { body: { value: `v${n}` } });
    const versions = (await vault.call(admin, 'GET', `/secrets/${id}/versions`)).body.items.map(
      ({ version }: { version: number }) => version,
    );
    expect(versions).toEqual(Array.from({ length: 50 }, (_, n) => 53 - n));
    expect((await vault.call(admin, 'DELETE', `/secrets/${id}`)).status).toBe(204);
    expect((await vault.call(admin, 'POST', `/secrets/${id}/restore`)).status).toBe(200);
    expect((await vault.call(admin, 'GET', `/secrets/${id}/versions`)).body.items).toHaveLength(50);
  });

  test('is changed only at the version that `If-Match` names', async () => {
    const { id } = (await make('KEY')).body;
    const put = (ifMatch: string) =>
      vault.call(admin, 'PUT', `/secrets/${id}/value`, { body: { value: 'n' }, headers: { 'If-Match': ifMatch } });
    expect((await put('"2"')).status).toBe(412);
    expect(await put('"1"')).toMatchObject({ status: 200, headers: { etag: '"2"' } });
    expect((await put('"1"')).status).toBe(412);
    expect((await vault.call(admin, 'PATCH', `/secrets/${id}`, { body: {}, headers: { 'If-Match': '"1"' } })).status).toBe(412);
    expect((await vault.call(admin, 'DELETE', `/secrets/${id}`, { headers: { 'If-Match': '"1"' } })).status).toBe(412);
  });

  test('of many changes at the same moment loses none that was answered', async () => {
    const { id } = (await make('KEY')).body;
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, n) => vault.call(admin, 'PUT', `/secrets/${id}/value`, { body: { value: `v${n}` } })),
    );
    const won = answers.filter(({ status }) => status === 200).length;
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
    expect((await vault.call(admin, 'GET', `/secrets/${id}`)).body.version).toBe(1 + won);
  });

  test('is patched: status, description, tags, expiry, and null clears', async () => {
    const { id } = (await make('KEY', { description: 'old' })).body;
    const expiresAt = new Date(vault.clock.nowMs() + 20 * dayMs).toISOString();
    const patch = (body: object) => vault.call(admin, 'PATCH', `/secrets/${id}`, { body });
    expect((await patch({ expiresAt, tags: ['x'] })).body).toMatchObject({ status: 'active', expiresAt, tags: ['x'] });
    vault.clock.advance(6 * dayMs);
    expect((await vault.call(admin, 'GET', `/secrets/${id}`)).body.status).toBe('expiring');
    vault.clock.advance(14 * dayMs);
    expect((await vault.call(admin, 'GET', `/secrets/${id}`)).body.status).toBe('expired');
    expect((await patch({ expiresAt: null, description: null })).body).toMatchObject({ status: 'active', expiresAt: null });
    expect((await patch({ status: 'disabled' })).body.status).toBe('disabled');
    expect((await patch({ status: 'expired' })).status).toBe(422);
    expect((await vault.call(admin, 'GET', `/secrets/${id}`)).body).not.toHaveProperty('description');
  });

  test('that is deleted can be restored until its days are over, and holds its name until then', async () => {
    const { id } = (await make('KEY')).body;
    expect((await vault.call(admin, 'DELETE', `/secrets/${id}`, { query: { recoveryDays: '6' } })).status).toBe(422);
    expect((await vault.call(admin, 'DELETE', `/secrets/${id}`, { query: { recoveryDays: '7' } })).status, vault.logLines.at(-1)).toBe(204);
    const deleted = (await vault.call(admin, 'GET', `/secrets/${id}`)).body;
    expect(deleted).toMatchObject({ status: 'deleted', recoverableUntil: new Date(vault.clock.nowMs() + 7 * dayMs).toISOString() });
    expect((await make('KEY')).status).toBe(409);
    for (const [method, path, body] of [
      ['DELETE', `/secrets/${id}`, undefined],
      ['PATCH', `/secrets/${id}`, {}],
      ['PUT', `/secrets/${id}/value`, { value: 'n' }],
    ] as const) {
      expect((await vault.call(admin, method, path, { body })).status).toBe(409);
    }
    vault.clock.advance(7 * dayMs - 1_000);
    expect((await vault.call(admin, 'POST', `/secrets/${id}/restore`)).body).toMatchObject({ status: 'active', version: 1 });
    expect((await vault.call(admin, 'POST', `/secrets/${id}/restore`)).status).toBe(409);
    vault.clock.advance(60 * dayMs);
    expect((await vault.call(admin, 'GET', `/secrets/${id}/versions`)).body.items).toHaveLength(1);

    await vault.call(admin, 'DELETE', `/secrets/${id}`);
    vault.clock.advance(30 * dayMs + 1_000);
    expect((await vault.call(admin, 'GET', `/secrets/${id}`)).status).toBe(404);
    expect((await make('KEY')).status).toBe(201);
  });

  test('replays an idempotent creation without a second secret', async () => {
    const ask = () =>
      vault.call(admin, 'POST', '/secrets', {
        body: { name: 'KEY', location: { workspace: 'support' }, value: 'v' },
        headers: { 'Idempotency-Key': 'one' },
      });
    const [first, second] = [await ask(), await ask()];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toEqual(first.body);
  });

  test('leaves one record a change, none of a value or a text', async () => {
    const { id } = (await make('KEY', { description: 'a text' })).body;
    await vault.call(admin, 'PATCH', `/secrets/${id}`, { body: { description: 'other text', status: 'disabled' } });
    await vault.call(admin, 'DELETE', `/secrets/${id}`);
    const events = await vault.events();
    expect(events.map(({ type, action }) => [type, action])).toEqual([
      ['secret.created', 'create-secret'],
      ['secret.updated', 'update-secret'],
      ['secret.deleted', 'delete-secret'],
    ]);
    expect(events[1]).toMatchObject({
      resource: { type: 'secret', id, scope: 'support' },
      changes: [{ path: '/disabled', before: false, after: true }, { path: '/description' }],
    });
    expect(JSON.stringify(events)).not.toContain('text"');
  });
});

describe('a list of secrets', () => {
  const names = (reply: { body: { items: { name: string }[] } }): string[] => reply.body.items.map(({ name }) => name);
  const list = (query: Record<string, string> = {}, who = admin) => vault.call(who, 'GET', '/secrets', { query });

  test('filters by workspace, scope, status, name prefix, tag and expiry', async () => {
    const soon = new Date(vault.clock.nowMs() + 5 * dayMs).toISOString();
    await make('A_ONE', { tags: ['x'] });
    await make('A_TWO', { location: { workspace: 'support', environment: 'staging' }, expiresAt: soon });
    await make('B_ONE', { location: { workspace: 'support', app: 'bot', namespace: 'eu' } });
    const gone = (await make('GONE', { location: { workspace: 'research' } })).body.id;
    await make('ELSEWHERE', { location: { workspace: 'research' } });
    await vault.call(admin, 'DELETE', `/secrets/${gone}`);
    expect(names(await list()).sort()).toEqual(['A_ONE', 'A_TWO', 'B_ONE', 'ELSEWHERE']);
    expect(names(await list({ workspace: 'support' }))).toEqual(['A_ONE', 'A_TWO', 'B_ONE']);
    expect(names(await list({ workspace: 'support', namePrefix: 'A_' }))).toEqual(['A_ONE', 'A_TWO']);
    expect(names(await list({ namePrefix: 'A_' })).sort()).toEqual(['A_ONE', 'A_TWO']);
    expect(names(await list({ scope: 'namespace' }))).toEqual(['B_ONE']);
    expect(names(await list({ status: 'expiring' }))).toEqual(['A_TWO']);
    expect(names(await list({ status: 'deleted' }))).toEqual(['GONE']);
    expect(names(await list({ tag: 'x' }))).toEqual(['A_ONE']);
    expect(names(await list({ expiringBefore: new Date(vault.clock.nowMs() + 6 * dayMs).toISOString() }))).toEqual(['A_TWO']);
    expect((await list({ nonsense: '1' })).status).toBe(422);
  });

  test('pages without gap or repetition, with cursors bound to caller and filter', async () => {
    for (let n = 10; n < 33; n += 1) await make(`KEY_${n}`);
    const walk = async (query: Record<string, string>): Promise<string[]> => {
      const seen: string[] = [];
      for (let cursor: string | undefined = ''; cursor !== undefined; ) {
        const page = await list({ ...query, limit: '5', ...(cursor === '' ? {} : { cursor }) });
        seen.push(...names(page));
        cursor = page.body.nextCursor;
      }
      return seen;
    };
    const expected = Array.from({ length: 23 }, (_, n) => `KEY_${n + 10}`);
    expect(await walk({ workspace: 'support' })).toEqual(expected);
    expect((await walk({})).sort()).toEqual(expected);
    const { nextCursor: cursor } = (await list({ workspace: 'support', limit: '5' })).body;
    expect((await list({ workspace: 'research', limit: '5', cursor })).status).toBe(422);
    vault.grant('acme/user:bob', 'secrets:*:read');
    expect((await list({ workspace: 'support', limit: '5', cursor }, 'acme/user:bob')).status).toBe(422);
  });

  test('ends each page where its last item stands, however many rows are hidden between', async () => {
    for (let n = 10; n < 40; n += 1) await make(`KEY_${n}`, n % 10 === 0 ? { tags: ['x'] } : {});
    for (const query of [{ workspace: 'support', tag: 'x' }, { tag: 'x' }] as Record<string, string>[]) {
      const first = await list({ ...query, limit: '2' });
      const second = await list({ ...query, limit: '2', cursor: first.body.nextCursor });
      expect([...names(first), ...names(second)].sort()).toEqual(['KEY_10', 'KEY_20', 'KEY_30']);
      expect(second.body).not.toHaveProperty('nextCursor');
    }
  });

  test('shows to each caller what it may read there, item by item', async () => {
    await make('WIDE');
    await make('PROD', { location: { workspace: 'support', environment: 'production' } });
    await make('DEV', { location: { workspace: 'support', environment: 'development' } });
    await make('EU', { location: { workspace: 'support', app: 'bot', namespace: 'eu' } });
    await make('OTHER', { location: { workspace: 'research' } });
    const seenBy = async (...grants: string[]): Promise<string[]> => {
      vault.grant('acme/user:bob', ...grants);
      return names(await list({}, 'acme/user:bob')).sort();
    };
    expect(await seenBy('secrets:support:read')).toEqual(['DEV', 'EU', 'PROD', 'WIDE']);
    expect(await seenBy('secrets:support/bot/eu:read')).toEqual(['EU']);
    expect(await seenBy('secrets:support:read@development')).toEqual(['DEV']);
    expect(await seenBy('secrets:*:read', '!secrets:*:read@production')).toEqual(['DEV']);
    expect(await seenBy('secrets:research:read')).toEqual(['OTHER']);
    vault.grant('acme/user:bob', 'apps:*:read');
    expect((await list({}, 'acme/user:bob')).status).toBe(403);
    expect((await list({}, 'globex/user:eve')).body.items).toEqual([]);
  });
});

test('a workspace holds something until its secrets and bindings are gone', async () => {
  const contents = vaultContents({ table: vault.table });
  expect((await contents('acme', 'support')).kept).toBeUndefined();
  await vault.call(admin, 'PUT', '/workspaces/support/pipelines/answers/secrets', { body: { names: ['KEY'] } });
  expect((await contents('acme', 'support')).kept).toBe('secret bindings');
  const { id } = (await make('KEY')).body;
  await vault.call(admin, 'DELETE', `/secrets/${id}`);
  expect((await contents('acme', 'support')).kept).toBe('secrets');
  expect((await contents('acme', 'research')).kept).toBeUndefined();
  expect((await contents('globex', 'support')).kept).toBeUndefined();
});

test('a list of a workspace out of reach is empty at once, without a cursor that would tell of its secrets', async () => {
  for (let n = 0; n < 120; n += 1) await make(`KEY_${n}`, { location: { workspace: 'research' } });
  vault.grant('acme/user:lim', 'secrets:support:read');
  for (const workspace of ['research', 'nope']) {
    expect((await vault.call('acme/user:lim', 'GET', '/secrets', { query: { workspace, limit: '1' } })).body).toEqual({ items: [] });
  }
});

test('of several changes from one version one is made, and the others hear that it has moved', async () => {
  const made = await make('KEY');
  const headers = { 'if-match': made.headers.etag as string };
  const puts = Array.from({ length: 6 }, (_, n) =>
    vault.call(admin, 'PUT', `/secrets/${made.body.id}/value`, { body: { value: `v${n}` }, headers }),
  );
  const statuses = (await Promise.all(puts)).map(({ status }) => status);
  expect(statuses.toSorted()).toEqual([200, 412, 412, 412, 412, 412]);
});

test('whoever deletes a workspace hears of what came into it after it was looked at', async () => {
  const looked = await vaultContents({ table: vault.table })('acme', 'support');
  await vault.table.transact('acme', [looked.guard]);
  await make('LATE');
  await expect(vault.table.transact('acme', [looked.guard])).rejects.toThrow();
});

test('nothing comes into a workspace that was deleted meanwhile', async () => {
  await vault.table.transact('acme', [{ kind: 'delete', key: { pk: 'acme#workspaces', sk: 'support' } }]);
  expect((await make('KEY')).status).toBe(422);
  const bound = await vault.call(admin, 'PUT', '/workspaces/support/pipelines/answers/secrets', { body: { names: ['KEY'] } });
  expect(bound.status).toBe(404);
});

describe('permissions', () => {
  const bob = 'acme/user:bob';

  test('of another organization do not reach an id, and nothing tells it from one that does not exist', async () => {
    const { id } = (await make('KEY')).body;
    const eve = 'globex/user:eve';
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['PATCH', '', {}],
      ['DELETE', '', undefined],
      ['PUT', '/value', { value: 'x' }],
      ['POST', '/restore', undefined],
      ['GET', '/versions', undefined],
      ['POST', '/versions/1/promote', undefined],
      ['DELETE', '/versions/1', undefined],
    ] as const) {
      const foreign = await vault.call(eve, method, `/secrets/${id}${path}`, { body });
      const unknown = await vault.call(eve, method, `/secrets/aaaaaaaaaaaaaaaa${path}`, { body });
      expect(foreign.status).toBe(404);
      expect({ ...foreign.body, requestId: '' }).toEqual({ ...unknown.body, requestId: '' });
    }
  });

  test('refuse with 403 where the caller has some grant in the workspace, else with 404', async () => {
    const { id } = (await make('KEY')).body;
    vault.grant(bob, 'apps:support:read', 'secrets:research:read');
    expect((await vault.call(bob, 'GET', `/secrets/${id}`)).status).toBe(403);
    vault.grant(bob, 'secrets:research:read');
    const hidden = await vault.call(bob, 'GET', `/secrets/${id}`);
    const unknown = await vault.call(bob, 'GET', '/secrets/aaaaaaaaaaaaaaaa');
    expect(hidden.status).toBe(404);
    expect({ ...hidden.body, requestId: '' }).toEqual({ ...unknown.body, requestId: '' });
  });

  test('to read give no change, and to write no deletion', async () => {
    const { id } = (await make('KEY')).body;
    vault.grant(bob, 'secrets:support:read');
    expect((await vault.call(bob, 'PUT', `/secrets/${id}/value`, { body: { value: 'x' } })).status).toBe(403);
    expect((await make('OTHER', {}, bob)).status).toBe(403);
    vault.grant(bob, 'secrets:support:write');
    expect((await vault.call(bob, 'DELETE', `/secrets/${id}`)).status).toBe(403);
    expect((await vault.call(bob, 'GET', `/secrets/${id}`)).status).toBe(403);
  });

  test('in one environment do not write a value that answers in all of them', async () => {
    const { id } = (await make('WIDE')).body;
    vault.grant(bob, 'secrets:support:write@development');
    expect((await make('MINE', { location: { workspace: 'support', environment: 'development' } }, bob)).status).toBe(201);
    expect((await make('THEIRS', { location: { workspace: 'support', environment: 'production' } }, bob)).status).toBe(403);
    expect((await make('ALL', {}, bob)).status).toBe(403);
    expect((await vault.call(bob, 'PUT', `/secrets/${id}/value`, { body: { value: 'x' } })).status).toBe(403);
    expect((await vault.call(bob, 'PATCH', `/secrets/${id}`, { body: { status: 'disabled' } })).status).toBe(403);
    vault.grant(bob, 'secrets:support:write', '!secrets:support:write@production');
    expect((await make('ALL', {}, bob)).status).toBe(403);
    vault.grant(bob, ...['development', 'staging', 'production'].map((each) => `secrets:support:write@${each}`));
    expect((await make('ALL', {}, bob)).status).toBe(201);
  });

  test('of a namespace do not reach the workspace or a namespace beside it', async () => {
    vault.grant(bob, 'secrets:support/bot/eu:write');
    expect((await make('KEY', { location: { workspace: 'support', app: 'bot', namespace: 'eu' } }, bob)).status).toBe(201);
    expect((await make('KEY', { location: { workspace: 'support', app: 'bot', namespace: 'us' } }, bob)).status).toBe(403);
    expect((await make('KEY', {}, bob)).status).toBe(403);
    expect((await make('KEY', { location: { workspace: 'research' } }, bob)).status).toBe(404);
    expect((await make('KEY', { location: { workspace: 'nowhere' } }, bob)).status).toBe(404);
  });
});
