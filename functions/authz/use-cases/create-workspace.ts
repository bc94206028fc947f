// Creates a workspace.
import type * as z from 'zod';
import { type Answer, type Call, created } from '../../shared/kernel/call.ts';
import { environment } from '../../shared/kernel/ids.ts';
import type { StoredWorkspace } from '../ports.ts';
import type { workspaceBody } from '../schemas.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';
import { changesBetween } from './edit.ts';

export const createWorkspace = async (
  { commit, workspaces }: Pick<AuthzDependencies, 'commit' | 'workspaces'>,
  call: Call<object, object, z.infer<typeof workspaceBody>>,
): Promise<Answer<StoredWorkspace>> => {
  const { id, name = id, environments = environment.options } = call.body;
  const workspace: StoredWorkspace = { id, name, environments: [...environments], version: 1 };
  await commit(call, [workspaces.put(call.org, workspace, 'new')], {
    type: 'resource.created',
    action: 'create-workspace',
    workspace: id,
    resource: { type: 'workspace', id, scope: id },
    changes: changesBetween(undefined, workspace, ['name', 'environments']),
  });
  return created(workspace, `/v1/orgs/${call.org}/workspaces/${id}`, workspace.version);
};
