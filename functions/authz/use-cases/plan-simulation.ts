// A proposed change, held to what the real writes are held to: references that exist, built-in roles untouched, ids that are free.
import { AppError, alreadyExists, type FieldError, invalid } from '../../shared/kernel/errors.ts';
import type { OrgId } from '../../shared/kernel/ids.ts';
import { newId } from '../../shared/kernel/world.ts';
import { builtInRole } from '../domain/built-in-roles.ts';
import type { StoredAssignment, StoredPolicy, StoredRole } from '../ports.ts';
import type { SimulatedChange } from '../schemas-usage.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';
import { mayBeAssigned } from './create-assignment.ts';
import { scopesOf } from './create-role.ts';
import { demandWorkspaces } from './edit.ts';
import { builtInGeneration, type Snapshot } from './load-access.ts';
import type { ModelChange } from './overlay-model.ts';
import { demandCustomRoles, scopesOfPolicy } from './policies.ts';
import { builtInRefusal } from './replace-role.ts';

/** Faults of one part of the change, at its place in the body. */
const under = async <T>(pointer: string, check: () => T | Promise<T>): Promise<T> => {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof AppError) || error.errors === undefined) throw error;
    throw invalid(...error.errors.map((fault): FieldError => ({ ...fault, pointer: `${pointer}${fault.pointer}` })));
  }
};

const missing = (name: string, what: string): AppError => invalid({ pointer: `/change/${name}`, detail: `there is no such ${what}` });

const demandSeparate = ({ putRole, deleteRole, putPolicy, deletePolicy }: SimulatedChange): void => {
  const faults: FieldError[] = [];
  const detail = 'this is put and deleted at once';
  if (putRole !== undefined && putRole.id === deleteRole) faults.push({ pointer: '/change/deleteRole', detail });
  if (putPolicy !== undefined && putPolicy.id === deletePolicy) faults.push({ pointer: '/change/deletePolicy', detail });
  if (faults.length > 0) throw invalid(...faults);
};

const planRole = (snapshot: Snapshot, put: SimulatedChange['putRole']): StoredRole | undefined => {
  if (put === undefined) return undefined;
  if (builtInRole(put.id) !== undefined) throw builtInRefusal();
  const before = snapshot.roles.get(put.id);
  const { id, name = id, description, permissions } = put;
  return { id, name, description, permissions, generation: before?.generation ?? newGeneration, version: before?.version ?? 1 };
};

/** No generation that is stored: what was assigned to an earlier role of that id does not come back to life. */
const newGeneration = 'simulated';

const leftOf = <T>(items: ReadonlyMap<string, T>, gone: string | undefined): Map<string, T> =>
  new Map([...items].filter(([id]) => id !== gone));

const planPolicy = (snapshot: Snapshot, put: SimulatedChange['putPolicy']): StoredPolicy | undefined => {
  if (put === undefined) return undefined;
  const { version: _, id, name = id, ...rest } = put;
  return { id, name, ...rest, version: snapshot.policies.get(id)?.version ?? 1 };
};

const demandDeletions = async (
  { assignments }: AuthzDependencies,
  org: OrgId,
  snapshot: Snapshot,
  { deleteRole, deletePolicy, deleteAssignment }: SimulatedChange,
): Promise<void> => {
  if (deleteRole !== undefined && builtInRole(deleteRole) !== undefined) throw builtInRefusal();
  if (deleteRole !== undefined && !snapshot.roles.has(deleteRole)) throw missing('deleteRole', 'role');
  if (deletePolicy !== undefined && !snapshot.policies.has(deletePolicy)) throw missing('deletePolicy', 'policy');
  if (deleteAssignment !== undefined && (await assignments.get(org, deleteAssignment)) === undefined) {
    throw missing('deleteAssignment', 'assignment');
  }
};

/** @throws AppError `validation-failed`, `conflict` and `already-exists` where the real write would; nothing is written */
export const planSimulation = async (
  dependencies: AuthzDependencies,
  org: OrgId,
  snapshot: Snapshot,
  change: SimulatedChange,
): Promise<ModelChange> => {
  const { workspaces, assignments, world } = dependencies;
  demandSeparate(change);
  await demandDeletions(dependencies, org, snapshot, change);
  const { deleteRole, deletePolicy, deleteAssignment } = change;
  const putRole = planRole(snapshot, change.putRole);
  const putPolicy = planPolicy(snapshot, change.putPolicy);
  if (putRole !== undefined) {
    await under('/change/putRole', () => demandWorkspaces(workspaces, { org }, scopesOf(putRole.permissions)));
  }
  const roles = leftOf(snapshot.roles, deleteRole);
  if (putRole !== undefined) roles.set(putRole.id, putRole);
  if (putPolicy !== undefined) {
    await under('/change/putPolicy', async () => {
      demandCustomRoles({ ...snapshot, roles }, putPolicy);
      await demandWorkspaces(workspaces, { org }, scopesOfPolicy({ scopes: [...putPolicy.scopes] }));
    });
  }
  return { putRole, deleteRole, putPolicy, deletePolicy, deleteAssignment, putAssignment: await planAssignment() };

  async function planAssignment(): Promise<StoredAssignment | undefined> {
    const put = change.putAssignment;
    if (put === undefined) return undefined;
    const { id = newId(world), principal, role, scope, expiresAt } = put;
    const expiresAtMs = expiresAt === undefined ? undefined : Date.parse(expiresAt);
    const roleGeneration = builtInRole(role) === undefined ? roles.get(role)?.generation : builtInGeneration;
    const faults: FieldError[] = [];
    const at = '/change/putAssignment';
    if (id !== deleteAssignment && (await assignments.get(org, id)) !== undefined) throw alreadyExists('assignment');
    if (roleGeneration === undefined) faults.push({ pointer: `${at}/role`, detail: 'there is no such role' });
    if (expiresAtMs !== undefined && expiresAtMs <= world.nowMs()) faults.push({ pointer: `${at}/expiresAt`, detail: 'this time is over' });
    if (!(await mayBeAssigned(dependencies, org, principal)))
      faults.push({ pointer: `${at}/principal`, detail: 'there is no such principal' });
    if (faults.length > 0 || roleGeneration === undefined) throw invalid(...faults);
    await under(at, () => demandWorkspaces(workspaces, { org }, [{ scope, pointer: '/scope' }]));
    return { id, principal, role, roleGeneration, scope, ...(expiresAtMs === undefined ? {} : { expiresAtMs }), version: 1 };
  }
};
