// Takes a role from a principal; never the last way in.
import { type Answer, type Call, noContent } from '../../shared/kernel/call.ts';
import { notFound } from '../../shared/kernel/errors.ts';
import { workspaceOf } from '../../shared/kernel/scope.ts';
import { changesOfHeld } from '../domain/covers-grants.ts';
import type { StoredAssignment } from '../ports.ts';
import { heldThrough, showAssignment } from './assignments.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';
import { changesBetween, matchVersion } from './edit.ts';

export const deleteAssignment = async (
  { changeAccess, assignments, model }: AuthzDependencies,
  call: Call<{ assignment: string }, object, unknown, StoredAssignment>,
): Promise<Answer<never>> => {
  await changeAccess(call, async (snapshot, nowMs) => {
    const found = await assignments.get(call.org, call.located.id);
    if (found === undefined || !model.isLive(snapshot, found)) throw notFound();
    matchVersion(call, found);
    const workspace = workspaceOf(found.scope);
    return {
      writes: assignments.delete(call.org, found),
      events: [
        {
          type: 'admin.role_changed',
          action: 'delete-assignment',
          ...(workspace === undefined ? {} : { workspace }),
          resource: { type: 'assignment', id: found.id, scope: found.scope },
          changes: changesBetween(showAssignment(found), undefined, ['principal', 'role', 'scope', 'expiresAt']),
        },
      ],
      changes: changesOfHeld(heldThrough(snapshot, found), 'take', nowMs),
      mayClose: { deletesAssignment: found },
      result: undefined,
    };
  });
  return noContent();
};
