// Policies as callers see them, and what an edit of one changes.

import { type FieldError, invalid } from '../../shared/kernel/errors.ts';
import { builtInRole } from '../domain/built-in-roles.ts';
import { compileRole } from '../domain/compile-grants.ts';
import { type AccessChange, changesOfEdit, type Edited } from '../domain/covers-grants.ts';
import type { StoredPolicy } from '../ports.ts';
import { expansionOf, type PolicyItem } from '../schemas.ts';
import type { Snapshot } from './load-access.ts';

export const showPolicy = ({
  id,
  name,
  description,
  effect,
  resources,
  scopes,
  actions,
  conditions,
  unless,
  roles,
  version,
}: StoredPolicy) => ({
  id,
  name,
  description,
  effect,
  resources: [...resources],
  scopes: [...scopes],
  actions: [...actions],
  ...(conditions === undefined ? {} : { conditions }),
  ...(unless === undefined ? {} : { unless }),
  roles: [...roles],
  version,
});

/** A policy that is attached to nothing is weighed as if it were: it may be attached by somebody who sees only its name. */
const unattached = '';

const editedOf = (policy: StoredPolicy | undefined): Edited => {
  if (policy === undefined) return { grants: [], roles: [] };
  const { grants } = compileRole({ id: unattached, permissions: [] }, [{ ...policy, roles: [unattached] }]);
  return { grants, roles: policy.roles.length === 0 ? [unattached] : policy.roles };
};

export const changesOfPolicy = (before: StoredPolicy | undefined, after: StoredPolicy | undefined, nowMs: number): AccessChange[] =>
  changesOfEdit(editedOf(before), editedOf(after), nowMs);

/** Permissions that all policies of one role may stand for together: a role is weighed and compiled whole. */
const maxRoleExpansion = 10_000;

/** @throws AppError `validation-failed` for roles that there are none of, built-in ones, and those whose policies grow too many */
export const demandCustomRoles = (snapshot: Pick<Snapshot, 'roles' | 'policies'>, policy: StoredPolicy): void => {
  const others = [...snapshot.policies.values()].filter(({ id }) => id !== policy.id);
  const expansions = new Map(policy.roles.map((role) => [role, expansionOf(policy)]));
  for (const other of others) {
    for (const role of other.roles) {
      const sum = expansions.get(role);
      if (sum !== undefined) expansions.set(role, sum + expansionOf(other));
    }
  }
  const faults = policy.roles.flatMap((role, index): FieldError[] => {
    const pointer = `/roles/${index}`;
    if (builtInRole(role) !== undefined) return [{ pointer, detail: 'no policy attaches to a built-in role' }];
    if (!snapshot.roles.has(role)) return [{ pointer, detail: 'there is no such role' }];
    if ((expansions.get(role) ?? 0) <= maxRoleExpansion) return [];
    return [{ pointer, detail: `the policies of this role would stand for more than ${maxRoleExpansion} permissions` }];
  });
  if (faults.length > 0) throw invalid(...faults);
};

export const scopesOfPolicy = ({ scopes }: Pick<PolicyItem, 'scopes'>) =>
  scopes.map((scope, index) => ({ scope, pointer: `/scopes/${index}` }));

export const auditedPolicyFields = [
  'name',
  'description',
  'effect',
  'resources',
  'scopes',
  'actions',
  'conditions',
  'unless',
  'roles',
] as const;
