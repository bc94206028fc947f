// Deletes an empty workspace: nothing is assigned there, and no service keeps anything in it.
import { type Answer, type Call, noContent } from '../../shared/kernel/call.ts';
import { AppError, notFound } from '../../shared/kernel/errors.ts';
import { scopeOf } from '../../shared/kernel/scope.ts';
import type { Write } from '../../shared/ports/table.ts';
import type { StoredWorkspace } from '../ports.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';
import { changesBetween, matchVersion } from './edit.ts';

export const deleteWorkspace = async (
  { changeAccess, workspaces, assignments, tokens, workspaceContents }: AuthzDependencies,
  call: Call<{ workspace: string }, object, unknown, StoredWorkspace>,
): Promise<Answer<never>> => {
  const { id } = call.located;
  const refuse = (what: string): never => {
    throw new AppError('conflict', `the workspace is not empty: ${what}`);
  };
  await changeAccess(
    call,
    async () => {
      const found = await workspaces.get(call.org, id);
      if (found === undefined) throw notFound();
      matchVersion(call, found);
      if (await assignments.anyIn(call.org, id)) refuse('roles are assigned there');
      if (await tokens.anyIn(call.org, id)) refuse('API tokens act there');
      const guards: Write[] = [];
      for (const contents of workspaceContents) {
        const { kept, guard } = await contents(call.org, id);
        if (kept !== undefined) refuse(kept);
        guards.push({ ...guard, orElse: () => new AppError('conflict', 'something came into the workspace meanwhile; look again') });
      }
      return {
        writes: [workspaces.delete(call.org, found), ...guards],
        events: [
          {
            type: 'resource.deleted',
            action: 'delete-workspace',
            workspace: id,
            resource: { type: 'workspace', id, scope: id },
            changes: changesBetween(found, undefined, ['name', 'environments']),
          },
        ],
        changes: [],
        result: undefined,
      };
    },
    { resource: 'workspace', scope: scopeOf(id), action: 'manage' },
  );
  return noContent();
};
