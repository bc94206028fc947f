// The shape of lists: `?limit=` 1..100, default 50, `?cursor=`, answered as `{items, nextCursor?}`.
import * as z from 'zod';

/** Query parameters of every list; extend it with the list's filters. */
export const listQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().max(2_000).optional(),
});

/** @param item the schema of one item */
export const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), nextCursor: z.string().optional() });
