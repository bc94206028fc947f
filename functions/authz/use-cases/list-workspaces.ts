// Lists the workspaces that the caller may read.
import type { Call } from '../../shared/kernel/call.ts';
import { scopeOf } from '../../shared/kernel/scope.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';
import { listPage } from './list-page.ts';

export const listWorkspaces = async (
  { workspaces, cursors }: AuthzDependencies,
  call: Call<object, { limit: number; cursor?: string | undefined }>,
) =>
  listPage(cursors, call, 'workspaces', (limit, after) => workspaces.list(call.org, { limit, after }), {
    keep: ({ id }) => call.access.decide('workspace', scopeOf(id), 'read').allowed,
    show: (workspace) => ({ ...workspace, environments: [...workspace.environments] }),
  });
