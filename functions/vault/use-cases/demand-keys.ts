// Permission over a workspace's keys: to delete secrets anywhere, which the route asks, and to manage that workspace.
import { demand } from '../../shared/http/demand.ts';
import type { Call } from '../../shared/kernel/call.ts';
import { notFound } from '../../shared/kernel/errors.ts';
import { environment, type OrgId } from '../../shared/kernel/ids.ts';
import { everywhere, scopeOf } from '../../shared/kernel/scope.ts';

export interface KeysCallDependencies {
  readonly workspaceExists: (org: OrgId, workspace: string) => Promise<boolean>;
}

/** @throws Denied, AppError `not-found` for no such workspace */
export const demandKeys = async (
  { workspaceExists }: KeysCallDependencies,
  call: Pick<Call<{ workspace: string }>, 'access' | 'org' | 'params'>,
): Promise<void> => {
  const { workspace } = call.params;
  demand(call, 'workspace', scopeOf(workspace), 'manage');
  for (const each of environment.options) demand(call, 'secrets', everywhere, 'delete', { environment: each });
  if (!(await workspaceExists(call.org, workspace))) throw notFound();
};
