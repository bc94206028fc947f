import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CompiledRole, compileGrants, compileRole } from '../../../functions/authz/domain/compile-grants.ts';
import { decidePermission } from '../../../functions/authz/domain/decide.ts';
import { decideFor } from '../../../functions/authz/domain/holder.ts';
import type { Conditions, Policy } from '../../../functions/authz/domain/model.ts';
import { type Directory, type DirectoryEntry, type Holding, whoCan } from '../../../functions/authz/domain/who-can.ts';
import { parsePermission } from '../../../functions/shared/kernel/permission.ts';
import { type Principal, principal } from '../../../functions/shared/kernel/principal.ts';
import type { Scope } from '../../../functions/shared/kernel/scope.ts';

interface Given {
  readonly principal: string;
  readonly role: string;
  readonly scope: string;
  readonly expiresAtMs?: number | undefined;
}

const directoryOf = (
  roles: readonly CompiledRole[],
  given: readonly Given[],
  entries: Readonly<Record<string, DirectoryEntry>>,
): Directory => {
  const holdings = new Map<string, Map<Scope, Holding[]>>();
  for (const [index, { principal: who, role: id, scope, expiresAtMs = Number.POSITIVE_INFINITY }] of given.entries()) {
    const role = roles.find((each) => each.id === id);
    if (role === undefined) continue;
    const ofRole = holdings.get(id) ?? new Map<Scope, Holding[]>();
    holdings.set(id, ofRole);
    const at = scope as Scope;
    const list = ofRole.get(at) ?? [];
    ofRole.set(at, list);
    list.push({ principal: principal.parse(who), held: { role, assignment: `a-${index}`, scope: at, expiresAtMs } });
  }
  const members = new Map<Principal, Principal[]>();
  for (const [who, { groups = [] }] of Object.entries(entries)) {
    for (const group of groups) members.set(group, [...(members.get(group) ?? []), who as Principal]);
  }
  return { roles, holdings, entries: new Map(Object.entries(entries)) as Map<Principal, DirectoryEntry>, members, maxTokenChain: 8 };
};

const team = principal.parse('group:team');
const timeMs = 1_000;

describe('who-can', () => {
  const users = ['user:a', 'user:b', 'user:c', 'group:team', 'service:s', 'token:t'];
  const scopes = ['*', 'w', 'w/x', 'w/x/y', 'w2', 'v'];
  const permissions = ['apps:*:read', 'apps:w:manage', '*:*:*', '*:w/x:read', 'secrets:*:*', 'apps:w/x/y:write'];
  const conditions = fc.constantFrom<Conditions | undefined>(undefined, { environment: ['production'] }, { attributes: { team: ['red'] } });
  const roles = fc.array(fc.array(fc.constantFrom(...permissions), { maxLength: 3 }), { minLength: 1, maxLength: 3 });
  const policies = fc.array(
    fc.record({
      effect: fc.constantFrom<Policy['effect']>('allow', 'deny'),
      scope: fc.constantFrom(...scopes),
      role: fc.nat(2),
      conditions,
    }),
    { maxLength: 3 },
  );
  const given = fc.array(
    fc.record({
      principal: fc.constantFrom(...users),
      role: fc.nat(2).map((index) => `role-${index}`),
      scope: fc.constantFrom(...scopes),
      expiresAtMs: fc.constantFrom(undefined, undefined, timeMs, timeMs + 1),
    }),
    { maxLength: 8 },
  );
  const entries = fc.constantFrom<Record<string, DirectoryEntry>>(
    {},
    { 'user:a': { groups: [team] }, 'token:t': { creator: 'user:a' as Principal, expiresAtMs: 2_000 } },
    { 'user:a': { groups: [team], attributes: { team: 'red' } }, 'user:b': { inactive: 'the member is suspended', groups: [] } },
    { 'token:t': { creator: 'user:b' as Principal, expiresAtMs: timeMs }, 'user:b': { groups: [team] } },
  );
  const asked = fc.tuple(fc.constantFrom('apps', 'secrets', '*'), fc.constantFrom(...scopes), fc.constantFrom('read', 'write', '*'));

  test('lists exactly those that a check of everybody says yes to, with the same reasons', () => {
    fc.assert(
      fc.property(roles, policies, given, entries, asked, (rolesGiven, policiesGiven, held, known, [resource, at, action]) => {
        const all: Policy[] = policiesGiven.map(({ effect, scope, role, conditions: when }, index) => ({
          id: `policy-${index}`,
          effect,
          resources: ['apps'],
          scopes: [scope as Scope],
          actions: ['read', 'write'],
          roles: [`role-${role}`],
          conditions: when,
        }));
        const compiled = rolesGiven.map((own, index) => compileRole({ id: `role-${index}`, permissions: own }, all));
        const directory = directoryOf(compiled, held, known);
        const permission = parsePermission(`${resource}:${at}:${action}`);
        const inputs = { timeMs, environment: 'production' };
        const rolesHeldBy = (who: string) =>
          held.flatMap((each, index) => {
            const role = compiled.find(({ id }) => id === each.role);
            const expiresAtMs = each.expiresAtMs ?? Number.POSITIVE_INFINITY;
            return each.principal === who && role ? [{ role, assignment: `a-${index}`, scope: each.scope as Scope, expiresAtMs }] : [];
          });
        const holderOf = (who: string): Parameters<typeof decideFor>[0] => {
          const entry = known[who];
          if (who.startsWith('token:') && entry?.creator === undefined) {
            return { principal: who as Principal, grants: compileGrants([]), inactive: 'the token was revoked' };
          }
          const { inactive, groups = [], attributes, expiresAtMs, creator } = entry ?? {};
          return {
            principal: who as Principal,
            grants: compileGrants([who, ...groups].flatMap(rolesHeldBy)),
            ...(inactive === undefined ? {} : { inactive }),
            ...(attributes === undefined ? {} : { attributes }),
            ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
            ...(creator === undefined ? {} : { creator: holderOf(creator) }),
          };
        };
        const expected = users
          .toSorted()
          .map((who) => ({
            principal: who,
            decision: decidePermission(permission, (of, where, what) => decideFor(holderOf(who), of, where, what, inputs)),
          }))
          .filter(({ decision }) => decision.allowed);
        expect(whoCan(directory, permission, inputs)).toEqual(expected);
      }),
      { numRuns: 3_000 },
    );
  });

  test('answers for 10,000 principals in well under a second, whatever else they hold', () => {
    const compiled = [
      compileRole({ id: 'reader', permissions: ['apps:*:read'] }, []),
      ...Array.from({ length: 50 }, (_, index) => compileRole({ id: `other-${index}`, permissions: ['models:*:read'] }, [])),
    ];
    const held: Given[] = [];
    for (let index = 0; index < 10_000; index += 1) {
      held.push({ principal: `user:u${index}`, role: 'reader', scope: index % 2 === 0 ? '*' : 'w' });
      for (let more = 0; more < 5; more += 1) held.push({ principal: `user:u${index}`, role: `other-${(index + more) % 50}`, scope: '*' });
    }
    const directory = directoryOf(compiled, held, {});
    const permission = parsePermission('apps:w:read');
    expect(whoCan(directory, permission, { timeMs })).toHaveLength(10_000);
    const startedMs = performance.now();
    whoCan(directory, permission, { timeMs });
    const tookMs = performance.now() - startedMs;
    expect(tookMs).toBeLessThan(500);
    expect(whoCan(directory, parsePermission('secrets:w:read'), { timeMs })).toEqual([]);
  });
});
