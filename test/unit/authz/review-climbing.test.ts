import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthzApi, authzApi } from '../../support/authz-api.ts';

let api: AuthzApi;
beforeAll(async () => {
  api = await authzApi();
});
afterAll(() => api.close());

const iam = ['iam:*:read', 'iam:*:write'];
const expiresAt = () => new Date(api.world.nowMs() + 3_600_000).toISOString();

describe('what asks for attributes', () => {
  const asking = {
    effect: 'allow',
    resources: ['secrets'],
    scopes: ['*'],
    actions: ['read'],
    conditions: { attributes: { team: ['red'] } },
  };

  test('is given to others, by assignment, group or policy, only by who has those attributes now', async () => {
    const { role } = await api.grant('eve', iam);
    await api.admin('POST', '/policies', { ...asking, id: 'red-secrets', roles: [role] });
    await api.admin('POST', '/members', { id: 'eve', email: 'eve@example.com', name: 'Eve', status: 'active' });
    const red = { email: 'rob@example.com', name: 'Rob', status: 'active', attributes: { team: 'red' } };
    await api.admin('POST', '/members', { id: 'rob', ...red });
    await api.admin('POST', '/assignments', { principal: 'group:reds', role, scope: '*' });
    const eve = api.as('user:eve');
    const tries = async () => [
      (await eve('POST', '/assignments', { principal: 'user:rob', role, scope: '*' })).status,
      (await eve('PATCH', '/members/rob', { groups: ['reds'] })).status,
      (await eve('POST', '/policies', { ...asking, roles: [role] })).status,
    ];
    expect(await tries()).toEqual([403, 403, 403]);
    await api.admin('PATCH', '/members/eve', { attributes: { team: 'red' } });
    expect(await tries()).toEqual([201, 200, 201]);
    await api.admin('PATCH', '/members/eve', { attributes: { team: 'blue' } });
    await api.admin('PATCH', '/members/rob', { groups: [] });
    expect(await tries()).toEqual([403, 403, 403]);
  });
});

describe('a role that is deleted with all its uses', () => {
  test('takes nobody’s token unless its deleter could revoke that alone', async () => {
    await api.grant('cas', iam);
    await api.admin('POST', '/roles', { id: 'token-role', permissions: [] });
    const allow = { effect: 'allow', resources: ['secrets'], scopes: ['*'], actions: ['read'], roles: ['token-role'] };
    await api.admin('POST', '/policies', { ...allow, id: 'token-policy' });
    const token = (await api.admin('POST', '/tokens', { name: 't', role: 'token-role', scope: '*', expiresAt: expiresAt() })).json;
    const cas = api.as('user:cas');
    expect((await cas('DELETE', '/roles/token-role?cascade=true')).status).toBe(403);
    expect((await api.withToken(token.token)('GET', '/permissions')).status).toBe(200);
    expect((await api.admin('GET', '/policies/token-policy')).json.roles).toEqual(['token-role']);
    expect((await api.admin('DELETE', '/roles/token-role?cascade=true')).status).toBe(204);
    expect((await api.withToken(token.token)('GET', '/permissions')).status).toBe(401);
  });

  test('weighs a token at its own scope, where the policies have gone before', async () => {
    await api.grant('cat', [...iam, 'apps:*:read']);
    await api.grant('dan', [...iam, 'apps:support:read']);
    await api.admin('POST', '/roles', { id: 'small', permissions: ['apps:research:read'] });
    await api.admin('POST', '/tokens', { name: 't', role: 'small', scope: 'research', expiresAt: expiresAt() });
    expect((await api.as('user:dan')('DELETE', '/roles/small?cascade=true')).status).toBe(403);
    expect((await api.as('user:cat')('DELETE', '/roles/small?cascade=true')).status).toBe(204);
  });

  test('is not detached from a policy by who could not detach it alone', async () => {
    await api.grant('det', iam);
    for (const effect of ['allow', 'deny']) {
      await api.admin('POST', '/roles', { id: `has-${effect}`, permissions: [] });
      const policy = { effect, resources: ['secrets'], scopes: ['*'], actions: ['read'], roles: [`has-${effect}`] };
      await api.admin('POST', '/policies', { ...policy, id: `of-${effect}` });
      expect((await api.as('user:det')('PUT', `/policies/of-${effect}`, { ...policy, roles: [] })).status).toBe(403);
      expect((await api.as('user:det')('DELETE', `/roles/has-${effect}?cascade=true`)).status).toBe(403);
    }
  });
});
