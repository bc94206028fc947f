// Shreds a workspace's keys in two steps: the first answers a confirmation, the second makes every secret there unreadable for good.
import type * as z from 'zod';
import type { Cursors } from '../../shared/http/cursor.ts';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import { AppError, invalid } from '../../shared/kernel/errors.ts';
import { toTime, type World } from '../../shared/kernel/world.ts';
import { ConditionFailed } from '../../shared/ports/table.ts';
import type { BranchKeys, StateStore } from '../ports.ts';
import type { ShredAnswer, shredBody } from '../schemas.ts';
import type { CommitChange } from './commit-change.ts';
import { demandKeys, type KeysCallDependencies } from './demand-keys.ts';
import { keyEvent } from './key-events.ts';

interface Dependencies extends KeysCallDependencies {
  readonly branchKeys: BranchKeys;
  readonly states: StateStore;
  readonly commit: CommitChange;
  readonly cursors: Cursors;
  readonly world: World;
}

type ShredCall = Call<{ workspace: string }, object, z.infer<typeof shredBody>>;

const confirmationLifeMs = 10 * 60_000;
/** The key table can be restored to any moment of so long ago, and has no backups. */
const recoveryMs = 24 * 60 * 60_000;

interface Confirmation {
  readonly keyIds: readonly string[];
  readonly untilMs: number;
}

const refused = (detail: string) => new AppError('conflict', detail);

/** Bound to organization, principal and workspace. */
const sealedFor = (call: ShredCall, confirmation?: string) =>
  [
    { org: call.org, caller: call.caller, query: confirmation === undefined ? {} : { cursor: confirmation } },
    `shred ${call.params.workspace}`,
  ] as const;

/** @throws AppError `validation-failed` for one that is not ours, `conflict` for one whose time has passed */
const confirmed = async ({ cursors, world }: Dependencies, call: ShredCall, text: string): Promise<Confirmation> => {
  const opened = await cursors.open(...sealedFor(call, text)).catch(() => undefined);
  if (opened === undefined) throw invalid({ pointer: '/confirmation', detail: 'this confirms nothing that you may shred here' });
  const confirmation = JSON.parse(opened) as Confirmation;
  if (confirmation.untilMs <= world.nowMs()) throw refused('the confirmation has expired; ask for another');
  return confirmation;
};

export const shredKeys = async (dependencies: Dependencies, call: ShredCall): Promise<Answer<ShredAnswer>> => {
  await demandKeys(dependencies, call);
  const { confirmation } = call.body;
  return ok(await (confirmation === undefined ? askFirst(dependencies, call) : shred(dependencies, call, confirmation)));
};

const askFirst = async ({ branchKeys, commit, cursors, world }: Dependencies, call: ShredCall): Promise<ShredAnswer> => {
  const { workspace } = call.params;
  const keyIds = (await branchKeys.list(call.org, workspace)).map(({ id }) => id);
  if (keyIds.length === 0) throw refused('the workspace has no keys');
  const untilMs = world.nowMs() + confirmationLifeMs;
  const confirmation = await cursors.seal(...sealedFor(call), JSON.stringify({ keyIds, untilMs } satisfies Confirmation));
  await commit(call, [], keyEvent(workspace, 'ask-to-shred-keys', { count: keyIds.length }));
  const recoveryImpossibleFrom = toTime(untilMs + recoveryMs);
  return { status: 'confirmation-needed', confirmation, expiresAt: toTime(untilMs), keys: keyIds.length, recoveryImpossibleFrom };
};

/** May be called again with the same confirmation after a failure: what is left of its keys is shredded then. */
const shred = async (dependencies: Dependencies, call: ShredCall, text: string): Promise<ShredAnswer> => {
  const { branchKeys, states, commit, world } = dependencies;
  const { workspace } = call.params;
  const { keyIds } = await confirmed(dependencies, call, text);
  const present = (await branchKeys.list(call.org, workspace)).map(({ id }) => id);
  if (present.some((id) => !keyIds.includes(id))) throw refused('the workspace has other keys now; ask for another confirmation');
  const state = await states.get(call.org, workspace);
  if (present.length === 0 && keyIds.every((id) => state.shredded.includes(id))) throw refused('these keys are shredded already');
  const recoveryImpossibleFrom = toTime(world.nowMs() + recoveryMs);
  const { idempotency, ...later } = call;
  const shredded = [...new Set([...state.shredded, ...keyIds])];
  // INVARIANT: nothing resolves under these keys from here on, whether or not they could be deleted.
  await commit(
    call,
    [states.shredding(call.org, workspace, shredded)],
    keyEvent(workspace, 'shred-keys', { phase: 'intent', count: keyIds.length, irrecoverableFrom: recoveryImpossibleFrom }),
  );
  try {
    await branchKeys.destroy(call.org, workspace, keyIds);
  } catch (error) {
    await commit(later, [], { ...keyEvent(workspace, 'shred-keys', { phase: 'outcome', count: keyIds.length }), outcome: 'failure' });
    throw error instanceof ConditionFailed ? refused('the workspace has other keys now; ask for another confirmation') : error;
  }
  branchKeys.enterEpoch(call.org, workspace, shredded.length);
  await commit(
    later,
    [],
    keyEvent(workspace, 'shred-keys', { phase: 'outcome', count: keyIds.length, irrecoverableFrom: recoveryImpossibleFrom }),
  );
  return { status: 'shredded', keys: keyIds.length, recoveryImpossibleFrom };
};
