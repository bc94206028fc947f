import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthzApi, authzApi } from '../../support/authz-api.ts';

let api: AuthzApi;
beforeAll(async () => {
  api = await authzApi();
});
afterAll(() => api.close());

describe('roles', () => {
  test('lists the four built-in roles, which nobody changes', async () => {
    const { json } = await api.admin('GET', '/roles');
    expect(json.items.filter((role: { builtIn: boolean }) => role.builtIn).map((role: { id: string }) => role.id)).toEqual([
      'admin',
      'developer',
      'operator',
      'viewer',
    ]);
    expect((await api.admin('PUT', '/roles/admin', { permissions: [] })).json.code).toBe('conflict');
    expect((await api.admin('DELETE', '/roles/viewer')).status).toBe(409);
    expect((await api.admin('POST', '/roles', { id: 'admin', permissions: [] })).json.code).toBe('already-exists');
  });

  test('are created, read, replaced and deleted with versions', async () => {
    const made = await api.admin('POST', '/roles', { id: 'reader', name: 'Reader', permissions: ['apps:*:read'] });
    expect([made.status, made.headers.location, made.headers.etag]).toEqual([201, '/v1/orgs/acme/roles/reader', '"1"']);
    expect(made.json).toEqual({ id: 'reader', name: 'Reader', description: '', permissions: ['apps:*:read'], builtIn: false, version: 1 });
    api.clock.advance(1);
    const sentBack = { ...made.json, permissions: ['apps:support:read'] };
    const stale = await api.admin('PUT', '/roles/reader', sentBack, { headers: { 'if-match': '"7"' } });
    expect([stale.status, stale.json.code]).toEqual([412, 'version-mismatch']);
    const put = await api.admin('PUT', '/roles/reader', sentBack, { headers: { 'if-match': '"1"' } });
    expect([put.status, put.json.version, put.json.permissions]).toEqual([200, 2, ['apps:support:read']]);
    api.clock.advance(1);
    expect((await api.admin('DELETE', '/roles/reader')).status).toBe(204);
    expect((await api.admin('GET', '/roles/reader')).status).toBe(404);
    expect((await api.admin('PUT', '/roles/reader', { permissions: [] })).status).toBe(404);
    const [created, replaced, deleted] = (await api.events()).filter((event) => (event.resource as { id: string }).id === 'reader');
    expect(created).toMatchObject({ type: 'admin.role_changed', action: 'create-role', actor: { principal: 'user:ada' } });
    expect(replaced?.changes).toEqual([{ path: '/permissions', before: ['apps:*:read'], after: ['apps:support:read'] }]);
    expect(deleted?.changes).toContainEqual({ path: '/name', before: 'Reader' });
  });

  test('refuse what is not in the catalogue, unknown workspaces and unknown fields, with pointers', async () => {
    const bad = await api.admin('POST', '/roles', {
      permissions: ['apps:*:read', 'analytics:*:write', 'apps:a/../b:read', 'Apps:*:read'],
      more: 1,
    });
    expect(bad.status).toBe(422);
    expect(bad.json.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      '/more',
      '/permissions/1',
      '/permissions/2',
      '/permissions/3',
    ]);
    const nowhere = await api.admin('POST', '/roles', { permissions: ['apps:nowhere/bot:read'] });
    expect(nowhere.json.errors).toEqual([{ pointer: '/permissions/0', detail: 'there is no such workspace' }]);
    expect((await api.admin('POST', '/roles', { name: 'two\nlines', permissions: [] })).status).toBe(422);
  });

  test('in use refuse deletion, and with cascade take everything with them for good', async () => {
    await api.admin('POST', '/roles', { id: 'temp', permissions: ['apps:*:read'] });
    const assignment = await api.admin('POST', '/assignments', { principal: 'user:tia', role: 'temp', scope: '*' });
    await api.admin('POST', '/policies', {
      id: 'temp-policy',
      effect: 'deny',
      resources: ['apps'],
      scopes: ['*'],
      actions: ['write'],
      roles: ['temp'],
    });
    const ask = async () =>
      (await api.admin('POST', '/authz/check', { principal: 'user:tia', permission: 'apps:support:read' })).json.allowed;
    expect(await ask()).toBe(true);
    expect((await api.admin('DELETE', '/roles/temp')).json.code).toBe('conflict');
    expect((await api.admin('DELETE', '/roles/temp?cascade=true')).status).toBe(204);
    expect(await ask()).toBe(false);
    expect((await api.admin('GET', '/policies/temp-policy')).json.roles).toEqual([]);
    expect((await api.admin('GET', `/assignments/${assignment.json.id}`)).status).toBe(404);
    await api.admin('POST', '/roles', { id: 'temp', permissions: ['apps:*:read'] });
    expect(await ask()).toBe(false);
  });

  test('page without repeating or losing one, and refuse foreign cursors', async () => {
    for (let index = 0; index < 5; index += 1) await api.admin('POST', '/roles', { id: `page-${index}`, permissions: [] });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { json } = await api.admin('GET', `/roles?limit=2${cursor === undefined ? '' : `&cursor=${cursor}`}`);
      seen.push(...json.items.map((role: { id: string }) => role.id));
      cursor = json.nextCursor;
    } while (cursor !== undefined);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(['admin', 'page-0', 'page-4', 'viewer']));
    const first = await api.admin('GET', '/roles?limit=2');
    expect((await api.admin('GET', `/policies?limit=2&cursor=${first.json.nextCursor}`)).status).toBe(422);
  });
});

describe('policies', () => {
  const policy = { effect: 'deny', resources: ['secrets'], scopes: ['support'], actions: ['read'], roles: [] };

  test('refuse built-in roles, unknown roles, wrong pairs, `unless` on an allow, and conditions that are not known', async () => {
    await api.admin('POST', '/roles', { id: 'p-role', permissions: [] });
    const pointers = async (body: object) =>
      ((await api.admin('POST', '/policies', body)).json.errors ?? []).map(({ pointer }: { pointer: string }) => pointer);
    expect(await pointers({ ...policy, roles: ['admin', 'p-role', 'nobody'] })).toEqual(['/roles/0', '/roles/2']);
    expect(await pointers({ ...policy, resources: ['secrets', 'apps'], actions: ['read', 'manage'] })).toEqual(['/actions/1']);
    expect(await pointers({ ...policy, effect: 'allow', unless: { mfa: true } })).toEqual(['/unless']);
    expect(await pointers({ ...policy, unless: {} })).toEqual(['/unless']);
    expect(await pointers({ ...policy, conditions: { phase: 'moon' } })).toEqual(['/conditions/phase']);
    expect(await pointers({ ...policy, conditions: { ip: ['10.0.0.0/40'] } })).toEqual(['/conditions/ip/0']);
    expect(await pointers({ ...policy, conditions: { time: { zone: 'Mars/Olympus', days: ['mon'] } } })).toEqual(['/conditions/time/zone']);
    expect(await pointers({ ...policy, conditions: { mfa: false } })).toEqual(['/conditions/mfa']);
    expect(await pointers({ ...policy, effect: 'Deny' })).toEqual(['/effect']);
  });

  test('keep their conditions, and are replaced as a whole', async () => {
    const conditions = { ip: ['10.0.0.0/8', '2001:db8::/32'], time: { zone: 'Europe/Berlin', days: ['mon'], from: '09:00', to: '17:30' } };
    const made = await api.admin('POST', '/policies', { ...policy, id: 'kept', conditions, unless: { mfa: true } });
    expect(made.json).toMatchObject({ id: 'kept', name: 'kept', conditions, unless: { mfa: true }, version: 1 });
    const put = await api.admin('PUT', '/policies/kept', { ...policy, name: 'Kept' });
    expect(put.json).toEqual({ id: 'kept', description: '', ...policy, name: 'Kept', version: 2 });
    expect((await api.admin('DELETE', '/policies/kept', undefined, { headers: { 'if-match': '"1"' } })).status).toBe(412);
    expect((await api.admin('DELETE', '/policies/kept')).status).toBe(204);
  });

  test('deny what a role allows, where their scopes meet, and name themselves in the reason', async () => {
    const { role } = await api.grant('pol', ['secrets:*:read']);
    await api.admin('POST', '/policies', { ...policy, id: 'no-secrets', roles: [role] });
    const ask = async (permission: string) => (await api.admin('POST', '/authz/check', { principal: 'user:pol', permission })).json;
    expect((await ask('secrets:research:read')).allowed).toBe(true);
    const denied = await ask('secrets:support/bot:read');
    expect(denied).toMatchObject({ allowed: false, matched: [{ role, policy: 'no-secrets', permission: 'secrets:support:read' }] });
    expect(denied.reason).toContain('no-secrets');
  });
});

describe('assignments', () => {
  test('are filtered by principal, role and scope', async () => {
    await api.admin('POST', '/assignments', { id: 'f1', principal: 'group:g1', role: 'viewer', scope: 'support' });
    await api.admin('POST', '/assignments', { id: 'f2', principal: 'group:g1', role: 'operator', scope: '*' });
    await api.admin('POST', '/assignments', { id: 'f3', principal: 'group:g2', role: 'viewer', scope: 'support/bot' });
    const ids = async (query: string) => (await api.admin('GET', `/assignments?${query}`)).json.items.map(({ id }: { id: string }) => id);
    expect(await ids('principal=group:g1')).toEqual(['f1', 'f2']);
    expect(await ids('role=viewer&scope=support')).toEqual(['f1']);
    expect(await ids('role=viewer')).toEqual(['f1', 'f3']);
    expect(await ids('scope=support/bot')).toEqual(['f3']);
    expect(await ids('principal=group:g1&scope=*')).toEqual(['f2']);
    expect(await ids('')).toEqual(expect.arrayContaining(['f1', 'f2', 'f3', 'first-admin']));
    expect((await api.admin('GET', '/assignments?rolle=viewer')).status).toBe(422);
    expect((await api.admin('POST', '/assignments', { id: 'f1', principal: 'group:g1', role: 'viewer', scope: '*' })).json.code).toBe(
      'already-exists',
    );
  });

  test('refuse unknown roles, workspaces and tokens, and times that are over', async () => {
    const refused = await api.admin('POST', '/assignments', {
      principal: 'token:aaaaaaaaaaaaaaaa',
      role: 'nothing',
      scope: 'support',
      expiresAt: '2020-01-01T00:00:00Z',
    });
    expect(refused.json.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['/role', '/expiresAt', '/principal']);
    const body = { principal: 'user:x', role: 'viewer' };
    expect((await api.admin('POST', '/assignments', { ...body, scope: 'nowhere' })).json.errors[0].pointer).toBe('/scope');
    expect((await api.admin('POST', '/assignments', { ...body, scope: 'support//x' })).status).toBe(422);
    expect((await api.admin('POST', '/assignments', { ...body, principal: 'user:X', scope: '*' })).status).toBe(422);
  });

  test('stop counting at the instant they end', async () => {
    const expiresAt = new Date(api.world.nowMs() + 60_000).toISOString();
    await api.grant('temp', ['apps:*:read'], '*', { expiresAt });
    const read = () => api.as('user:temp')('POST', '/authz/check', { permission: 'apps:support:read' });
    api.clock.advance(59_999);
    expect((await read()).json.allowed).toBe(true);
    api.clock.advance(1);
    expect((await read()).json.allowed).toBe(false);
  });

  test('of a group reach its members, and go with the membership', async () => {
    await api.admin('POST', '/members', { id: 'gus', email: 'gus@example.com', name: 'Gus', status: 'active', groups: ['g1'] });
    const ask = async () => (await api.admin('POST', '/authz/check', { principal: 'user:gus', permission: 'apps:research:read' })).json;
    expect(await ask()).toMatchObject({ allowed: true, matched: [{ assignment: 'f2', role: 'operator' }] });
    await api.admin('PATCH', '/members/gus', { groups: [] });
    expect((await ask()).allowed).toBe(false);
  });
});

describe('workspaces', () => {
  test('are created with defaults, changed, and listed to those who may read them', async () => {
    const made = await api.admin('POST', '/workspaces', { id: 'lab' });
    expect(made.json).toEqual({ id: 'lab', name: 'lab', environments: ['development', 'staging', 'production'], version: 1 });
    const patched = await api.admin('PATCH', '/workspaces/lab', { name: 'Lab', environments: ['production'] });
    expect([patched.json.name, patched.json.environments, patched.headers.etag]).toEqual(['Lab', ['production'], '"2"']);
    await api.grant('wim', ['workspace:lab:read']);
    const list = await api.as('user:wim')('GET', '/workspaces');
    expect(list.json.items.map(({ id }: { id: string }) => id)).toEqual(['lab']);
    expect((await api.as('user:wim')('GET', '/workspaces/support')).status).toBe(404);
    expect((await api.as('user:wim')('PATCH', '/workspaces/lab', { name: 'x' })).status).toBe(403);
    expect((await api.as('user:nobody')('GET', '/workspaces')).status).toBe(403);
  });

  test('are deleted only when empty', async () => {
    await api.admin('POST', '/workspaces', { id: 'gone' });
    const { json } = await api.admin('POST', '/assignments', { principal: 'group:g9', role: 'viewer', scope: 'gone/app' });
    expect((await api.admin('DELETE', '/workspaces/gone')).json.code).toBe('conflict');
    await api.admin('DELETE', `/assignments/${json.id}`);
    expect((await api.admin('DELETE', '/workspaces/gone')).status).toBe(204);
    expect((await api.admin('GET', '/workspaces/gone')).status).toBe(404);
  });
});

describe('checks', () => {
  test('for oneself take inputs from the request, whatever the body says', async () => {
    const { role } = await api.grant('sel', []);
    const allow = { effect: 'allow', resources: ['apps'], scopes: ['*'], actions: ['read'], roles: [role] };
    await api.admin('POST', '/policies', { ...allow, conditions: { mfa: true, ip: ['203.0.113.0/24'] } });
    const body = { permission: 'apps:*:read', context: { mfa: true, ip: '203.0.113.9' } };
    const without = await api.as('user:sel')('POST', '/authz/check', { ...body, principal: 'user:sel' });
    expect(without.json.allowed).toBe(false);
    const withMfa = await api.as('user:sel', { mfa: true })('POST', '/authz/check', { permission: 'apps:*:read' });
    expect(withMfa.json.allowed).toBe(true);
    const elsewhere = await api.as('user:sel', { mfa: true })('POST', '/authz/check', body, { ip: '198.51.100.1' });
    expect(elsewhere.json.allowed).toBe(false);
    expect((await api.admin('POST', '/authz/check', { ...body, principal: 'user:sel' })).json.allowed).toBe(true);
  });

  test('about others need `iam:*:read`', async () => {
    await api.grant('curious', ['apps:*:read']);
    const refused = await api.as('user:curious')('POST', '/authz/check', { principal: 'user:ada', permission: 'apps:*:read' });
    expect(refused.status).toBe(403);
    expect((await api.as('user:curious')('GET', '/authz/effective?principal=user:ada')).status).toBe(403);
    expect((await api.as('user:curious')('GET', '/authz/effective')).json.grants).toHaveLength(1);
  });

  test('in a batch answer in order, each its own question', async () => {
    await api.grant('bat', ['apps:support:read']);
    const places = ['support', 'research', 'support/a', '*'];
    const checks = Array.from({ length: 1_000 }, (_, index) => ({ principal: 'user:bat', permission: `apps:${places[index % 4]}:read` }));
    const { json } = await api.admin('POST', '/authz/check-batch', { checks });
    expect(json.results.map(({ allowed }: { allowed: boolean }) => allowed)).toEqual(checks.map((_, index) => index % 2 === 0));
    expect((await api.admin('POST', '/authz/check-batch', { checks: [...checks, checks[0]] })).status).toBe(422);
    const bad = await api.admin('POST', '/authz/check-batch', { checks: [checks[0], { permission: 'apps:*:trigger' }] });
    expect(bad.json.errors[0].pointer).toBe('/checks/1/permission');
  });

  test('of a wildcard hold only where all that it stands for is allowed', async () => {
    await api.grant('wild', ['apps:*:manage']);
    const ask = async (permission: string) =>
      (await api.admin('POST', '/authz/check', { principal: 'user:wild', permission })).json.allowed;
    expect(await ask('apps:support:*')).toBe(false);
    expect(await ask('apps:support:write')).toBe(true);
    expect((await api.admin('POST', '/authz/check', { permission: '*:*:*' })).json.allowed).toBe(true);
  });

  test("the catalogue is every member's to read", async () => {
    const { json } = await api.as('user:nobody')('GET', '/permissions');
    expect(json.resources).toContainEqual({ resource: 'apps', actions: ['read', 'write', 'manage', 'delete'] });
    expect(json.implications).toEqual([{ action: 'manage', implies: ['read', 'write'] }]);
  });

  test('effective grants say where each comes from', async () => {
    const { role, assignment } = await api.grant('eff', ['apps:*:read', 'secrets:research:read'], 'support/bot');
    const { json } = await api.admin('GET', '/authz/effective?principal=user:eff');
    expect(json).toEqual({
      principal: 'user:eff',
      grants: [{ effect: 'allow', permission: 'apps:*:read', scope: 'support/bot', role, assignment }],
    });
  });
});

describe('another organization', () => {
  test('sees nothing, and its own administrator is not ours', async () => {
    const outsider = api.as('user:ada', { org: 'globex' as never });
    for (const path of ['/roles', '/roles/admin', '/workspaces/support', '/assignments', '/members', '/tokens', '/policies']) {
      expect([path, (await outsider('GET', path)).status]).toEqual([path, 404]);
    }
    expect((await outsider('POST', '/roles', { id: 'x', permissions: [] })).status).toBe(404);
    expect((await outsider('POST', '/authz/check', { permission: 'apps:*:read' })).status).toBe(404);
  });
});
