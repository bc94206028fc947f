// Replaces a custom role: whatever that gives to or takes from whoever is assigned it, the writer must hold.
import type * as z from 'zod';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import { AppError, notFound } from '../../shared/kernel/errors.ts';
import type { StoredRole } from '../ports.ts';
import type { RoleItem, rolePut } from '../schemas.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';
import { scopesOf } from './create-role.ts';
import { changesBetween, demandWorkspaces, matchVersion, nextVersion } from './edit.ts';
import { auditedRoleFields, changesOfRole, showRole } from './roles.ts';

export const builtInRefusal = (): AppError => new AppError('conflict', 'built-in roles cannot be changed or removed');

export const replaceRole = async (
  { changeAccess, models, workspaces }: AuthzDependencies,
  call: Call<{ role: string }, object, z.infer<typeof rolePut>, RoleItem>,
): Promise<Answer<RoleItem>> => {
  const { body, located } = call;
  if (located.builtIn) throw builtInRefusal();
  const role = await changeAccess(call, async (snapshot, nowMs) => {
    const before = snapshot.roles.get(located.id);
    if (before === undefined) throw notFound();
    matchVersion(call, before);
    await demandWorkspaces(workspaces, call, scopesOf(body.permissions));
    const { name = before.id, description, permissions } = body;
    const after: StoredRole = { ...before, name, description, permissions, version: nextVersion(before) };
    return {
      writes: [models.putRole(call.org, after, before.version)],
      events: [
        {
          type: 'admin.role_changed',
          action: 'replace-role',
          resource: { type: 'role', id: before.id },
          changes: changesBetween(before, after, auditedRoleFields),
        },
      ],
      changes: changesOfRole(before, after, nowMs),
      result: after,
    };
  });
  return ok(showRole(role), role.version);
};
