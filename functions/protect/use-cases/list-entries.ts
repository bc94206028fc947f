// Lists a deny list's entries by pages, in the order in which they were added.
import type * as z from 'zod';
import type { Cursors } from '../../shared/http/cursor.ts';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import { notFound } from '../../shared/kernel/errors.ts';
import type { DenyEntry, DenyListStore } from '../ports.ts';
import type { EntryShape, entriesQuery } from '../schemas.ts';
import { shapeOfEntry } from './deny-list-shape.ts';

interface Dependencies {
  readonly denyLists: DenyListStore;
  readonly cursors: Cursors;
}

type ListCall = Call<{ id: string }, z.infer<typeof entriesQuery>>;

/** Behind the entry of that id in that segment; an entry that is gone leaves its segment to begin anew. */
const position = (segment: number, id: string): string => `${segment}:${id}`;

export const listEntries = async (
  { denyLists, cursors }: Dependencies,
  { org, caller, params, query }: ListCall,
): Promise<Answer<{ items: EntryShape[]; nextCursor?: string }>> => {
  const head = await denyLists.byId(org, params.id);
  if (head === undefined) throw notFound();
  const route = `deny-entries:${head.id}`;
  const bound = { org, caller, query };
  const [from = '0', after] = (await cursors.open(bound, route))?.split(':') ?? [];
  const items: DenyEntry[] = [];
  let last: string | undefined;
  for (let number = Number(from), more = true; more; ) {
    const segments = await denyLists.segmentsFrom(org, head.id, number);
    more = segments.length > 0;
    for (const segment of segments) {
      const skipped = segment.number === Number(from) ? segment.entries.findIndex(({ id }) => id === after) + 1 : 0;
      for (const entry of segment.entries.slice(skipped)) {
        if (query.type !== undefined && entry.type !== query.type) continue;
        if (items.length === query.limit) return full(items, last ?? '');
        items.push(entry);
        last = position(segment.number, entry.id);
      }
      number = segment.number + 1;
    }
  }
  return ok({ items: items.map(shapeOfEntry) });

  async function full(found: readonly DenyEntry[], place: string): Promise<Answer<{ items: EntryShape[]; nextCursor?: string }>> {
    return ok({ items: found.map(shapeOfEntry), nextCursor: await cursors.seal(bound, route, place) });
  }
};
