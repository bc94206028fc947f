// Lists members.
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import type { IdentityDependencies } from './identity-dependencies.ts';
import { showMember } from './members.ts';

/** Rows of a read where removed members leave few. */
const batchSize = 100;

export const listMembers = async (
  { members, cursors }: IdentityDependencies,
  call: Call<object, { limit: number; cursor?: string | undefined }>,
): Promise<Answer> => {
  const { limit } = call.query;
  const items: ReturnType<typeof showMember>[] = [];
  let after = await cursors.open(call, 'members');
  for (let rows = limit; ; rows = Math.max(limit - items.length, batchSize)) {
    const page = await members.list(call.org, { limit: rows, after });
    const fitting = page.items.slice(0, limit - items.length);
    items.push(...fitting.map(showMember));
    after = fitting.length < page.items.length ? fitting.at(-1)?.id : page.next;
    if (after === undefined) return ok({ items });
    if (items.length >= limit) return ok({ items, nextCursor: await cursors.seal(call, 'members', after) });
  }
};
