// A role compiled once for all that hold it: its permissions and those of its policies, by the scope that they name and by permission number.
import type { Action, Resource } from '../../shared/kernel/permission.ts';
import { parsePermission } from '../../shared/kernel/permission.ts';
import type { Scope } from '../../shared/kernel/scope.ts';
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

/** The grants of a role that name one scope. */
export interface GrantTable {
  readonly scope: Scope;
  /** By permission number: the grants that bear on it. */
  readonly bearing: readonly (readonly RoleGrant[] | undefined)[];
  /** By permission number; undefined where no grant bears on it. */
  readonly plain: readonly (PlainGrant | typeof several | undefined)[];
  /** Sixteen permission numbers a unit, as bits: those on which some grant bears. */
  readonly mask: readonly number[];
}

/** Permission numbers in a unit of a mask. */
export const maskBits = 16;
export const maskUnits = Math.ceil(permissionCount / maskBits);

const maskOf = (bearing: GrantTable['bearing']): readonly number[] =>
  Array.from({ length: maskUnits }, (_, unit) =>
    bearing
      .slice(unit * maskBits, (unit + 1) * maskBits)
      .reduce((bits, grants, bit) => (grants === undefined ? bits : bits | (1 << bit)), 0),
  );

/** The one grant of a table that bears on a permission, where that is an allow without conditions. */
export interface PlainGrant {
  readonly role: string;
  readonly policy: string | undefined;
  readonly permission: string;
  /** The reason of its decision, up to the assignment. */
  readonly reasonStart: string;
}

/** Stands where there is more to weigh than one {@link PlainGrant}. */
export const several = 0;

export interface CompiledRole {
  readonly id: string;
  readonly grants: readonly RoleGrant[];
  /** Its grants by the scope that they name. */
  readonly tables: readonly GrantTable[];
}

/** @returns the permission numbers that a grant bears on */
const numbersOf = (effect: Effect, resource: Resource | '*', action: Action | '*'): ReadonlySet<number> =>
  new Set(effect === 'allow' ? allowedNumbers(resource, action) : deniedNumbers(resource, action));

const rolePermission = (role: string, permission: string): RoleGrant => {
  const { resource, scope, action } = parsePermission(permission);
  return { effect: 'allow', resource, scope, action, permission, role, numbers: numbersOf('allow', resource, action) };
};

/** What a policy grants through whichever role; expanded once, however many roles it is attached to. */
const expansions = new WeakMap<Policy, readonly Omit<RoleGrant, 'role'>[]>();

const policyGrants = (role: string, policy: Policy): RoleGrant[] => {
  const known = expansions.get(policy) ?? expand(policy);
  expansions.set(policy, known);
  return known.map((grant) => ({ ...grant, role }));
};

const expand = (policy: Policy): Omit<RoleGrant, 'role'>[] => {
  const { effect, conditions } = policy;
  const unless = effect === 'deny' ? policy.unless : undefined;
  const test = compileConditions(conditions);
  const unlessTest = compileConditions(unless);
  const common = {
    effect,
    policy: policy.id,
    ...(test === undefined || conditions === undefined ? {} : { test, conditions }),
    ...(unlessTest === undefined || unless === undefined ? {} : { unlessTest, unless }),
  };
  return policy.resources.flatMap((resource) =>
    policy.scopes.flatMap((scope) =>
      policy.actions.map((action): Omit<RoleGrant, 'role'> => {
        const permission = `${resource}:${scope}:${action}`;
        return { ...common, resource, scope, action, permission, numbers: numbersOf(effect, resource, action) };
      }),
    ),
  );
};

const bearingOf = (grants: readonly RoleGrant[]): GrantTable['bearing'] => {
  const bearing: (RoleGrant[] | undefined)[] = new Array(permissionCount).fill(undefined);
  for (const grant of grants) {
    for (const number of grant.numbers) {
      const list = bearing[number];
      if (list === undefined) bearing[number] = [grant];
      else list.push(grant);
    }
  }
  return bearing;
};

/** The words before the assignment in the reason of a decision. */
export const reasonStart = ({ effect, permission, policy, role }: Pick<RoleGrant, 'effect' | 'permission' | 'policy' | 'role'>): string =>
  `${effect === 'allow' ? 'allowed' : 'denied'} by \`${permission}\` of ${policy === undefined ? '' : `policy \`${policy}\` on `}role \`${role}\`, assignment \``;

const plainOf = (bearing: readonly RoleGrant[] | undefined): PlainGrant | typeof several | undefined => {
  const only = bearing?.[0];
  if (bearing === undefined || only === undefined) return undefined;
  if (bearing.length > 1 || only.effect !== 'allow' || only.test !== undefined) return several;
  return { role: only.role, policy: only.policy, permission: only.permission, reasonStart: reasonStart(only) };
};

/** @param policies those attached to the role; others are left out */
export const compileRole = (role: Role, policies: readonly Policy[]): CompiledRole => {
  const grants = [
    ...role.permissions.map((permission) => rolePermission(role.id, permission)),
    ...policies.filter((policy) => policy.roles.includes(role.id)).flatMap((policy) => policyGrants(role.id, policy)),
  ];
  const tables = Array.from(
    Map.groupBy(grants, ({ scope }) => scope),
    ([scope, own]): GrantTable => {
      const bearing = bearingOf(own);
      return { scope, bearing, plain: bearing.map(plainOf), mask: maskOf(bearing) };
    },
  );
  return { id: role.id, grants, tables };
};
