// Creates a custom role, out of what its author holds.
import type * as z from 'zod';
import { type Answer, type Call, created } from '../../shared/kernel/call.ts';
import { alreadyExists } from '../../shared/kernel/errors.ts';
import { parsePermission } from '../../shared/kernel/permission.ts';
import { newId } from '../../shared/kernel/world.ts';
import type { StoredRole } from '../ports.ts';
import type { RoleItem, roleBody } from '../schemas.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';
import { changesBetween, demandWorkspaces } from './edit.ts';
import { auditedRoleFields, changesOfRole, findRole, showRole } from './roles.ts';

type Body = z.infer<typeof roleBody>;

export const createRole = async (
  { changeAccess, models, workspaces, world }: AuthzDependencies,
  call: Call<object, object, Body>,
): Promise<Answer<RoleItem>> => {
  const { body } = call;
  const id = body.id ?? newId(world);
  const { name = id, description, permissions } = body;
  const role: StoredRole = { id, name, description, permissions, generation: newId(world), version: 1 };
  await changeAccess(call, async (snapshot, nowMs) => {
    if (findRole(snapshot, id) !== undefined) throw alreadyExists('role');
    await demandWorkspaces(workspaces, call, scopesOf(permissions));
    return {
      writes: [models.putRole(call.org, role, 'new')],
      events: [
        {
          type: 'admin.role_changed',
          action: 'create-role',
          resource: { type: 'role', id },
          changes: changesBetween(undefined, role, auditedRoleFields),
        },
      ],
      changes: changesOfRole(undefined, role, nowMs),
      result: undefined,
    };
  });
  return created(showRole(role), `/v1/orgs/${call.org}/roles/${id}`, role.version);
};

/** The scopes that permissions name, each with the pointer to it. */
export const scopesOf = (permissions: readonly string[]) =>
  permissions.map((text, index) => ({ scope: parsePermission(text).scope, pointer: `/permissions/${index}` }));
