// The last way in: who administers access whatever happens, and which denies could ever keep them from it.
import { principalKind } from '../../shared/kernel/principal.ts';
import { everywhere, intersect, type Scope } from '../../shared/kernel/scope.ts';
import { adminRole, builtInRole } from './built-in-roles.ts';
import type { Assignment, Policy } from './model.ts';
import { deniedNumbers, namedNumbers } from './permission-numbers.ts';

const iamNumbers = new Set(namedNumbers('iam', '*'));

/** @returns whether the assignment is one that keeps the way in: Admin everywhere, direct, endless, not managed by SCIM */
export const isWayIn = ({ principal, role, scope, expiresAtMs, source }: Assignment & { readonly source?: 'scim' | undefined }): boolean =>
  role === adminRole && scope === everywhere && principalKind(principal) === 'user' && expiresAtMs === undefined && source === undefined;

/** @returns whether a policy may deny something of access control itself, on some condition or on none */
export const barsAccessControl = ({ effect, resources, actions }: Pick<Policy, 'effect' | 'resources' | 'actions'>): boolean =>
  effect === 'deny' &&
  resources.some((resource) => actions.some((action) => deniedNumbers(resource, action).some((number) => iamNumbers.has(number))));

/** Where each role may deny something of access control. */
export type BarringRoles = ReadonlyMap<string, readonly Scope[]>;

export const barringRoles = (policies: Iterable<Policy>): BarringRoles => {
  const barring = new Map<string, Scope[]>();
  for (const policy of policies) {
    if (!barsAccessControl(policy)) continue;
    for (const role of policy.roles) {
      if (builtInRole(role) === undefined) barring.set(role, [...(barring.get(role) ?? []), ...policy.scopes]);
    }
  }
  return barring;
};

/** @returns whether whoever is assigned this may, now or later, be denied something of access control */
export const isBarring = (barring: BarringRoles, { role, scope, expiresAtMs }: Assignment, nowMs: number): boolean =>
  !(expiresAtMs !== undefined && expiresAtMs <= nowMs) &&
  (barring.get(role) ?? []).some((denied) => intersect(denied, scope) !== undefined);
