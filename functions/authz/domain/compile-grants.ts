// Grants compiled for the engine: roles once, principals from their assignments, each cell of a scope and a permission when it is first asked for.
import type { Decision, Match } from '../../shared/kernel/decision.ts';
import type { Action, Resource } from '../../shared/kernel/permission.ts';
import { parsePermission } from '../../shared/kernel/permission.ts';
import { covers, everywhere, intersect, type Scope } from '../../shared/kernel/scope.ts';
import { compileConditions, type Test } from './conditions.ts';
import type { Conditions, Effect, Policy, Role } from './model.ts';
import { allowedNumbers, deniedNumbers, permissionCount } from './permission-numbers.ts';

/** One permission of a role, or one of a policy attached to it. */
export interface RoleGrant {
  readonly effect: Effect;
  readonly resource: Resource | '*';
  readonly action: Action | '*';
  readonly scope: Scope;
  /** The permission as it was written. */
  readonly permission: string;
  readonly role: string;
  readonly policy?: string;
  readonly conditions?: Conditions;
  readonly unless?: Conditions;
  readonly test?: Test;
  readonly unlessTest?: Test;
  /** Which permission numbers it bears on. */
  readonly numbers: ReadonlySet<number>;
}

export interface CompiledRole {
  readonly id: string;
  readonly grants: readonly RoleGrant[];
}

/** A role as a principal holds it, through an assignment or a token. */
export interface HeldRole {
  readonly role: CompiledRole;
  readonly assignment: string;
  readonly scope: Scope;
  /** Infinity without an end. */
  readonly expiresAtMs: number;
}

/** A grant of a principal at the intersection of both scopes. */
export interface Grant {
  readonly of: RoleGrant;
  readonly scope: Scope;
  readonly expiresAtMs: number;
  readonly match: Match;
}

/** All grants that bear on one permission at one scope: the scope's own and those of the scopes above it. */
export interface Cell {
  readonly grants: readonly Grant[];
  /** The answer where neither time nor inputs can change it. */
  readonly settled: Decision | undefined;
}

/** What is granted at exactly one scope. */
export interface Row {
  readonly scope: Scope;
  readonly grants: readonly Grant[];
  /** The nearest row above. */
  readonly above: Row | undefined;
  /** By permission number, filled when asked for; null: nothing bears on it here or above. */
  readonly cells: (Cell | null | undefined)[];
}

/** A check looks at the rows of one path of the tree, so its cost does not grow with what is granted elsewhere. */
export interface CompiledGrants {
  readonly held: readonly HeldRole[];
  readonly rows: ReadonlyMap<Scope, Row>;
}

/** @returns the permission numbers that a grant bears on */
const numbersOf = (effect: Effect, resource: Resource | '*', action: Action | '*'): ReadonlySet<number> =>
  new Set(effect === 'allow' ? allowedNumbers(resource, action) : deniedNumbers(resource, action));

const rolePermission = (role: string, permission: string): RoleGrant => {
  const { resource, scope, action } = parsePermission(permission);
  return { effect: 'allow', resource, scope, action, permission, role, numbers: numbersOf('allow', resource, action) };
};

const policyGrants = (role: string, policy: Policy): RoleGrant[] => {
  const { effect, conditions } = policy;
  const unless = effect === 'deny' ? policy.unless : undefined;
  const test = compileConditions(conditions);
  const unlessTest = compileConditions(unless);
  const common = {
    effect,
    role,
    policy: policy.id,
    ...(test === undefined || conditions === undefined ? {} : { test, conditions }),
    ...(unlessTest === undefined || unless === undefined ? {} : { unlessTest, unless }),
  };
  return policy.resources.flatMap((resource) =>
    policy.scopes.flatMap((scope) =>
      policy.actions.map((action): RoleGrant => {
        const permission = `${resource}:${scope}:${action}`;
        return { ...common, resource, scope, action, permission, numbers: numbersOf(effect, resource, action) };
      }),
    ),
  );
};

/** @param policies those attached to the role; others are left out */
export const compileRole = (role: Role, policies: readonly Policy[]): CompiledRole => ({
  id: role.id,
  grants: [
    ...role.permissions.map((permission) => rolePermission(role.id, permission)),
    ...policies.filter((policy) => policy.roles.includes(role.id)).flatMap((policy) => policyGrants(role.id, policy)),
  ],
});

/** @returns the grant of a held role, or undefined where its scope and the assignment's do not meet */
export const grantOf = (of: RoleGrant, held: HeldRole): Grant | undefined => {
  const scope = intersect(of.scope, held.scope);
  if (scope === undefined) return undefined;
  const { role, permission, policy } = of;
  const match: Match = { role, ...(policy === undefined ? {} : { policy }), permission, assignment: held.assignment };
  return { of, scope, expiresAtMs: held.expiresAtMs, match };
};

/** @returns the scope that contains this one, undefined above `*` */
const above = (scope: Scope): Scope | undefined => {
  if (scope === everywhere) return undefined;
  const slash = scope.lastIndexOf('/');
  return slash < 0 ? everywhere : (scope.slice(0, slash) as Scope);
};

const nearest = (rows: ReadonlyMap<Scope, Row>, from: Scope | undefined): Row | undefined => {
  for (let at = from; at !== undefined; at = above(at)) {
    const row = rows.get(at);
    if (row !== undefined) return row;
  }
  return undefined;
};

/** @returns the row that answers for a scope: its own, or the nearest above it */
export const rowAt = ({ rows }: CompiledGrants, scope: Scope): Row | undefined => rows.get(scope) ?? nearest(rows, above(scope));

export const compileGrants = (held: readonly HeldRole[]): CompiledGrants => {
  const own = new Map<Scope, Grant[]>();
  for (const each of held) {
    for (const of of each.role.grants) {
      const grant = grantOf(of, each);
      if (grant === undefined) continue;
      const list = own.get(grant.scope);
      if (list === undefined) own.set(grant.scope, [grant]);
      else list.push(grant);
    }
  }
  const rows = new Map<Scope, Row>();
  // INVARIANT: a shorter scope comes first, so a row's nearest row above stands when it is made.
  const scopes = [...own].sort(([a], [b]) => (a === everywhere ? 0 : a.length) - (b === everywhere ? 0 : b.length));
  for (const [scope, grants] of scopes) {
    rows.set(scope, { scope, grants, above: nearest(rows, above(scope)), cells: new Array(permissionCount).fill(undefined) });
  }
  return { held, rows };
};

const before = (a: Match, b: Match): number => {
  if (a.assignment !== b.assignment) return a.assignment < b.assignment ? -1 : 1;
  if (a.role !== b.role) return a.role < b.role ? -1 : 1;
  const [aPolicy, bPolicy] = [a.policy ?? '', b.policy ?? ''];
  if (aPolicy !== bPolicy) return aPolicy < bPolicy ? -1 : 1;
  if (a.permission === b.permission) return 0;
  return a.permission < b.permission ? -1 : 1;
};

const isStatic = ({ of, expiresAtMs }: Grant): boolean =>
  of.test === undefined && of.unlessTest === undefined && expiresAtMs === Number.POSITIVE_INFINITY;

const nameOf = ({ match }: Grant): string =>
  `\`${match.permission}\` of ${match.policy === undefined ? '' : `policy \`${match.policy}\` on `}role \`${match.role}\`, assignment \`${match.assignment}\``;

/** @returns the decision of grants that all match, undefined where none of them does */
export const outcomeOf = (matching: readonly Grant[]): Decision | undefined => {
  const denies = matching.filter(({ of }) => of.effect === 'deny');
  const [deny] = denies;
  if (deny !== undefined) return { allowed: false, reason: `denied by ${nameOf(deny)}`, matched: denies.map(({ match }) => match) };
  const [allow] = matching;
  if (allow === undefined) return undefined;
  return { allowed: true, reason: `allowed by ${nameOf(allow)}`, matched: matching.map(({ match }) => match) };
};

const fillCell = (row: Row, number: number): Cell | null => {
  const grants: Grant[] = [];
  for (let at: Row | undefined = row; at !== undefined; at = at.above) {
    for (const grant of at.grants) if (grant.of.numbers.has(number)) grants.push(grant);
  }
  grants.sort((a, b) => before(a.match, b.match));
  const cell = grants.length === 0 ? null : { grants, settled: grants.every(isStatic) ? outcomeOf(grants) : undefined };
  row.cells[number] = cell;
  return cell;
};

/** @returns all that bears on a permission in a row and above it, null where nothing does */
export const cellOf = (row: Row, number: number): Cell | null => {
  const known = row.cells[number];
  return known === undefined ? fillCell(row, number) : known;
};

/** @returns whether some allow that has not ended reaches into the part of the tree at `scope` */
export const reachesInto = (grants: CompiledGrants, scope: Scope, nowMs: number): boolean =>
  grants.held.some(
    (held) =>
      nowMs < held.expiresAtMs &&
      held.role.grants.some((of) => {
        if (of.effect !== 'allow') return false;
        const meets = intersect(of.scope, held.scope);
        return meets !== undefined && (covers(meets, scope) || covers(scope, meets));
      }),
  );
