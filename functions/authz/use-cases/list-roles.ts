// Lists an organization's roles, built-in ones included.
import type { Call } from '../../shared/kernel/call.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';
import { listPage, pageInMemory } from './list-page.ts';
import { allRoles } from './roles.ts';

export const listRoles = async (
  { model, cursors }: AuthzDependencies,
  call: Call<object, { limit: number; cursor?: string | undefined }>,
) => {
  const roles = allRoles(await model.current(call.org));
  return listPage(cursors, call, 'roles', async (limit, after) => pageInMemory(roles, limit, after), { show: (role) => role });
};
