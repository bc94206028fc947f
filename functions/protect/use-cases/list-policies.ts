// Lists the organization's protection policies, by id.
import type * as z from 'zod';
import type { Cursors } from '../../shared/http/cursor.ts';
import type { listQuery } from '../../shared/http/list.ts';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import type { PolicyStore } from '../ports.ts';
import type { PolicyShape } from '../schemas.ts';
import { shapeOfPolicy } from './policy-shape.ts';

const route = 'protection-policies';

export const listPolicies = async (
  { policies, cursors }: { policies: PolicyStore; cursors: Cursors },
  { org, caller, query }: Call<object, z.infer<typeof listQuery>>,
): Promise<Answer<{ items: PolicyShape[]; nextCursor?: string }>> => {
  const bound = { org, caller, query };
  const found = await policies.page(org, query.limit, await cursors.open(bound, route));
  const nextCursor = found.next === undefined ? undefined : await cursors.seal(bound, route, found.next);
  return ok({ items: found.policies.map(shapeOfPolicy), ...(nextCursor === undefined ? {} : { nextCursor }) });
};
