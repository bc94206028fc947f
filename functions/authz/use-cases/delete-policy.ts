// Deletes an access policy.
import { type Answer, type Call, noContent } from '../../shared/kernel/call.ts';
import { notFound } from '../../shared/kernel/errors.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';
import { changesBetween, matchVersion } from './edit.ts';
import { auditedPolicyFields, changesOfPolicy } from './policies.ts';

export const deletePolicy = async (
  { changeAccess, models }: AuthzDependencies,
  call: Call<{ policy: string }, object, unknown, { readonly id: string }>,
): Promise<Answer<never>> => {
  await changeAccess(call, async (snapshot, nowMs) => {
    const before = snapshot.policies.get(call.located.id);
    if (before === undefined) throw notFound();
    matchVersion(call, before);
    return {
      writes: [models.deletePolicy(call.org, before)],
      events: [
        {
          type: 'admin.policy_updated',
          action: 'delete-policy',
          resource: { type: 'policy', id: before.id },
          changes: changesBetween(before, undefined, auditedPolicyFields),
        },
      ],
      changes: changesOfPolicy(before, undefined, nowMs),
      result: undefined,
    };
  });
  return noContent();
};
