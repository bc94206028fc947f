// Pages of lists: a cursor in, items and the next cursor out.
import type { Cursors } from '../../shared/http/cursor.ts';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import type { Listed } from '../ports.ts';

/** Rows of a read where a filter leaves few of them. */
const batchSize = 100;
/** An answer has at most 6 MB at the gateway. */
const maxPageBytes = 4_000_000;

const bytesOf = (item: unknown): number => Buffer.byteLength(JSON.stringify(item) ?? '');

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
  const { limit } = call.query;
  const items: S[] = [];
  let left = maxPageBytes;
  let after = await cursors.open(call, route);
  /** @returns the rows with which the page is full, or undefined where all of them still fit */
  const rowsThatFit = (rows: readonly T[]): number | undefined => {
    let room = limit - items.length;
    let bytes = left;
    for (const [index, row] of rows.entries()) {
      if (!keep(row)) continue;
      bytes -= bytesOf(show(row));
      if (bytes < 0 && room < limit) return index;
      room -= 1;
      if (room === 0) return index + 1;
    }
    return undefined;
  };
  for (let rows = limit; ; rows = Math.max(limit - items.length, batchSize)) {
    let page = await read(rows, after);
    const fitting = rowsThatFit(page.items);
    if (fitting === 0) break;
    // INVARIANT: a page ends where its rows do, so those behind it are left to the next one: the same rows are read again without them.
    if (fitting !== undefined && fitting < page.items.length) page = await read(fitting, after);
    const kept = page.items.filter(keep).map(show);
    items.push(...kept);
    left -= kept.reduce((sum, item) => sum + bytesOf(item), 0);
    after = page.next;
    if (after === undefined) return ok({ items });
    if (fitting !== undefined) break;
  }
  return ok({ items, ...(after === undefined ? {} : { nextCursor: await cursors.seal(call, route, after) }) });
};

/** @returns a page of what is in memory, in the order of ids */
export const pageInMemory = <T extends { readonly id: string }>(all: readonly T[], limit: number, after: string | undefined): Listed<T> => {
  const behind = after === undefined ? all : all.filter(({ id }) => id > after);
  const items = behind.slice(0, limit);
  const last = items.at(-1);
  return { items, ...(behind.length > limit && last !== undefined ? { next: last.id } : {}) };
};
