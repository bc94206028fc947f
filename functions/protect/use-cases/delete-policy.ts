// Deletes a protection policy: it protects nothing from the next request on.
import { type Answer, type Call, noContent } from '../../shared/kernel/call.ts';
import { notFound, versionMismatch } from '../../shared/kernel/errors.ts';
import type { PolicyStore } from '../ports.ts';
import { type Changing, changeProtection } from './change-protection.ts';
import { changesOf } from './policy-shape.ts';

interface Dependencies extends Changing {
  readonly policies: PolicyStore;
}

export const deletePolicy = (dependencies: Dependencies, call: Call<{ id: string }>): Promise<Answer<never>> => {
  const { policies } = dependencies;
  const { org, params, ifMatch } = call;
  return changeProtection(dependencies, call, async () => {
    const before = await policies.byId(org, params.id);
    if (before === undefined) throw notFound();
    if (ifMatch !== undefined && ifMatch !== before.version) throw versionMismatch();
    return {
      writes: [policies.removal(org, before)],
      event: {
        type: 'admin.policy_updated',
        action: 'delete-protection-policy',
        resource: { type: 'protection-policy', id: before.id },
        changes: changesOf(before, undefined),
        details: { version: before.version },
      },
      answer: noContent(),
    };
  });
};
