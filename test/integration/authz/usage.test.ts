// Decisions as they are counted through the API, replayed against proposed changes, and compared with what is granted.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tableUsageStore } from '../../../functions/authz/adapters/table-usage-store.ts';
import { dayOf, type UsageRow } from '../../../functions/authz/domain/usage.ts';
import { decisionCounter } from '../../../functions/authz/public.ts';
import { toTime } from '../../../functions/shared/kernel/world.ts';
import { type AuthzApi, authzApi } from '../../support/authz-api.ts';

const dayMs = 86_400_000;
let api: AuthzApi;
beforeEach(async () => {
  api = await authzApi();
});
afterEach(async () => {
  await decisionCounter({ table: api.table, world: api.world }).flush();
  api.close();
});

const rows = async (org = api.acme): Promise<UsageRow[]> => {
  await decisionCounter({ table: api.table, world: api.world }).flush();
  const all: UsageRow[] = [];
  for await (const page of tableUsageStore(api.table).rows(org, dayOf(api.clock.nowMs()))) all.push(...page);
  return all;
};

const of = async (who: string) => (await rows()).filter(({ principal }) => principal === who);
const since = () => toTime(api.clock.nowMs() - 3_600_000);
const simulate = (change: object, more: object = {}) => api.admin('POST', '/authz/simulate', { change, since: since(), ...more });

/** All rows of access, without those of usage, audit and the like. */
const model = async () =>
  Promise.all(
    ['acme#access', 'acme#assignments', 'acme#tokens', 'acme#access-version:0'].map((pk) => api.table.query('acme', { pk, limit: 1_000 })),
  );

describe('decisions are counted', () => {
  test('those of routes as used, denied ones too, those about others as asked', async () => {
    await api.grant('bob', ['iam:*:read', 'apps:support:read']);
    const bob = api.as('user:bob');
    expect((await bob('GET', '/roles')).status).toBe(200);
    expect((await bob('POST', '/roles', { permissions: [] })).status).toBe(403);
    await bob('POST', '/authz/check', { permission: 'apps:support:read' });
    await api.admin('POST', '/authz/check-batch', { checks: [{ principal: 'user:bob', permission: 'apps:support:write' }] });
    const seen = (await of('user:bob')).map(({ allowed, kind, hours }) => ({
      allowed,
      kind,
      count: hours.reduce((sum, [, n]) => sum + n, 0),
    }));
    expect(seen).toHaveLength(4);
    expect(seen.filter(({ kind, allowed }) => kind === 'used' && allowed)).toHaveLength(2);
    expect(seen.filter(({ kind, allowed }) => kind === 'used' && !allowed)).toHaveLength(1);
    expect(seen.filter(({ kind, allowed }) => kind === 'asked' && !allowed)).toHaveLength(1);
    expect((await of('user:bob')).every(({ facts }) => facts.network === '203.0.113.0/24' || facts.network === undefined)).toBe(true);
  });

  test('each organization by itself', async () => {
    await api.as('user:ada', { org: 'globex' as never })('GET', '/v1/orgs/globex/roles');
    await rows();
    const globex = await rows('globex' as never);
    expect(globex.map(({ principal }) => principal)).toEqual(['user:ada']);
    expect(await rows()).toEqual([]);
  });
});

describe('a simulation', () => {
  test('tells what deleting an assignment would deny, and changes nothing', async () => {
    const { assignment } = await api.grant('bob', ['apps:*:read']);
    for (let asked = 0; asked < 3; asked += 1) await api.as('user:bob')('POST', '/authz/check', { permission: 'apps:support:read' });
    const before = await model();
    const eventsBefore = await api.events();
    const { status, json } = await simulate({ deleteAssignment: assignment });
    expect(status).toBe(200);
    expect(json).toMatchObject({ complete: true, drifted: 0, deniedToAllowed: { count: 0 }, unknown: { count: 0 } });
    expect(json.allowedToDenied.count).toBe(3);
    expect(json.allowedToDenied.samples[0]).toMatchObject({
      principal: 'user:bob',
      permission: 'apps:support:read',
      kind: 'used',
      recorded: 'allowed',
      count: 3,
      network: '203.0.113.0/24',
    });
    expect(json.decisions).toBe(json.unchanged + 3);
    expect(await model()).toEqual(before);
    expect(await api.events()).toEqual(eventsBefore);
    expect((await api.as('user:bob')('POST', '/authz/check', { permission: 'apps:support:read' })).json.allowed).toBe(true);
  });

  test('replays roles, policies and assignments put and taken away, several at once', async () => {
    const { role } = await api.grant('bob', ['apps:*:read']);
    const bob = api.as('user:bob');
    await bob('POST', '/authz/check', { permission: 'apps:support:read' });
    await bob('POST', '/authz/check', { permission: 'secrets:support:read' });
    const flips = async (change: object) => {
      const { status, json } = await simulate(change);
      expect(status).toBe(200);
      return [json.allowedToDenied.count, json.deniedToAllowed.count, json.unknown.count];
    };
    expect(await flips({ putRole: { id: role, permissions: ['secrets:*:read'] } })).toEqual([1, 1, 0]);
    expect(await flips({ deleteRole: role })).toEqual([1, 0, 0]);
    const deny = { id: 'no-apps', effect: 'deny', resources: ['apps'], scopes: ['support'], actions: ['read'], roles: [role] };
    expect(await flips({ putPolicy: deny })).toEqual([1, 0, 0]);
    expect(await flips({ putPolicy: { ...deny, unless: { ip: ['203.0.113.7/32'] } } })).toEqual([0, 0, 1]);
    expect(await flips({ putPolicy: { ...deny, unless: { ip: ['203.0.113.0/24'] } } })).toEqual([0, 0, 0]);
    expect(await flips({ putAssignment: { principal: 'user:bob', role: 'developer', scope: 'support' } })).toEqual([0, 1, 0]);
    expect(
      await flips({
        putRole: { id: 'fresh', permissions: ['secrets:*:read'] },
        putAssignment: { principal: 'user:bob', role: 'fresh', scope: '*' },
      }),
    ).toEqual([0, 1, 0]);
    expect((await api.admin('POST', '/policies', deny)).status).toBe(201);
    expect(await flips({ deletePolicy: 'no-apps' })).toEqual([0, 1, 0]);
  });

  test('reaches the members of a group', async () => {
    const { role } = await api.grant('nobody', ['apps:*:read']);
    await api.admin('POST', '/members', { id: 'gil', email: 'gil@example.com', name: 'Gil', groups: ['crew'] });
    await api.admin('PATCH', '/members/gil', { status: 'active' });
    await api.admin('POST', '/assignments', { id: 'crews', principal: 'group:crew', role, scope: '*' });
    const asked = await api.as('user:gil')('POST', '/authz/check', { permission: 'apps:support:read' });
    expect(asked.json.allowed).toBe(true);
    expect((await simulate({ deleteAssignment: 'crews' })).json.allowedToDenied.count).toBe(1);
    const back = { deleteAssignment: 'crews', putAssignment: { id: 'crews', principal: 'group:crew', role, scope: 'support' } };
    expect((await simulate(back)).json).toMatchObject({ allowedToDenied: { count: 0 }, unknown: { count: 0 } });
  });

  test('counts apart what changed since by other means', async () => {
    const { assignment } = await api.grant('bob', ['apps:*:read']);
    await api.as('user:bob')('POST', '/authz/check', { permission: 'apps:support:read' });
    await api.admin('DELETE', `/assignments/${assignment}`);
    const { json } = await simulate({ putRole: { id: 'unrelated', permissions: [] } });
    expect(json).toMatchObject({ drifted: 1, allowedToDenied: { count: 0 } });
  });

  test('is held to what the real writes are held to', async () => {
    const { role, assignment } = await api.grant('bob', ['apps:*:read']);
    const refused = async (change: object) => {
      const { status, json } = await simulate(change);
      return [status, ...(json.errors ?? []).map(({ pointer }: { pointer: string }) => pointer)];
    };
    expect(await refused({})).toEqual([422, '/change']);
    expect(await refused({ putRole: { permissions: [] } })).toEqual([422, '/change/putRole/id']);
    expect(await refused({ putRole: { id: 'r', permissions: ['apps:*:fly'] } })).toEqual([422, '/change/putRole/permissions/0']);
    expect(await refused({ putRole: { id: 'r', permissions: ['apps:nowhere:read'] } })).toEqual([422, '/change/putRole/permissions/0']);
    expect(await refused({ putRole: { id: 'admin', permissions: [] } })).toEqual([409]);
    expect(await refused({ deleteRole: 'viewer' })).toEqual([409]);
    expect(await refused({ deleteRole: 'nothing' })).toEqual([422, '/change/deleteRole']);
    expect(await refused({ putRole: { id: role, permissions: [] }, deleteRole: role })).toEqual([422, '/change/deleteRole']);
    const allow = { id: 'p', effect: 'allow', resources: ['apps'], scopes: ['*'], actions: ['read'], roles: ['viewer'] };
    expect(await refused({ putPolicy: allow })).toEqual([422, '/change/putPolicy/roles/0']);
    expect(await refused({ putPolicy: { ...allow, roles: [], unless: { mfa: true } } })).toEqual([422, '/change/putPolicy/unless']);
    expect(await refused({ putPolicy: { ...allow, roles: [], conditions: { phase: ['moon'] } } })).toEqual([
      422,
      '/change/putPolicy/conditions/phase',
    ]);
    expect(await refused({ putAssignment: { principal: 'user:bob', role: 'gone', scope: '*' } })).toEqual([
      422,
      '/change/putAssignment/role',
    ]);
    expect(await refused({ putAssignment: { id: assignment, principal: 'user:bob', role, scope: '*' } })).toEqual([409]);
    expect(await refused({ putAssignment: { principal: 'user:bob', role, scope: 'nowhere' } })).toEqual([
      422,
      '/change/putAssignment/scope',
    ]);
    const tomorrow = { since: toTime(api.clock.nowMs() + dayMs) };
    expect((await simulate({ deleteRole: role }, tomorrow)).status).toBe(422);
  });

  test('replays from the hour of `since` on', async () => {
    const { assignment } = await api.grant('bob', ['apps:*:read']);
    const ask = () => api.as('user:bob')('POST', '/authz/check', { permission: 'apps:support:read' });
    await ask();
    api.clock.advance(2 * dayMs + 5 * 3_600_000);
    await ask();
    await ask();
    const at = async (agoMs: number) =>
      (await simulate({ deleteAssignment: assignment }, { since: toTime(api.clock.nowMs() - agoMs) })).json.allowedToDenied.count;
    expect(await at(0)).toBe(2);
    expect(await at(2 * dayMs)).toBe(2);
    expect(await at(300 * dayMs)).toBe(3);
  });

  test('is for readers of access alone', async () => {
    await api.grant('eve', ['apps:*:read']);
    const asked = { change: { deleteRole: 'x' }, since: since() };
    expect((await api.as('user:eve')('POST', '/authz/simulate', asked)).status).toBe(403);
    expect((await api.as('user:eve')('GET', '/authz/unused')).status).toBe(403);
  });
});

describe('what is granted and not used', () => {
  const unused = async (query = 'days=10') => {
    const { status, json } = await api.admin('GET', `/authz/unused?${query}`);
    expect(status).toBe(200);
    return json;
  };
  const item = (json: { items: { role: string }[] }, role: string) => json.items.find((each) => each.role === role);

  test('is told by role and principal, and proposed as a tighter role once the records cover all of the time', async () => {
    const { role, assignment } = await api.grant('bob', ['apps:*:*', 'endpoints:*:trigger', 'tools:*:manage', 'secrets:*:read']);
    await api.admin('POST', '/assignments', { id: 'eves', principal: 'user:eve', role, scope: 'support' });
    await api.admin('GET', '/roles');
    await decisionCounter({ table: api.table, world: api.world }).flush();
    api.clock.advance(10 * dayMs);
    await api.as('user:bob')('POST', '/authz/check', { permission: 'apps:support:read' });
    await api.as('user:bob')('POST', '/authz/check', { permission: 'tools:research:write' });
    await api.as('user:eve')('POST', '/authz/check', { permission: 'endpoints:research:trigger' });
    const json = await unused();
    expect(json.coverage).toEqual({ share: 1, gaps: [] });
    const found = item(json, role) as never as Record<string, unknown>;
    expect(found).toMatchObject({
      builtIn: false,
      unused: [
        { permission: 'endpoints:*:trigger', asked: false },
        { permission: 'secrets:*:read', asked: false },
      ],
      tighter: { permissions: ['apps:*:read', 'tools:*:write'] },
      principalCount: 2,
    });
    const principals = found.principals as { principal: string; unused: { permission: string }[] }[];
    expect(principals.find(({ principal }) => principal === 'user:eve')?.unused).toHaveLength(4);
    expect(principals.find(({ principal }) => principal === 'user:bob')).toMatchObject({ assignment, unused: [{}, {}] });
    expect((await api.admin('PUT', `/roles/${role}`, found.tighter)).status).toBe(200);
  });

  test('proposes nothing where the records do not cover the time, and says how much they cover', async () => {
    const { role } = await api.grant('bob', ['apps:*:read']);
    await unused();
    api.clock.advance(5 * dayMs);
    const json = await unused();
    expect(json.coverage.share).toBeCloseTo(0.5, 2);
    expect(json.coverage.gaps).toHaveLength(1);
    expect(item(json, role)).toMatchObject({ unused: [{ permission: 'apps:*:read' }] });
    expect(item(json, role)).not.toHaveProperty('tighter');
    api.clock.advance(5 * dayMs);
    expect(item(await unused(), role)).toHaveProperty('tighter.permissions', []);
    await tableUsageStore(api.table).noteWaiting(api.acme, 'another', api.clock.nowMs() - 3_600_000);
    const lost = await unused();
    expect(lost.coverage.share).toBeLessThan(1);
    expect(item(lost, role)).not.toHaveProperty('tighter');
  });

  test('keeps what others asked about, and what a token of the principal used', async () => {
    const { role } = await api.grant('bob', ['apps:*:read', 'models:*:read', 'tools:*:read']);
    await unused();
    api.clock.advance(10 * dayMs);
    await api.admin('POST', '/authz/check', { principal: 'user:bob', permission: 'apps:support:read' });
    await api.grant('bob', ['iam:*:*']);
    const body = { name: 'ci', role: 'viewer', scope: '*', expiresAt: toTime(api.clock.nowMs() + dayMs) };
    await api.admin('POST', '/assignments', { principal: 'user:bob', role: 'viewer', scope: '*' });
    const made = await api.as('user:bob')('POST', '/tokens', body);
    expect(made.status).toBe(201);
    await api.as(`token:${made.json.id}`, { tokenId: made.json.id })('POST', '/authz/check', { permission: 'models:support:read' });
    const found = item(await unused(), role);
    expect(found).toMatchObject({
      unused: [
        { permission: 'apps:*:read', asked: true },
        { permission: 'tools:*:read', asked: false },
      ],
      tighter: { permissions: ['apps:*:read', 'models:*:read'] },
    });
  });

  test('never proposes less than Admin for Admin', async () => {
    await unused();
    api.clock.advance(10 * dayMs);
    expect(item(await unused(), 'admin') ?? {}).not.toHaveProperty('tighter');
  });

  test('is asked of up to a year, by role and principal, page by page', async () => {
    const first = await api.grant('bob', ['apps:*:read']);
    await api.grant('eve', ['apps:*:read']);
    expect((await unused(`days=10&role=${first.role}`)).items.map(({ role }: { role: string }) => role)).toEqual([first.role]);
    expect((await unused('days=10&principal=user:eve')).items).toHaveLength(1);
    const page = await unused('days=10&limit=1');
    expect(page.items).toHaveLength(1);
    const next = await unused(`days=10&limit=1&cursor=${page.nextCursor}`);
    expect(next.items[0].role > page.items[0].role).toBe(true);
    for (const days of ['0', '366', 'x', '1.5']) expect((await api.admin('GET', `/authz/unused?days=${days}`)).status).toBe(422);
  });
});
