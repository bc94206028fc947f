// Lists API tokens with when each was last used.
import { type Call, ok } from '../../shared/kernel/call.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';
import { listPage } from './list-page.ts';
import { showToken } from './tokens.ts';

export const listTokens = async (
  { tokens, cursors }: AuthzDependencies,
  call: Call<object, { limit: number; cursor?: string | undefined }>,
) => {
  const page = await listPage(cursors, call, 'tokens', (limit, after) => tokens.list(call.org, { limit, after }), {
    show: (token) => token,
  });
  const { items = [], ...rest } = page.body ?? {};
  const used = await tokens.lastUsed(
    call.org,
    items.map(({ id }) => id),
  );
  return ok({ items: items.map((token, index) => showToken(token, used[index])), ...rest });
};
