// Pages of lists: a cursor in, items and the next cursor out.
import type { Cursors } from '../../shared/http/cursor.ts';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import type { Listed } from '../ports.ts';

type PageCall = Call<object, { readonly limit: number; readonly cursor?: string | undefined }>;

/**
 * @param route a constant that names the list
 * @param read a page behind a position; it may hold fewer than `limit` and still have a next one
 * @param keep what the caller may see and asked for
 */
export const listPage = async <T, S>(
  cursors: Cursors,
  call: PageCall,
  route: string,
  read: (limit: number, after: string | undefined) => Promise<Listed<T>>,
  { keep = () => true, show }: { readonly keep?: (item: T) => boolean; readonly show: (item: T) => S },
): Promise<Answer<{ items: S[]; nextCursor?: string }>> => {
  const items: S[] = [];
  let after = await cursors.open(call, route);
  for (;;) {
    // INVARIANT: never more rows are asked for than still fit, so that a page ends where its rows do.
    const page = await read(call.query.limit - items.length, after);
    items.push(...page.items.filter(keep).map(show));
    after = page.next;
    if (after === undefined) return ok({ items });
    if (items.length >= call.query.limit) return ok({ items, nextCursor: await cursors.seal(call, route, after) });
  }
};

/** @returns a page of what is in memory, in the order of ids */
export const pageInMemory = <T extends { readonly id: string }>(all: readonly T[], limit: number, after: string | undefined): Listed<T> => {
  const behind = after === undefined ? all : all.filter(({ id }) => id > after);
  const items = behind.slice(0, limit);
  const last = items.at(-1);
  return { items, ...(behind.length > limit && last !== undefined ? { next: last.id } : {}) };
};
