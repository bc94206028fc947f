// Assigns a role to a principal at a scope, optionally until a time.
import type * as z from 'zod';
import { type Answer, type Call, created } from '../../shared/kernel/call.ts';
import { alreadyExists, type FieldError, invalid } from '../../shared/kernel/errors.ts';
import type { OrgId } from '../../shared/kernel/ids.ts';
import { type Principal, principalId, principalKind } from '../../shared/kernel/principal.ts';
import { workspaceOf } from '../../shared/kernel/scope.ts';
import { newId } from '../../shared/kernel/world.ts';
import { changesOfHeld } from '../domain/covers-grants.ts';
import type { StoredAssignment } from '../ports.ts';
import type { assignmentBody } from '../schemas.ts';
import { heldThrough, showAssignment } from './assignments.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';
import { changesBetween, demandWorkspaces } from './edit.ts';

type AssignCall = Call<object, object, z.infer<typeof assignmentBody>>;

export const createAssignment = async (dependencies: AuthzDependencies, call: AssignCall): Promise<Answer> => {
  const { changeAccess, assignments, workspaces, model, world } = dependencies;
  const { id = newId(world), principal, role, scope, expiresAt } = call.body;
  const expiresAtMs = expiresAt === undefined ? undefined : Date.parse(expiresAt);
  const assignment = await changeAccess(call, async (snapshot, nowMs) => {
    const taken = await assignments.get(call.org, id);
    if (taken !== undefined) throw alreadyExists('assignment');
    const faults: FieldError[] = [];
    const roleGeneration = snapshot.generation(role);
    if (roleGeneration === undefined) faults.push({ pointer: '/role', detail: 'there is no such role' });
    if (expiresAtMs !== undefined && expiresAtMs <= nowMs) faults.push({ pointer: '/expiresAt', detail: 'this time is over' });
    if (!(await mayBeAssigned(dependencies, call.org, principal)))
      faults.push({ pointer: '/principal', detail: 'there is no such principal' });
    if (faults.length > 0 || roleGeneration === undefined) throw invalid(...faults);
    await demandWorkspaces(workspaces, call, [{ scope, pointer: '/scope' }]);
    const made: StoredAssignment = {
      id,
      principal,
      role,
      roleGeneration,
      scope,
      ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
      version: 1,
    };
    const workspace = workspaceOf(scope);
    return {
      writes: assignments.put(call.org, made),
      events: [
        {
          type: 'admin.role_changed',
          action: 'create-assignment',
          ...(workspace === undefined ? {} : { workspace }),
          resource: { type: 'assignment', id, scope },
          changes: changesBetween(undefined, showAssignment(made), ['principal', 'role', 'scope', 'expiresAt']),
        },
      ],
      changes: model.isLive(snapshot, made) ? changesOfHeld(heldThrough(snapshot, made), 'add', nowMs) : [],
      mayClose: { putsAssignment: made },
      result: made,
    };
  });
  return created(showAssignment(assignment), `/v1/orgs/${call.org}/assignments/${id}`, assignment.version);
};

/** Members may be assigned before they come; ids that were removed, and tokens that are not there, never. */
export const mayBeAssigned = async (
  { members, tokens }: Pick<AuthzDependencies, 'members' | 'tokens'>,
  org: OrgId,
  principal: Principal,
): Promise<boolean> => {
  const kind = principalKind(principal);
  const id = principalId(principal);
  if (kind === 'token') return (await tokens.get(org, id)) !== undefined;
  return kind !== 'user' || (await members.lookUp(org, id)) !== 'removed';
};
