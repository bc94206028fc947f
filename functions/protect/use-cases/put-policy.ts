// Replaces a protection policy whole; it acts from the next request on.
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import { notFound, versionMismatch } from '../../shared/kernel/errors.ts';
import type { World } from '../../shared/kernel/world.ts';
import type { DenyListStore, PolicyStore, StoredPolicy } from '../ports.ts';
import type { PolicyPut, PolicyShape } from '../schemas.ts';
import { type Changing, changeProtection } from './change-protection.ts';
import { demandSound, type WorkspaceExists } from './check-policy.ts';
import { changesOf, shapeOfPolicy } from './policy-shape.ts';

interface Dependencies extends Changing {
  readonly policies: PolicyStore;
  readonly denyLists: DenyListStore;
  readonly workspaceExists: WorkspaceExists;
  readonly world: World;
}

export const putPolicy = (dependencies: Dependencies, call: Call<{ id: string }, object, PolicyPut>): Promise<Answer<PolicyShape>> => {
  const { policies, world } = dependencies;
  const { org, params, body, ifMatch } = call;
  return changeProtection(dependencies, call, async () => {
    const before = await policies.byId(org, params.id);
    if (before === undefined) throw notFound();
    if (ifMatch !== undefined && ifMatch !== before.version) throw versionMismatch();
    const { id, version, createdAtMs } = before;
    const policy = { ...body, id, version: version + 1, createdAtMs, updatedAtMs: world.nowMs() } as StoredPolicy;
    await demandSound(dependencies, org, policy);
    return {
      writes: [policies.replacement(org, policy)],
      event: {
        type: 'admin.policy_updated',
        action: 'put-protection-policy',
        resource: { type: 'protection-policy', id },
        changes: changesOf(before, policy),
        details: { version: policy.version },
      },
      answer: ok(shapeOfPolicy(policy), policy.version),
    };
  });
};
