// Creates a protection policy; it acts from the next request on.
import type * as z from 'zod';
import { type Answer, type Call, created } from '../../shared/kernel/call.ts';
import { newId, type World } from '../../shared/kernel/world.ts';
import type { DenyListStore, PolicyStore, StoredPolicy } from '../ports.ts';
import type { PolicyShape, policyBody } from '../schemas.ts';
import { type Changing, changeProtection } from './change-protection.ts';
import { demandSound, type WorkspaceExists } from './check-policy.ts';
import { changesOf, shapeOfPolicy } from './policy-shape.ts';

interface Dependencies extends Changing {
  readonly policies: PolicyStore;
  readonly denyLists: DenyListStore;
  readonly workspaceExists: WorkspaceExists;
  readonly world: World;
}

export const createPolicy = (
  dependencies: Dependencies,
  call: Call<object, object, z.infer<typeof policyBody>>,
): Promise<Answer<PolicyShape>> => {
  const { policies, world } = dependencies;
  const { org, body } = call;
  const nowMs = world.nowMs();
  const policy = { ...body, id: body.id ?? newId(world), version: 1, createdAtMs: nowMs, updatedAtMs: nowMs } as StoredPolicy;
  return changeProtection(dependencies, call, async () => {
    await demandSound(dependencies, org, policy);
    return {
      writes: [policies.creation(org, policy)],
      event: {
        type: 'admin.policy_updated',
        action: 'create-protection-policy',
        resource: { type: 'protection-policy', id: policy.id },
        changes: changesOf(undefined, policy),
        details: { version: policy.version },
      },
      answer: created(shapeOfPolicy(policy), `/v1/orgs/${org}/protection/policies/${policy.id}`, policy.version),
    };
  });
};
