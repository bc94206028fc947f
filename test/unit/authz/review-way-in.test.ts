import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AuthzApi, authzApi } from '../../support/authz-api.ts';

let api: AuthzApi;
beforeEach(async () => {
  api = await authzApi();
  await api.admin('POST', '/roles', { id: 'lock', permissions: [] });
});
afterEach(() => api.close());

const deny = { effect: 'deny', resources: ['*'], scopes: ['*'], actions: ['*'], roles: ['lock'] };
const lockAda = (more: object = {}) => api.admin('POST', '/assignments', { principal: 'user:ada', role: 'lock', scope: '*', ...more });

describe('the last way in is not closed by a deny', () => {
  test('that is assigned to the last administrator, directly or by a group', async () => {
    await api.admin('POST', '/policies', { id: 'locked', ...deny });
    const refused = await lockAda();
    expect([refused.status, refused.json.code]).toEqual([409, 'conflict']);
    expect((await api.admin('PATCH', '/members/ada', { groups: ['crew'] })).status).toBe(200);
    expect((await api.admin('POST', '/assignments', { principal: 'group:crew', role: 'lock', scope: '*' })).status).toBe(409);
    expect((await api.admin('POST', '/assignments', { principal: 'group:other', role: 'lock', scope: '*' })).status).toBe(201);
    expect((await api.admin('PATCH', '/members/ada', { groups: ['crew', 'other'] })).status).toBe(409);
    expect((await api.admin('GET', '/roles')).status).toBe(200);
  });

  test('that comes by a policy, new, widened or attached, to a role which the last administrator has', async () => {
    expect((await lockAda()).status).toBe(201);
    expect((await api.admin('POST', '/policies', { id: 'new', ...deny })).status).toBe(409);
    expect((await api.admin('POST', '/policies', { id: 'loose', ...deny, roles: [] })).status).toBe(201);
    expect((await api.admin('PUT', '/policies/loose', deny)).status).toBe(409);
    const harmless = { ...deny, resources: ['apps'], actions: ['read'] };
    expect((await api.admin('POST', '/policies', { id: 'apps', ...harmless })).status).toBe(201);
    expect((await api.admin('PUT', '/policies/apps', { ...harmless, resources: ['apps', 'iam'] })).status).toBe(409);
  });

  test('on a condition or with an exception, at any scope, of reading or writing', async () => {
    await lockAda();
    for (const more of [
      { conditions: { ip: ['203.0.113.0/24'] } },
      { unless: { mfa: true } },
      { scopes: ['support/bot'] },
      { resources: ['iam'], actions: ['read'] },
    ]) {
      expect([more, (await api.admin('POST', '/policies', { ...deny, ...more })).status]).toEqual([more, 409]);
    }
  });

  test('while the other administrator is barred, suspended or gone; but it is while another stays in', async () => {
    await api.admin('POST', '/policies', { id: 'locked', ...deny });
    await api.admin('POST', '/members', { id: 'bea', email: 'bea@example.com', name: 'Bea', status: 'active' });
    await api.admin('POST', '/assignments', { id: 'second', principal: 'user:bea', role: 'admin', scope: '*' });
    const barred = await api.admin('POST', '/assignments', { id: 'bar-bea', principal: 'user:bea', role: 'lock', scope: '*' });
    expect(barred.status).toBe(201);
    expect((await lockAda()).status).toBe(409);
    expect((await api.admin('PATCH', '/members/ada', { status: 'suspended' })).status).toBe(409);
    expect((await api.admin('DELETE', '/members/ada')).status).toBe(409);
    expect((await api.admin('DELETE', '/assignments/first-admin')).status).toBe(409);
    expect((await api.admin('DELETE', '/assignments/bar-bea')).status).toBe(204);
    expect((await lockAda()).status).toBe(201);
    const bea = api.as('user:bea');
    expect((await bea('POST', '/assignments', { principal: 'user:bea', role: 'lock', scope: '*' })).status).toBe(409);
  });
});
