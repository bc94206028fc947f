// Lists assignments, by principal, role and scope.
import type { Call } from '../../shared/kernel/call.ts';
import type { Principal } from '../../shared/kernel/principal.ts';
import type { Scope } from '../../shared/kernel/scope.ts';
import { showAssignment } from './assignments.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';
import { listPage } from './list-page.ts';

type Query = {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly principal?: Principal | undefined;
  readonly role?: string | undefined;
  readonly scope?: Scope | undefined;
};

export const listAssignments = async ({ model, assignments, cursors }: AuthzDependencies, call: Call<object, Query>) => {
  const { principal, role, scope } = call.query;
  const snapshot = await model.current(call.org);
  return listPage(
    cursors,
    call,
    'assignments',
    (limit, after) => assignments.list(call.org, { principal, role, scope }, { limit, after }),
    {
      keep: (each) =>
        model.isLive(snapshot, each) &&
        (principal === undefined || each.principal === principal) &&
        (role === undefined || each.role === role) &&
        (scope === undefined || each.scope === scope),
      show: showAssignment,
    },
  );
};
