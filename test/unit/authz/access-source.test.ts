import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessSource, workspaceExists } from '../../../functions/authz/public.ts';
import { orgId } from '../../../functions/shared/kernel/ids.ts';
import { principal } from '../../../functions/shared/kernel/principal.ts';
import { scope } from '../../../functions/shared/kernel/scope.ts';
import type { Table } from '../../../functions/shared/ports/table.ts';
import { type AuthzApi, authzApi } from '../../support/authz-api.ts';

let api: AuthzApi;
beforeAll(async () => {
  api = await authzApi();
});
afterAll(() => api.close());

const at = scope.parse('support');

describe('the access source', () => {
  test('reads one row a request once it is warm, and all again after a change', async () => {
    await api.grant('wes', ['apps:*:read']);
    let reads = 0;
    const counted: Table = {
      ...api.table,
      get: (...of) => {
        reads += 1;
        return api.table.get(...of);
      },
      query: (...of) => {
        reads += 1;
        return api.table.query(...of);
      },
    };
    const access = accessSource({ table: counted, world: api.world });
    const ask = async () => (await access(api.acme, principal.parse('user:wes'), { timeMs: 0 })).decide('apps', at, 'read').allowed;
    expect(await ask()).toBe(true);
    reads = 0;
    for (let index = 0; index < 10; index += 1) await ask();
    expect(reads).toBe(10);
    await api.admin('POST', '/roles', { permissions: [] });
    reads = 0;
    await ask();
    expect(reads).toBeGreaterThan(1);
  });

  test('never mixes two versions: what it read while the version moved, it reads again', async () => {
    const { role, assignment } = await api.grant('mix', []);
    let meanwhile: (() => Promise<void>) | undefined;
    const racing: Table = {
      ...api.table,
      query: async (...of) => {
        const page = await api.table.query(...of);
        const work = meanwhile;
        meanwhile = undefined;
        await work?.();
        return page;
      },
    };
    const access = accessSource({ table: racing, world: api.world });
    // The roles are read first; then the role gains a permission and the user loses the role, one after the other.
    meanwhile = async () => {
      await api.admin('DELETE', `/assignments/${assignment}`);
      await api.admin('PUT', `/roles/${role}`, { permissions: ['apps:*:read'] });
      await api.admin('POST', '/assignments', { principal: 'user:mix', role, scope: 'research' });
    };
    const seen = await access(api.acme, principal.parse('user:mix'), { timeMs: 0 });
    expect(seen.decide('apps', scope.parse('research'), 'read').allowed).toBe(true);
    expect(seen.decide('apps', at, 'read').allowed).toBe(false);
  });

  test('knows where a caller may look at all', async () => {
    await api.grant('rea', ['apps:support/bot:read', 'secrets:*:read'], 'support');
    const access = await api.access(api.acme, principal.parse('user:rea'), { timeMs: api.world.nowMs() });
    expect([access.reaches('support'), access.reaches('research'), access.reaches('suppor')]).toEqual([true, false, false]);
    expect([access.holdsSomewhere('apps', 'read'), access.holdsSomewhere('apps', 'write')]).toEqual([true, false]);
    const none = await api.access(orgId.parse('nowhere'), principal.parse('user:ada'), { timeMs: 0 });
    expect([none.reaches('support'), none.decide('apps', at, 'read').allowed]).toEqual([false, false]);
  });

  test('drops a suspended member, a removed group and an ended token at the very next call', async () => {
    await api.admin('POST', '/assignments', { principal: 'group:crew', role: 'viewer', scope: '*' });
    await api.admin('POST', '/members', { id: 'sue', email: 'sue@example.com', name: 'Sue', status: 'active', groups: ['crew'] });
    const allowed = async () => (await api.access(api.acme, principal.parse('user:sue'), { timeMs: 0 })).decide('apps', at, 'read').allowed;
    expect(await allowed()).toBe(true);
    for (const [off, on] of [
      [{ status: 'suspended' }, { status: 'active' }],
      [{ groups: [] }, { groups: ['crew'] }],
    ]) {
      await api.admin('PATCH', '/members/sue', off);
      expect(await allowed()).toBe(false);
      await api.admin('PATCH', '/members/sue', on);
      expect(await allowed()).toBe(true);
    }
  });

  test("takes attributes from the member's record", async () => {
    const { role } = await api.grant('att', []);
    const allow = {
      effect: 'allow',
      resources: ['apps'],
      scopes: ['*'],
      actions: ['read'],
      roles: [role],
      conditions: { attributes: { team: ['red'] } },
    };
    await api.admin('POST', '/policies', allow);
    const allowed = async () => (await api.access(api.acme, principal.parse('user:att'), { timeMs: 0 })).decide('apps', at, 'read').allowed;
    expect(await allowed()).toBe(false);
    await api.admin('POST', '/members', {
      id: 'att',
      email: 'att@example.com',
      name: 'Att',
      status: 'active',
      attributes: { team: 'red' },
    });
    expect(await allowed()).toBe(true);
    await api.admin('PATCH', '/members/att', { attributes: { team: 'blue' } });
    expect(await allowed()).toBe(false);
  });

  test('adds what an item says of its environment', async () => {
    const { role } = await api.grant('env', ['secrets:*:read']);
    const deny = {
      effect: 'deny',
      resources: ['secrets'],
      scopes: ['*'],
      actions: ['read'],
      roles: [role],
      conditions: { environment: ['production'] },
    };
    await api.admin('POST', '/policies', deny);
    const access = await api.access(api.acme, principal.parse('user:env'), { timeMs: 0 });
    const decide = (environment?: string) =>
      access.decide('secrets', at, 'read', environment === undefined ? undefined : { environment }).allowed;
    expect([decide('staging'), decide('production'), decide()]).toEqual([true, false, false]);
  });
});

test('setting up an organization twice changes nothing, and records it once', async () => {
  const before = (await api.events()).length;
  expect(await api.setup.createOrganization(api.acme, { id: 'eve', email: 'eve@example.com', name: 'Eve' })).toBe(false);
  await api.setup.ensureWorkspace(api.acme, { id: 'support' });
  expect((await api.events()).length).toBe(before);
  expect((await api.admin('GET', '/members/eve')).status).toBe(404);
  expect(await workspaceExists(api.table, api.acme, 'support')).toBe(true);
  expect(await workspaceExists(api.table, api.acme, 'nowhere')).toBe(false);
});
