// Policies as callers see them, and what an edit of one changes.

import { type FieldError, invalid } from '../../shared/kernel/errors.ts';
import { builtInRole } from '../domain/built-in-roles.ts';
import { compileRole, type RoleGrant } from '../domain/compile-grants.ts';
import { type AccessChange, changesOfEdit } from '../domain/covers-grants.ts';
import type { StoredPolicy } from '../ports.ts';
import type { PolicyItem } from '../schemas.ts';
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

const grantsOf = (policy: StoredPolicy | undefined): readonly RoleGrant[] => {
  if (policy === undefined) return [];
  const roles = policy.roles.length === 0 ? [unattached] : policy.roles;
  return roles.flatMap((id) => compileRole({ id, permissions: [] }, [{ ...policy, roles }]).grants);
};

export const changesOfPolicy = (before: StoredPolicy | undefined, after: StoredPolicy | undefined, nowMs: number): AccessChange[] =>
  changesOfEdit(grantsOf(before), grantsOf(after), nowMs);

/** @throws AppError `validation-failed` for roles that there are none of, and for built-in ones */
export const demandCustomRoles = (snapshot: Snapshot, roles: readonly string[]): void => {
  const faults = roles.flatMap((role, index): FieldError[] => {
    const pointer = `/roles/${index}`;
    if (builtInRole(role) !== undefined) return [{ pointer, detail: 'no policy attaches to a built-in role' }];
    return snapshot.roles.has(role) ? [] : [{ pointer, detail: 'there is no such role' }];
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
