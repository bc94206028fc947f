import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthzApi, authzApi } from '../../support/authz-api.ts';

let api: AuthzApi;
beforeAll(async () => {
  api = await authzApi();
  // Lea administers access, and holds apps everywhere and secrets of support; a deny keeps her from apps of research/secret.
  const { role } = await api.grant('lea', ['iam:*:read', 'iam:*:write', 'apps:*:manage', 'apps:*:delete', 'secrets:support:read']);
  await api.admin('POST', '/policies', {
    id: 'keep-lea-out',
    effect: 'deny',
    resources: ['apps'],
    scopes: ['research/secret'],
    actions: ['read'],
    roles: [role],
  });
});
afterAll(() => api.close());

const lea = (...args: Parameters<AuthzApi['admin']>) => api.as('user:lea')(...args);
const policy = (more: object) => ({ effect: 'allow', resources: ['secrets'], scopes: ['support'], actions: ['read'], roles: [], ...more });

describe('nobody gives what they do not hold', () => {
  test('by a new role, whatever its wildcards', async () => {
    const create = async (...permissions: string[]) => (await lea('POST', '/roles', { permissions })).status;
    expect(await create('secrets:support/bot:read')).toBe(201);
    expect(await create('apps:support:write')).toBe(201);
    for (const permission of ['secrets:*:read', 'secrets:support:write', '*:*:*', '*:support:read', 'secrets:support:*', 'audit:*:read']) {
      expect([permission, await create(permission)]).toEqual([permission, 403]);
    }
  });

  test('by assigning a role that reaches further at that scope', async () => {
    const assign = async (role: string, scope: string) =>
      (await lea('POST', '/assignments', { principal: 'user:lea', role, scope })).status;
    expect(await assign('admin', '*')).toBe(403);
    expect(await assign('admin', 'support')).toBe(403);
    expect(await assign('viewer', 'support')).toBe(403);
  });

  test('by editing a role that was assigned before', async () => {
    const { role } = await api.grant('eve', ['apps:support:read']);
    expect((await lea('PUT', `/roles/${role}`, { permissions: ['apps:support:read', 'secrets:*:read'] })).status).toBe(403);
    expect((await lea('PUT', `/roles/${role}`, { permissions: ['apps:support:read', 'apps:support:write'] })).status).toBe(200);
  });

  test('by an allow policy, or by attaching one that is there', async () => {
    const { role } = await api.grant('eve', []);
    expect((await lea('POST', '/policies', policy({ scopes: ['*'], roles: [role] }))).status).toBe(403);
    await api.admin('POST', '/policies', policy({ id: 'loose', scopes: ['*'] }));
    expect((await lea('PUT', '/policies/loose', policy({ scopes: ['*'], roles: [role] }))).status).toBe(403);
    expect((await lea('POST', '/policies', policy({ roles: [role], conditions: { mfa: true } }))).status).toBe(201);
  });

  test('by weakening, detaching or deleting a deny', async () => {
    const { role } = await api.grant('eve', ['secrets:*:read']);
    const deny = policy({ effect: 'deny', scopes: ['research'], roles: [role] });
    await api.admin('POST', '/policies', { id: 'wall', ...deny });
    for (const weaker of [
      { scopes: ['research/bot'] },
      { actions: ['write'] },
      { conditions: { mfa: true } },
      { unless: { ip: ['0.0.0.0/0'] } },
      { effect: 'allow' },
      { roles: [] },
    ]) {
      expect([weaker, (await lea('PUT', '/policies/wall', { ...deny, ...weaker })).status]).toEqual([weaker, 403]);
    }
    expect((await lea('DELETE', '/policies/wall')).status).toBe(403);
    expect((await lea('DELETE', `/roles/${role}?cascade=true`)).status).toBe(403);
    expect((await lea('PUT', '/policies/wall', { ...deny, name: 'The wall' })).status).toBe(200);
  });

  test('by adding somebody to a group, reinstating them, or changing the attributes that a policy asks for', async () => {
    await api.admin('POST', '/assignments', { principal: 'group:vault', role: 'developer', scope: '*' });
    await api.admin('POST', '/members', { id: 'mo', email: 'mo@example.com', name: 'Mo', status: 'active' });
    expect((await lea('PATCH', '/members/mo', { groups: ['vault'] })).status).toBe(403);
    expect((await lea('PATCH', '/members/mo', { groups: ['nothing'] })).status).toBe(200);
    await api.admin('PATCH', '/members/mo', { groups: ['vault'], status: 'suspended' });
    expect((await lea('PATCH', '/members/mo', { status: 'active' })).status).toBe(403);
    const { role } = await api.grant('mo', []);
    await api.admin('POST', '/policies', policy({ scopes: ['*'], roles: [role], conditions: { attributes: { team: ['red'] } } }));
    await api.admin('PATCH', '/members/mo', { status: 'active', groups: [] });
    expect((await lea('PATCH', '/members/mo', { attributes: { team: 'red' } })).status).toBe(403);
    expect((await lea('PATCH', '/members/mo', { name: 'Moe' })).status).toBe(200);
  });

  test('by inviting somebody as an id for which more waits', async () => {
    await api.admin('POST', '/assignments', { principal: 'user:future', role: 'admin', scope: '*' });
    const invite = { id: 'future', email: 'lea+1@example.com', name: 'Lea' };
    expect((await lea('POST', '/members', invite)).status).toBe(403);
    expect((await lea('POST', '/members', { ...invite, id: 'plain' })).status).toBe(201);
  });

  test('by an API token', async () => {
    const expiresAt = new Date(api.world.nowMs() + 3_600_000).toISOString();
    expect((await lea('POST', '/tokens', { name: 't', role: 'admin', scope: '*', expiresAt })).status).toBe(403);
    expect((await lea('POST', '/tokens', { name: 't', role: 'viewer', scope: 'support', expiresAt })).status).toBe(403);
  });

  test('where their own grant ends earlier, or asks for more', async () => {
    const expiresAt = new Date(api.world.nowMs() + 3_600_000).toISOString();
    const { role } = await api.grant('tim', ['iam:*:write', 'apps:*:read'], '*', { expiresAt });
    const tim = api.as('user:tim');
    const body = { principal: 'user:x', role, scope: '*' };
    expect((await tim('POST', '/assignments', body)).status).toBe(403);
    expect((await tim('POST', '/assignments', { ...body, expiresAt })).status).toBe(201);
    const conditional = await api.grant('con', ['iam:*:write']);
    const allow = { effect: 'allow', resources: ['models'], scopes: ['*'], actions: ['read'] };
    await api.admin('POST', '/policies', { ...allow, roles: [conditional.role], conditions: { ip: ['203.0.113.0/24'] } });
    const con = api.as('user:con');
    expect((await con('POST', '/roles', { permissions: ['models:*:read'] })).status).toBe(403);
    expect((await con('POST', '/policies', { ...allow, conditions: { ip: ['203.0.0.0/16'] } })).status).toBe(403);
    expect((await con('POST', '/policies', { ...allow, conditions: { ip: ['203.0.113.64/26'], mfa: true } })).status).toBe(201);
  });

  test('where a deny of theirs stands in the way', async () => {
    expect((await lea('POST', '/roles', { permissions: ['apps:research/secret/x:read'] })).status).toBe(403);
    expect((await lea('POST', '/roles', { permissions: ['apps:*:read'] })).status).toBe(403);
    expect((await lea('DELETE', '/policies/keep-lea-out')).status).toBe(403);
  });

  test('and nobody takes from others what they do not hold', async () => {
    const { assignment, role } = await api.grant('vic', ['secrets:*:read']);
    expect((await lea('DELETE', `/assignments/${assignment}`)).status).toBe(403);
    expect((await lea('PUT', `/roles/${role}`, { permissions: [] })).status).toBe(403);
    await api.admin('POST', '/members', { id: 'vic', email: 'vic@example.com', name: 'Vic', status: 'active' });
    expect((await lea('PATCH', '/members/vic', { status: 'suspended' })).status).toBe(403);
    expect((await lea('DELETE', '/members/vic')).status).toBe(403);
    expect((await lea('POST', '/policies', policy({ effect: 'deny', scopes: ['*'], roles: [role] }))).status).toBe(403);
    expect((await lea('DELETE', '/assignments/first-admin')).status).toBe(403);
  });

  test('says which permission was lacking, and records the attempt', async () => {
    const refused = await lea('POST', '/roles', { permissions: ['audit:*:export'] });
    expect(refused.json).toMatchObject({ code: 'forbidden', detail: 'this needs `audit:*:export`' });
    const denied = (await api.events()).filter(({ type }) => type === 'authz.denied');
    expect(denied).toContainEqual(
      expect.objectContaining({ outcome: 'denied', resource: { type: 'audit', id: 'audit:*:export', scope: '*' } }),
    );
  });
});

describe('the last way in', () => {
  test('is not suspended, removed, or taken away', async () => {
    const own = await authzApi();
    try {
      expect((await own.admin('DELETE', '/assignments/first-admin')).json.code).toBe('conflict');
      expect((await own.admin('PATCH', '/members/ada', { status: 'suspended' })).status).toBe(409);
      expect((await own.admin('DELETE', '/members/ada')).status).toBe(409);
      const body = { principal: 'user:bea', role: 'admin' };
      // None of these keeps the way in: a group, an end, a smaller scope, a member that is not active.
      await own.admin('POST', '/assignments', { principal: 'group:admins', role: 'admin', scope: '*' });
      const expiresAt = new Date(own.world.nowMs() + 60_000).toISOString();
      await own.admin('POST', '/members', { id: 'bea', email: 'bea@example.com', name: 'Bea', status: 'active', groups: ['admins'] });
      await own.admin('POST', '/assignments', { ...body, scope: '*', expiresAt });
      await own.admin('POST', '/assignments', { ...body, scope: 'support' });
      await own.admin('POST', '/members', { id: 'cyd', email: 'cyd@example.com', name: 'Cyd' });
      await own.admin('POST', '/assignments', { principal: 'user:cyd', role: 'admin', scope: '*' });
      expect((await own.admin('PATCH', '/members/ada', { status: 'suspended' })).status).toBe(409);
      await own.admin('PATCH', '/members/cyd', { status: 'active' });
      expect((await own.admin('PATCH', '/members/ada', { status: 'suspended' })).status).toBe(200);
      expect((await own.as('user:cyd')('PATCH', '/members/cyd', { status: 'suspended' })).status).toBe(409);
    } finally {
      own.close();
    }
  });

  test('stays open when two administrators shut each other out at once', async () => {
    const own = await authzApi();
    try {
      await own.admin('POST', '/members', { id: 'bea', email: 'bea@example.com', name: 'Bea', status: 'active' });
      await own.admin('POST', '/assignments', { id: 'second', principal: 'user:bea', role: 'admin', scope: '*' });
      const answers = await Promise.all([
        own.admin('PATCH', '/members/bea', { status: 'suspended' }),
        own.as('user:bea')('DELETE', '/assignments/first-admin'),
        own.admin('DELETE', '/assignments/second'),
        own.as('user:bea')('DELETE', '/members/ada'),
      ]);
      expect(answers.some(({ status }) => status < 300)).toBe(true);
      const stillIn = await Promise.all(['user:ada', 'user:bea'].map((who) => own.as(who)('GET', '/roles')));
      expect(stillIn.filter(({ status }) => status === 200)).toHaveLength(1);
    } finally {
      own.close();
    }
  });
});

describe('changes at once', () => {
  test('are decided one after another: a revoked right gives nothing on', async () => {
    const own = await authzApi();
    try {
      const { assignment } = await own.grant('ivo', ['iam:*:write', 'apps:*:read']);
      const attempts = Array.from({ length: 10 }, (_, index) =>
        own.as('user:ivo')('POST', '/roles', { id: `ivo-${index}`, permissions: ['apps:*:read'] }),
      );
      const revoked = await own.admin('DELETE', `/assignments/${assignment}`);
      const statuses = (await Promise.all(attempts)).map(({ status }) => status);
      expect(revoked.status).toBe(204);
      expect(statuses.every((status) => status === 201 || status === 403)).toBe(true);
      expect((await own.as('user:ivo')('POST', '/roles', { permissions: [] })).status).toBe(403);
    } finally {
      own.close();
    }
  });

  test('all come through, each with its record', async () => {
    const own = await authzApi();
    try {
      const made = await Promise.all(
        Array.from({ length: 25 }, (_, index) => own.admin('POST', '/roles', { id: `many-${index}`, permissions: ['apps:*:read'] })),
      );
      expect(made.map(({ status }) => status)).toEqual(Array(25).fill(201));
      const same = await Promise.all(Array.from({ length: 5 }, () => own.admin('POST', '/roles', { id: 'one', permissions: [] })));
      expect(same.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
      expect((await own.events()).filter(({ action }) => action === 'create-role')).toHaveLength(26);
    } finally {
      own.close();
    }
  });
});
