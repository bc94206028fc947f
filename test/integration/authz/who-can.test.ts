import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AuthzApi, authzApi } from '../../support/authz-api.ts';

let api: AuthzApi;
beforeAll(async () => {
  api = await authzApi();
});
afterAll(() => api.close());

const principals = async (permission: string, query = ''): Promise<string[]> => {
  const { status, json } = await api.admin('GET', `/authz/who-can?permission=${permission}${query}`);
  expect(status).toBe(200);
  return json.items.map((item: { principal: string }) => item.principal);
};

test('lists users, groups with their members and tokens, each with why', async () => {
  await api.admin('POST', '/roles', { id: 'trigger', permissions: ['endpoints:*:trigger'] });
  await api.admin('POST', '/members', { id: 'mia', email: 'mia@example.com', name: 'Mia', status: 'active', groups: ['team'] });
  await api.admin('POST', '/members', { id: 'ian', email: 'ian@example.com', name: 'Ian', groups: ['team'] });
  await api.admin('POST', '/assignments', { id: 'team-triggers', principal: 'group:team', role: 'trigger', scope: 'support/bot' });
  await api.admin('POST', '/assignments', { principal: 'user:zoe', role: 'trigger', scope: 'research' });
  const token = await api.admin('POST', '/tokens', {
    name: 't',
    role: 'trigger',
    scope: 'support',
    expiresAt: new Date(api.world.nowMs() + 86_400_000).toISOString(),
  });
  const { json } = await api.admin('GET', '/authz/who-can?permission=endpoints:support/bot/eu:trigger');
  expect(json.items.map((item: { principal: string }) => item.principal)).toEqual([
    'group:team',
    `token:${token.json.id}`,
    'user:ada',
    'user:mia',
  ]);
  expect(json.items.at(-1)).toEqual({
    principal: 'user:mia',
    reason: 'allowed by `endpoints:*:trigger` of role `trigger`, assignment `team-triggers`',
    matched: [{ role: 'trigger', permission: 'endpoints:*:trigger', assignment: 'team-triggers' }],
  });
});

test('every change counts from the next request on', async () => {
  const permission = 'endpoints:support/bot/eu:trigger';
  await api.admin('PATCH', '/members/mia', { status: 'suspended' });
  expect(await principals(permission)).not.toContain('user:mia');
  await api.admin('PATCH', '/members/mia', { status: 'active' });
  expect(await principals(permission)).toContain('user:mia');
  await api.admin('DELETE', '/assignments/team-triggers');
  expect(await principals(permission)).not.toContain('group:team');
  await api.admin('POST', '/assignments', { id: 'mia-reads', principal: 'user:mia', role: 'viewer', scope: '*' });
  await api.admin('DELETE', '/members/mia');
  expect(await principals('apps:support:read')).not.toContain('user:mia');
});

test('pages hold everybody once, and a cursor belongs to its permission', async () => {
  for (const user of ['p1', 'p2', 'p3']) await api.admin('POST', '/assignments', { principal: `user:${user}`, role: 'viewer', scope: '*' });
  const seen: string[] = [];
  for (let cursor = ''; ; ) {
    const { json } = await api.admin('GET', `/authz/who-can?permission=models:*:read&limit=2${cursor}`);
    seen.push(...json.items.map((item: { principal: string }) => item.principal));
    if (json.nextCursor === undefined) break;
    cursor = `&cursor=${json.nextCursor}`;
    expect((await api.admin('GET', `/authz/who-can?permission=apps:*:read&limit=2${cursor}`)).status).toBe(422);
  }
  expect(seen).toEqual(await principals('models:*:read'));
  expect(seen).toEqual(expect.arrayContaining(['user:p1', 'user:p2', 'user:p3']));
});

test('needs `iam:*:read`, at the whole organization, and a permission of the catalogue', async () => {
  await api.grant('wendy', ['apps:*:*', 'iam:support:read']);
  expect((await api.as('user:wendy')('GET', '/authz/who-can?permission=apps:*:read')).status).toBe(403);
  expect((await api.admin('GET', '/authz/who-can?permission=apps:*:fly')).status).toBe(422);
  expect((await api.admin('GET', '/authz/who-can')).status).toBe(422);
});

test('an allow that asks for more than the time is not listed, and a deny that does holds', async () => {
  await api.admin('POST', '/roles', { id: 'careful', permissions: ['tools:*:read'] });
  await api.admin('POST', '/assignments', { principal: 'user:cara', role: 'careful', scope: '*' });
  expect(await principals('tools:support:read')).toContain('user:cara');
  const deny = { id: 'office', effect: 'deny', resources: ['tools'], scopes: ['*'], actions: ['read'], roles: ['careful'] };
  await api.admin('POST', '/policies', { ...deny, conditions: { ip: ['10.0.0.0/8'] } });
  expect(await principals('tools:support:read')).not.toContain('user:cara');
});
