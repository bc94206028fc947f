// Access as the search of `prove.ts` moves through it: the model, who acts, and what the actors hold in it.
import type { Principal } from '../../shared/kernel/principal.ts';
import { covers, type Scope } from '../../shared/kernel/scope.ts';
import { builtInRole, builtInRoles } from './built-in-roles.ts';
import { type CompiledGrants, type CompiledRole, compileGrants, compileRole, grantOf, type HeldRole } from './compile-grants.ts';
import { conditionsCover } from './conditions.ts';
import type { AccessChange } from './covers-grants.ts';
import type { Assignment, Policy, Role } from './model.ts';

export interface ProvableModel {
  /** Custom ones; the built-in roles are always there. */
  readonly roles: readonly Role[];
  readonly policies: readonly Policy[];
  readonly assignments: readonly Assignment[];
  /** The members of each group, named without `group:`. */
  readonly groups: Readonly<Record<string, readonly Principal[]>>;
}

/** What a search asks about: the permissions and scopes on which its answer can depend. */
export interface Relevance {
  /** Permission numbers: what is asked for, `iam:*:write`, and what the actors' denies bear on. */
  readonly numbers: ReadonlySet<number>;
  readonly scopes: readonly Scope[];
}

/** The model with its roles compiled, and all that each actor holds. */
export interface State extends ProvableModel {
  readonly compiled: ReadonlyMap<string, CompiledRole>;
  readonly grants: ReadonlyMap<Principal, CompiledGrants>;
}

export const isCustom = (role: string): boolean => builtInRole(role) === undefined;

export const heldOf = (compiled: State['compiled'], assignments: readonly Assignment[]): HeldRole[] =>
  assignments.flatMap(({ id, role: roleId, scope, expiresAtMs = Number.POSITIVE_INFINITY }) => {
    const role = compiled.get(roleId);
    return role === undefined ? [] : [{ role, assignment: id, scope, expiresAtMs }];
  });

const groupsOf = ({ groups }: ProvableModel, principal: Principal): string[] =>
  Object.entries(groups).flatMap(([group, members]) => (members.includes(principal) ? [`group:${group}`] : []));

export const stateOf = (model: ProvableModel, actors: readonly Principal[]): State => {
  const { roles, policies, assignments, groups } = model;
  const compiled = new Map<string, CompiledRole>([
    ...builtInRoles.map((role): [string, CompiledRole] => [role.id, compileRole(role, [])]),
    ...roles.map((role): [string, CompiledRole] => [role.id, compileRole(role, policies)]),
  ]);
  const grants = new Map(
    actors.map((actor) => {
      const holders = new Set<string>([actor, ...groupsOf(model, actor)]);
      const own = assignments.filter(({ principal }) => holders.has(principal));
      return [actor, compileGrants(heldOf(compiled, own))];
    }),
  );
  return { roles, policies, assignments, groups, compiled, grants };
};

/**
 * The most favourable reading: conditions of allows hold, conditional denies do not match.
 * @returns whether the holder may be allowed it, for some inputs
 */
export const mayBeAllowed = ({ held }: CompiledGrants, number: number, at: Scope, nowMs: number): boolean => {
  let allowed = false;
  for (const each of held) {
    if (nowMs >= each.expiresAtMs) continue;
    for (const of of each.role.grants) {
      if (!of.numbers.has(number)) continue;
      const grant = grantOf(of, each);
      if (grant === undefined || !covers(grant.scope, at)) continue;
      if (of.effect === 'allow') allowed = true;
      else if (of.test === undefined && of.unlessTest === undefined) return false;
    }
  }
  return allowed;
};

/** @returns whether a holder has nothing to win by this allow, in all that is relevant */
export const hasAlready = ({ held }: CompiledGrants, { grant, scope, untilMs }: AccessChange, relevance: Relevance): boolean =>
  [...grant.numbers].every(
    (number) =>
      !relevance.numbers.has(number) ||
      held.some(
        (each) =>
          untilMs <= each.expiresAtMs &&
          each.role.grants.some((of) => {
            if (of.effect !== 'allow' || !of.numbers.has(number) || !conditionsCover(of.conditions, grant.conditions)) return false;
            const own = grantOf(of, each);
            return own !== undefined && covers(own.scope, scope);
          }),
      ),
  );

const textOf = (role: CompiledRole, scope: Scope, expiresAtMs: number, { numbers }: Relevance): string[] =>
  role.grants.flatMap((of) => {
    const bears = [...of.numbers].filter((number) => numbers.has(number));
    const at = covers(of.scope, scope) ? scope : of.scope;
    if (bears.length === 0 || (at !== scope && !covers(scope, at))) return [];
    return [JSON.stringify([of.effect, bears, at, of.conditions ?? null, of.unless ?? null, expiresAtMs])];
  });

const sorted = (texts: readonly string[]): string[] => [...new Set(texts)].sort();

/**
 * States that give the actors the same grants, and leave the same in roles for them to take up, are one: what a role or assignment
 * is called, and what bears on nothing relevant, makes no difference to what can follow.
 */
export const keyOf = ({ roles, policies, compiled, grants, groups }: State, relevance: Relevance): string =>
  JSON.stringify([
    [...grants.values()].map(({ held }) =>
      sorted(held.flatMap(({ role, scope, expiresAtMs }) => textOf(role, scope, expiresAtMs, relevance))),
    ),
    roles.map(({ id }) => [id, sorted(textOf(compiled.get(id) ?? { id, grants: [], tables: [] }, '*' as Scope, 0, relevance))]),
    [...grants.values()].map(({ held }) => sorted(held.flatMap(({ role, scope }) => (isCustom(role.id) ? [`${role.id} ${scope}`] : [])))),
    policies.map((policy) => [policy.id, policy.effect, policy.roles]),
    groups,
  ]);
