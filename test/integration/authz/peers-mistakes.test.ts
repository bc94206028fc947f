import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Conditions, Policy, Role } from '../../../functions/authz/domain/model.ts';
import type { DecisionInputs } from '../../../functions/shared/kernel/decision.ts';
import type { Principal } from '../../../functions/shared/kernel/principal.ts';
import { everywhere, type Scope } from '../../../functions/shared/kernel/scope.ts';
import { type AuthzApi, authzApi } from '../../support/authz-api.ts';
import { ask } from '../../support/authz-engine.ts';

let api: AuthzApi;
beforeAll(async () => {
  api = await authzApi();
});
afterAll(() => api.close());

const reader: Role = { id: 'r', permissions: ['apps:*:read', 'apps:*:write'] };
const policy = (more: Partial<Policy>): Policy => ({
  id: 'p',
  effect: 'deny',
  resources: ['apps'],
  scopes: [everywhere],
  actions: ['read'],
  roles: ['r'],
  ...more,
});
const asked = (policies: readonly Policy[], inputs: DecisionInputs = {}, role = reader, action = 'read'): boolean => {
  const assignments = [{ id: 'a', principal: 'user:u' as Principal, role: 'r', scope: 'w' as Scope }];
  return ask({ roles: [role], policies: [...policies], assignments }, ['apps', 'w/x', action], inputs).allowed;
};

describe('what peers get wrong is denied', () => {
  test('a new line or a separator inside a name', async () => {
    for (const permission of [
      'apps:support\n:read',
      'apps:support:read\n',
      'apps:sup:port:read',
      'apps:support,research:read',
      'apps:support::read',
    ]) {
      expect((await api.admin('POST', '/authz/check', { permission })).status).toBe(422);
      expect((await api.admin('POST', '/roles', { permissions: [permission] })).status).toBe(422);
    }
    for (const principal of ['user:ada\n', 'user:ada:x', 'user:ada,user:bob', 'user:ada user:bob', 'user:']) {
      expect((await api.admin('POST', '/authz/check', { principal, permission: 'apps:support:read' })).status).toBe(422);
      expect((await api.admin('POST', '/assignments', { principal, role: 'viewer', scope: '*' })).status).toBe(422);
    }
  });

  test('`Deny` in another case: it is no effect, neither a deny that is passed over nor an allow', async () => {
    await api.admin('POST', '/roles', { id: 'cased', permissions: ['apps:*:read'] });
    for (const effect of ['Deny', 'DENY', 'deny ', 'Allow', '']) {
      const body = { effect, resources: ['apps'], scopes: ['*'], actions: ['read'], roles: ['cased'] };
      expect((await api.admin('POST', '/policies', body)).status).toBe(422);
    }
  });

  test('a subject named like a role, a group or another kind of subject', async () => {
    await api.admin('POST', '/assignments', { principal: 'group:admin', role: 'viewer', scope: '*' });
    await api.admin('POST', '/assignments', { principal: 'user:twin', role: 'viewer', scope: '*' });
    for (const principal of ['user:admin', 'user:viewer', 'token:twin', 'service:twin', 'group:twin', 'service:admin']) {
      expect((await api.admin('POST', '/authz/check', { principal, permission: 'apps:support:read' })).json.allowed).toBe(false);
    }
  });

  test('`..`, `.` and empty segments in a scope', async () => {
    await api.grant('pat', ['apps:support/bot:read'], '*');
    for (const scope of [
      'support/bot/..',
      'support//bot',
      'support/./bot',
      '/support',
      'support/',
      '../support',
      'research/../support',
      '',
    ]) {
      const body = { principal: 'user:pat', permission: `apps:${scope}:read` };
      expect((await api.admin('POST', '/authz/check', body)).status).toBe(422);
      expect((await api.admin('POST', '/assignments', { principal: 'user:pat', role: 'viewer', scope })).status).toBe(422);
    }
  });

  test('an undefined attribute does not match an undefined value, an inherited one or an empty one', () => {
    const needs = (attributes: Record<string, readonly string[]>) => [policy({ effect: 'allow', conditions: { attributes } })];
    const bare = { id: 'r', permissions: [] };
    expect(asked(needs({ team: ['red'] }), { attributes: { team: 'red' } }, bare)).toBe(true);
    expect(asked(needs({ team: ['red'] }), {}, bare)).toBe(false);
    expect(asked(needs({ team: [undefined as never] }), {}, bare)).toBe(false);
    expect(asked(needs({ team: [undefined as never] }), { attributes: {} }, bare)).toBe(false);
    expect(asked(needs({ team: ['undefined'] }), { attributes: {} }, bare)).toBe(false);
    expect(asked(needs({ constructor: ['x'], toString: ['x'] }), { attributes: {} }, bare)).toBe(false);
    expect(asked(needs({ team: [] }), { attributes: { team: 'red' } }, bare)).toBe(false);
  });

  test('a deny listed before its allow, and behind it', () => {
    const allow = policy({ id: 'z-allow', effect: 'allow' });
    const deny = policy({ id: 'a-deny' });
    expect(asked([deny, allow])).toBe(false);
    expect(asked([allow, deny])).toBe(false);
    expect(
      asked([
        { ...deny, id: 'zz' },
        { ...allow, id: 'aa' },
      ]),
    ).toBe(false);
  });

  test('a deny whose condition fails to evaluate', () => {
    const broken: unknown[] = [
      { ip: ['not a range'] },
      { time: { zone: 'Nowhere/Land', from: '09:00' } },
      { attributes: { team: null } },
      { moon: 'full' },
      { environment: 7 },
    ];
    for (const conditions of broken) {
      const inputs = { ip: '10.0.0.1', timeMs: 0, environment: 'production', attributes: { team: 'red' } };
      expect(asked([policy({ conditions: conditions as Conditions })], inputs)).toBe(false);
    }
  });

  test('`manage` does not mean everything', () => {
    const manager = { id: 'r', permissions: ['apps:*:manage'] };
    expect(asked([], {}, manager, 'read')).toBe(true);
    expect(asked([], {}, manager, 'write')).toBe(true);
    expect(asked([], {}, manager, 'delete')).toBe(false);
    expect(asked([policy({ actions: ['write'] })], {}, manager, 'manage')).toBe(false);
  });

  test('results of a batch are not mixed up between items', async () => {
    await api.grant('bo', ['apps:support:read']);
    const questions = Array.from({ length: 300 }, (_, index) => ({
      principal: ['user:bo', 'user:nobody', 'user:ada'][index % 3],
      permission: [`apps:support:read`, 'apps:research:read', 'apps:support:write', 'secrets:support:read'][index % 4],
    }));
    const { json } = await api.admin('POST', '/authz/check-batch', { checks: questions });
    const single = await Promise.all(questions.map(async (body) => (await api.admin('POST', '/authz/check', body)).json));
    expect(json.results).toEqual(single);
    expect(new Set(json.results.map(({ allowed }: { allowed: boolean }) => allowed))).toEqual(new Set([true, false]));
  });

  test('nothing is cached under joined strings: names that join alike are answered apart', async () => {
    await api.grant('a-b', ['apps:support:read']);
    await api.grant('a', ['apps:support:write']);
    const allowed = async (principal: string, permission: string) =>
      (await api.admin('POST', '/authz/check', { principal, permission })).json.allowed;
    expect(await allowed('user:a-b', 'apps:support:read')).toBe(true);
    expect(await allowed('user:a', 'apps:support:read')).toBe(false);
    expect(await allowed('user:a-b', 'apps:support:write')).toBe(false);
    expect(await allowed('group:a', 'apps:support:write')).toBe(false);
    const globex = api.as('user:a', { org: 'globex' as never });
    expect((await globex('POST', '/v1/orgs/globex/authz/check', { permission: 'apps:support:write' })).json.allowed).toBe(false);
  });
});
