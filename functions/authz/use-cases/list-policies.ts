// Lists an organization's access policies.
import type { Call } from '../../shared/kernel/call.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';
import { listPage, pageInMemory } from './list-page.ts';
import { showPolicy } from './policies.ts';

export const listPolicies = async (
  { model, cursors }: AuthzDependencies,
  call: Call<object, { limit: number; cursor?: string | undefined }>,
) => {
  const { policies } = await model.current(call.org);
  const all = [...policies.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  return listPage(cursors, call, 'policies', async (limit, after) => pageInMemory(all, limit, after), { show: showPolicy });
};
