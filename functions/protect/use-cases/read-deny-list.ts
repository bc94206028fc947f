// Shows one deny list, with its entries while they are few.
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import { notFound } from '../../shared/kernel/errors.ts';
import type { DenyListStore } from '../ports.ts';
import { type ListShape, maxShownEntries } from '../schemas.ts';
import { shapeOfList } from './deny-list-shape.ts';

export const readDenyList = async (
  { denyLists }: { denyLists: DenyListStore },
  { org, params }: Call<{ id: string }>,
): Promise<Answer<ListShape>> => {
  const head = await denyLists.byId(org, params.id);
  if (head === undefined) throw notFound();
  if (head.entryCount > maxShownEntries) return ok(shapeOfList(head), head.version);
  const segments = await denyLists.segments(org, head.id);
  const entries = segments.flatMap((segment) => segment.entries);
  return ok(shapeOfList(head, entries), head.version);
};
