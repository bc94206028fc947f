// Renames a workspace, or changes which environments it has.
import type * as z from 'zod';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import type { StoredWorkspace } from '../ports.ts';
import type { workspacePatch } from '../schemas.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';
import { changesBetween, matchVersion, nextVersion } from './edit.ts';

export const updateWorkspace = async (
  { commit, workspaces }: AuthzDependencies,
  call: Call<{ workspace: string }, object, z.infer<typeof workspacePatch>, StoredWorkspace>,
): Promise<Answer<StoredWorkspace>> => {
  const { located: before, body } = call;
  matchVersion(call, before);
  const { name = before.name, environments = before.environments } = body;
  const after: StoredWorkspace = { id: before.id, name, environments, version: nextVersion(before) };
  await commit(call, [workspaces.put(call.org, after, before.version)], {
    type: 'resource.updated',
    action: 'update-workspace',
    workspace: before.id,
    resource: { type: 'workspace', id: before.id, scope: before.id },
    changes: changesBetween(before, after, ['name', 'environments']),
  });
  return ok(after, after.version);
};
