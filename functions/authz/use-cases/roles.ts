// Roles as callers see them, built-in and custom.

import { type BuiltInRole, builtInRole, builtInRoles } from '../domain/built-in-roles.ts';
import { compileRole } from '../domain/compile-grants.ts';
import { type AccessChange, changesOfEdit, type Edited } from '../domain/covers-grants.ts';
import type { StoredRole } from '../ports.ts';
import type { RoleItem } from '../schemas.ts';
import type { Snapshot } from './load-access.ts';

export const showRole = ({ id, name, description, permissions, version }: StoredRole): RoleItem => ({
  id,
  name,
  description,
  permissions: [...permissions],
  builtIn: false,
  version,
});

const showBuiltIn = ({ id, name, description, permissions }: BuiltInRole): RoleItem => ({
  id,
  name,
  description,
  permissions: [...permissions],
  builtIn: true,
  version: 1,
});

/** @returns the role of that id, undefined for none */
export const findRole = (snapshot: Snapshot, id: string): RoleItem | undefined => {
  const builtIn = builtInRole(id);
  if (builtIn !== undefined) return showBuiltIn(builtIn);
  const role = snapshot.roles.get(id);
  return role && showRole(role);
};

/** @returns all roles in the order of their ids */
export const allRoles = (snapshot: Snapshot): RoleItem[] =>
  [...builtInRoles.map(showBuiltIn), ...[...snapshot.roles.values()].map(showRole)].sort((a, b) => (a.id < b.id ? -1 : 1));

/** @returns what an edit of a role's own permissions changes, wherever it may be assigned */
export const changesOfRole = (before: StoredRole | undefined, after: StoredRole | undefined, nowMs: number): AccessChange[] => {
  const edited = (role: StoredRole | undefined): Edited =>
    role === undefined ? { grants: [], roles: [] } : { grants: compileRole(role, []).grants, roles: [role.id] };
  return changesOfEdit(edited(before), edited(after), nowMs);
};

export const auditedRoleFields = ['name', 'description', 'permissions'] as const;
