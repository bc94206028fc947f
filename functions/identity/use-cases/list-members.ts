// Lists members.
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import type { IdentityDependencies } from './identity-dependencies.ts';
import { showMember } from './members.ts';

export const listMembers = async (
  { members, cursors }: IdentityDependencies,
  call: Call<object, { limit: number; cursor?: string | undefined }>,
): Promise<Answer> => {
  const items: ReturnType<typeof showMember>[] = [];
  let after = await cursors.open(call, 'members');
  for (;;) {
    const page = await members.list(call.org, { limit: call.query.limit - items.length, after });
    items.push(...page.items.map(showMember));
    after = page.next;
    if (after === undefined) return ok({ items });
    if (items.length >= call.query.limit) return ok({ items, nextCursor: await cursors.seal(call, 'members', after) });
  }
};
