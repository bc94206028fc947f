// Lists the organization's deny lists, by id, without their entries.
import type * as z from 'zod';
import type { Cursors } from '../../shared/http/cursor.ts';
import type { listQuery } from '../../shared/http/list.ts';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import type { DenyListStore } from '../ports.ts';
import type { ListShape } from '../schemas.ts';
import { shapeOfList } from './deny-list-shape.ts';

const route = 'deny-lists';

export const listDenyLists = async (
  { denyLists, cursors }: { denyLists: DenyListStore; cursors: Cursors },
  { org, caller, query }: Call<object, z.infer<typeof listQuery>>,
): Promise<Answer<{ items: ListShape[]; nextCursor?: string }>> => {
  const bound = { org, caller, query };
  const found = await denyLists.page(org, query.limit, await cursors.open(bound, route));
  const nextCursor = found.next === undefined ? undefined : await cursors.seal(bound, route, found.next);
  return ok({ items: found.lists.map((head) => shapeOfList(head)), ...(nextCursor === undefined ? {} : { nextCursor }) });
};
