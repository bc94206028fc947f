// Gives a workspace a new branch key for new values; what older keys encrypted stays readable.
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import type { OrgId } from '../../shared/kernel/ids.ts';
import type { World } from '../../shared/kernel/world.ts';
import { ConditionFailed } from '../../shared/ports/table.ts';
import type { BranchKeys, ReencryptionStore } from '../ports.ts';
import type { WorkspaceKeys } from '../schemas.ts';
import { changedMeanwhile } from './change-guard.ts';
import type { CommitChange, CommitFacts } from './commit-change.ts';
import { demandKeys, type KeysCallDependencies } from './demand-keys.ts';
import { keyEvent } from './key-events.ts';
import { keysOf } from './list-keys.ts';

interface RotateDependencies {
  readonly branchKeys: BranchKeys;
  readonly commit: CommitChange;
}

interface Dependencies extends RotateDependencies, KeysCallDependencies {
  readonly reencryptions: ReencryptionStore;
  readonly world: World;
}

/** @param reason `asked` or `age`; @throws AppError `conflict` when another call rotated at the same time */
export const rotateNow = async (
  { branchKeys, commit }: RotateDependencies,
  facts: CommitFacts & { readonly org: OrgId },
  workspace: string,
  reason: 'asked' | 'age',
): Promise<void> => {
  const { idempotency, ...later } = facts;
  await commit(facts, [], keyEvent(workspace, 'rotate-key', { phase: 'intent', cause: reason }));
  try {
    const keyId = await branchKeys.rotate(facts.org, workspace);
    await commit(later, [], keyEvent(workspace, 'rotate-key', { phase: 'outcome', cause: reason, keyId }));
  } catch (error) {
    await commit(later, [], { ...keyEvent(workspace, 'rotate-key', { phase: 'outcome', cause: reason }), outcome: 'failure' });
    throw error instanceof ConditionFailed ? changedMeanwhile() : error;
  }
};

export const rotateKey = async (
  dependencies: Dependencies,
  call: Call<{ workspace: string }, object, unknown>,
): Promise<Answer<WorkspaceKeys>> => {
  await demandKeys(dependencies, call);
  await rotateNow(dependencies, call, call.params.workspace, 'asked');
  return ok(await keysOf(dependencies, call.org, call.params.workspace));
};
