import { describe, expect, test } from 'vitest';
import { builtInRoles } from '../../../functions/authz/domain/built-in-roles.ts';
import { firstUncovered } from '../../../functions/authz/domain/covers-grants.ts';
import type { Assignment, Policy, Role } from '../../../functions/authz/domain/model.ts';
import { type Proof, type ProofQuestion, prove, writersOf } from '../../../functions/authz/domain/prove.ts';
import { parsePermission } from '../../../functions/shared/kernel/permission.ts';
import { type Principal, principal } from '../../../functions/shared/kernel/principal.ts';
import { scope } from '../../../functions/shared/kernel/scope.ts';

const nowMs = Date.UTC(2026, 0, 1);
const eve = principal.parse('user:eve');
const bob = principal.parse('user:bob');

const assign = (who: Principal, role: string, at = '*', expiresAtMs?: number): Assignment => ({
  id: `${who}-${role}-${at}`,
  principal: who,
  role,
  scope: scope.parse(at),
  expiresAtMs,
});
const writer: Role = { id: 'writer', permissions: ['iam:*:write'] };
const rule = (id: string, effect: 'allow' | 'deny', permission: string, roles: string[], more: Partial<Policy> = {}): Policy => {
  const { resource, scope: at, action } = parsePermission(permission);
  return { id, effect, resources: [resource], scopes: [at], actions: [action], roles, ...more };
};

const ask = (permission: string, model: Partial<ProofQuestion['model']>, more: Partial<ProofQuestion> = {}): Proof =>
  prove({
    model: { roles: [], policies: [], assignments: [], groups: {}, ...model },
    principal: eve,
    permission: parsePermission(permission),
    nowMs,
    ...more,
  });
const answer = (...args: Parameters<typeof ask>) => ask(...args).answer;
const texts = (proof: Proof): string[] => (proof.answer === 'reachable' ? proof.steps.map(({ by, text }) => `${by} ${text}`) : []);

describe('nobody climbs with the built-in roles', () => {
  const targets = ['iam:*:write', 'iam:*:read', 'sso:*:write', 'audit:*:export', 'protection:*:write', 'models:*:manage', '*:*:*'];
  const lesser = builtInRoles.filter(({ id }) => id !== 'admin').map(({ id }) => id);
  for (const role of lesser) {
    test.each(targets)(`a ${role} never reaches %s, neither alone nor beside other ones`, (permission) => {
      const assignments = [assign(eve, role), ...lesser.map((other) => assign(bob, other))];
      expect(answer(permission, { assignments })).toBe('never');
      expect(answer(permission, { assignments }, { colluding: [bob] })).toBe('never');
    });
  }

  test('an admin of one workspace reaches nothing of another', () => {
    expect(answer('secrets:research:read', { assignments: [assign(eve, 'admin', 'support')] })).toBe('never');
    expect(answer('iam:*:write', { assignments: [assign(eve, 'admin', 'support')] })).toBe('never');
  });

  test('an admin needs no write', () => {
    expect(ask('secrets:research:read', { assignments: [assign(eve, 'admin')] })).toMatchObject({ answer: 'reachable', steps: [] });
  });
});

describe('whoever writes access, and holds little else, climbs nowhere', () => {
  const base = { roles: [writer], assignments: [assign(eve, 'writer'), assign(bob, 'admin')] };

  test.each(['secrets:*:read', 'iam:*:read', 'apps:support:read', '*:*:*'])('to %s', (permission) => {
    expect(answer(permission, base)).toBe('never');
  });

  test('beyond the scope, the conditions or the end of what it holds', () => {
    const roles = [writer, { id: 'local', permissions: ['secrets:support:read'] }];
    const local = { roles, assignments: [assign(eve, 'writer'), assign(eve, 'local')] };
    expect(answer('secrets:support/bot:read', local)).toBe('reachable');
    expect(answer('secrets:research:read', local)).toBe('never');
    expect(answer('secrets:*:read', local)).toBe('never');
  });

  test('out of its own deny, wherever that comes from', () => {
    const roles = [writer, { id: 'reader', permissions: ['secrets:*:read'] }, { id: 'walled', permissions: [] }];
    const policies = [rule('wall', 'deny', 'secrets:research:read', ['walled'])];
    for (const holder of [eve, principal.parse('group:team')]) {
      const assignments = [assign(eve, 'writer'), assign(eve, 'reader'), assign(holder, 'walled')];
      expect(answer('secrets:research:read', { roles, policies, assignments, groups: { team: [eve] } })).toBe('never');
    }
  });

  test('by a group or role that waits with more', () => {
    const roles = [writer, { id: 'spare', permissions: ['secrets:*:read'] }];
    const assignments = [assign(eve, 'writer'), assign(principal.parse('group:vault'), 'spare')];
    const policies = [rule('loose', 'allow', 'secrets:*:read', [])];
    expect(answer('secrets:*:read', { roles, policies, assignments, groups: { vault: [bob] } })).toBe('never');
  });

  test('unless somebody who holds it writes on its behalf', () => {
    const proof = ask('secrets:research:read', base, { colluding: [bob] });
    expect(proof).toMatchObject({ answer: 'reachable', steps: [{ by: bob }] });
  });

  test('and collusion of those who hold nothing of it brings nothing', () => {
    const assignments = [assign(eve, 'writer'), assign(bob, 'writer')];
    expect(answer('secrets:*:read', { roles: [writer], assignments }, { colluding: [bob] })).toBe('never');
  });

  test('where one may lift the deny that keeps the other out', () => {
    const roles = [writer, { id: 'reader', permissions: ['secrets:*:read'] }, { id: 'walled', permissions: ['secrets:*:read'] }];
    const policies = [rule('wall', 'deny', 'secrets:research:read', ['walled'])];
    const assignments = [assign(eve, 'walled'), assign(bob, 'writer'), assign(bob, 'reader')];
    expect(answer('secrets:research:read', { roles, policies, assignments })).toBe('never');
    expect(ask('secrets:research:read', { roles, policies, assignments }, { colluding: [bob] })).toMatchObject({
      answer: 'reachable',
      steps: [{ by: bob, text: expect.stringContaining('wall') }],
    });
  });
});

describe('a hole in the rule is found, with the shortest chain', () => {
  type Rule = typeof firstUncovered;
  const roles = [writer, { id: 'plain', permissions: [] }];
  const base = { roles, assignments: [assign(eve, 'writer'), assign(eve, 'plain', 'support')] };

  const leaky =
    (leak: (change: Parameters<Rule>[1][number]) => boolean): Rule =>
    (writers, changes, at) =>
      firstUncovered(
        writers,
        changes.filter((change) => !leak(change)),
        at,
      );

  test.each<[string, Rule, number]>([
    ['no rule at all', () => undefined, 1],
    ['a wildcard that counts as nothing', leaky(({ grant }) => grant.resource === '*'), 1],
    ['grants below the root that pass', leaky(({ scope: at }) => at !== '*'), 1],
    ['conditional grants that pass', leaky(({ grant }) => grant.conditions !== undefined), 1],
  ])('%s', (_, planted, steps) => {
    const policies = [rule('hint', 'allow', 'analytics:*:view', ['plain'], { conditions: { mfa: true } })];
    const proof = ask('secrets:support:read', { ...base, policies }, { rule: planted });
    expect(texts(proof)).toHaveLength(steps);
  });

  test('a role that is made by one write and taken up by another', () => {
    const proof = ask(
      'secrets:research:read',
      { roles: [writer], assignments: [assign(eve, 'writer', '*')] },
      // What is added for ever at a workspace passes; what stands at the root is weighed.
      { rule: leaky(({ scope: at, grant }) => at !== '*' && grant.resource === 'secrets') },
    );
    expect(proof.answer).toBe('reachable');
    expect(texts(proof).length).toBeLessThanOrEqual(3);
  });

  test('a deny that is lifted by a condition, though it cannot be deleted', () => {
    const walled = {
      roles: [writer, { id: 'reader', permissions: ['secrets:*:read'] }],
      policies: [rule('wall', 'deny', 'secrets:research:read', ['reader'])],
      assignments: [assign(eve, 'writer'), assign(eve, 'reader')],
    };
    const planted: Rule = (writers, changes, at) => (changes.length === 2 ? undefined : firstUncovered(writers, changes, at));
    const proof = ask('secrets:research:read', walled, { rule: planted });
    expect(texts(proof)).toEqual([expect.stringMatching(/^user:eve (adds .* to deny `wall`|turns deny `wall` into an allow)$/)]);
  });

  test('a group that takes anybody', () => {
    const vault = principal.parse('group:vault');
    const model = {
      roles: [writer, { id: 'spare', permissions: ['secrets:*:read'] }],
      assignments: [assign(eve, 'writer'), assign(vault, 'spare', 'research')],
      groups: { vault: [bob] },
    };
    const planted: Rule = (writers, changes, at) =>
      changes.length === 1 && changes[0]?.scope === 'research' && changes[0].grant.resource === 'secrets'
        ? undefined
        : firstUncovered(writers, changes, at);
    expect(texts(ask('secrets:research:read', model, { rule: planted }))).toHaveLength(1);
  });
});

describe('the bound', () => {
  const swarm = {
    roles: [writer, { id: 'reader', permissions: ['secrets:*:read', 'apps:*:*'] }, { id: 'walled', permissions: [] }],
    policies: [1, 2, 3, 4].map((n) => rule(`wall-${n}`, 'deny', 'apps:support:read', ['walled'])),
    assignments: [assign(eve, 'walled'), assign(bob, 'writer'), assign(bob, 'reader')],
  };

  test('is said when it was hit, and then nothing is claimed', () => {
    const proof = ask('sso:*:write', swarm, { colluding: [bob], bound: { steps: 12, states: 5 } });
    expect(proof).toMatchObject({ answer: 'not-within-bound', bound: { states: 5 } });
    expect(ask('sso:*:write', swarm, { colluding: [bob], bound: { steps: 1, states: 5_000 } }).answer).toBe('not-within-bound');
  });

  test('finds what lies within it', () => {
    expect(answer('secrets:research:read', swarm, { colluding: [bob], bound: { steps: 1, states: 5 } })).toBe('reachable');
  });
});

test('the principals who may write are those allowed to for some inputs', () => {
  const roles = [writer];
  const assignments = [assign(eve, 'writer', 'support'), assign(bob, 'writer'), assign(principal.parse('user:old'), 'admin', '*', nowMs)];
  const viaGroup = assign(principal.parse('group:admins'), 'admin');
  const groups = { admins: [principal.parse('user:gil')] };
  expect(writersOf({ roles, policies: [], assignments: [...assignments, viaGroup], groups }, nowMs)).toEqual([bob, 'user:gil']);
});
