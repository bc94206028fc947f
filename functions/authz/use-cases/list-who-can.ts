// Lists the principals that a permission is allowed to, with why: groups, their members, tokens.
import type { Call } from '../../shared/kernel/call.ts';
import { parsePermission } from '../../shared/kernel/permission.ts';
import { whoCan } from '../domain/who-can.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';
import { listPage, pageInMemory } from './list-page.ts';

type Query = { readonly permission: string; readonly limit: number; readonly cursor?: string | undefined };

/** Conditions are asked now and with no other input: whom an allow would take only with a second factor, say, is not listed. */
export const listWhoCan = async ({ loadDirectory, cursors, world }: AuthzDependencies, call: Call<object, Query>) => {
  const directory = await loadDirectory(call.org);
  const allowed = whoCan(directory, parsePermission(call.query.permission), { timeMs: world.nowMs() }).map(({ principal, decision }) => ({
    id: principal,
    principal,
    reason: decision.reason,
    matched: decision.matched,
  }));
  return listPage(cursors, call, 'who-can', async (limit, after) => pageInMemory(allowed, limit, after), {
    show: ({ id: _, ...item }) => item,
  });
};
