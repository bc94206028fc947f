// Shows one protection policy.
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import { notFound } from '../../shared/kernel/errors.ts';
import type { PolicyStore } from '../ports.ts';
import type { PolicyShape } from '../schemas.ts';
import { shapeOfPolicy } from './policy-shape.ts';

export const readPolicy = async (
  { policies }: { policies: PolicyStore },
  { org, params }: Call<{ id: string }>,
): Promise<Answer<PolicyShape>> => {
  const policy = await policies.byId(org, params.id);
  if (policy === undefined) throw notFound();
  return ok(shapeOfPolicy(policy), policy.version);
};
