// Every change of access goes through here: nobody climbs, the last way in stays open, and the version decided from is asserted.
import type { NewEvent } from '../../audit/public.ts';
import type { MemberStore } from '../../identity/public.ts';
import { Denied, demand } from '../../shared/http/demand.ts';
import type { Call } from '../../shared/kernel/call.ts';
import type { DecisionInputs } from '../../shared/kernel/decision.ts';
import { AppError } from '../../shared/kernel/errors.ts';
import type { Action, Resource } from '../../shared/kernel/permission.ts';
import { everywhere, type Scope } from '../../shared/kernel/scope.ts';
import type { World } from '../../shared/kernel/world.ts';
import type { Write } from '../../shared/ports/table.ts';
import { type AccessChange, firstUncovered } from '../domain/covers-grants.ts';
import { accessOf, chainOf } from '../domain/holder.ts';
import type { AssignmentStore, ModelStore } from '../ports.ts';
import type { CallFacts, CommitChange } from './commit-change.ts';
import { inTurn } from './in-turn.ts';
import type { AccessModel, Snapshot } from './load-access.ts';
import { type MayClose, wayInGuard } from './way-in-guard.ts';

/** What a change would do, worked out from one snapshot. */
export interface AccessPlan<T> {
  readonly writes: readonly Write[];
  readonly events: readonly NewEvent[];
  /** All that is given, uncovered or taken away. */
  readonly changes: readonly AccessChange[];
  /** What may close the last way in: what goes of it, and what may bring a deny. */
  readonly mayClose?: MayClose;
  /** Done once all is permitted, before the transaction; harmless if that fails. */
  readonly before?: () => Promise<void>;
  readonly result: T;
}

/** Changes access for a caller who may. @throws AppError `forbidden`, `conflict` and whatever the plan throws */
export type ChangeAccess = <T>(
  call: CallFacts,
  plan: (snapshot: Snapshot, nowMs: number) => Promise<AccessPlan<T>>,
  needs?: { readonly resource: Resource; readonly scope: Scope; readonly action: Action },
) => Promise<T>;

const maxTries = 20;

/** Another change came first. */
class AccessMoved extends Error {}

/** What the request itself says for conditions. */
const requestInputs = ({ source, caller }: Pick<Call, 'source' | 'caller'>, nowMs: number): DecisionInputs => ({
  timeMs: nowMs,
  ...(source.ip === undefined ? {} : { ip: source.ip }),
  ...(caller.mfa === undefined ? {} : { mfa: caller.mfa }),
});

export const accessChanger = ({
  model,
  models,
  assignments,
  members,
  commit,
  world,
}: {
  model: AccessModel;
  models: ModelStore;
  assignments: AssignmentStore;
  members: MemberStore;
  commit: CommitChange;
  world: World;
}): ChangeAccess => {
  const turn = inTurn<string>();

  const wayIn = wayInGuard({ model, assignments, members });

  const attempt: ChangeAccess = async (call, plan, needs = { resource: 'iam', scope: everywhere, action: 'write' }) => {
    const nowMs = world.nowMs();
    const loaded = await model.load(call.org, call.caller.principal);
    if (loaded === undefined) throw new AppError('not-found', 'there is nothing here that you may see');
    const { snapshot, holder } = loaded;
    const access = accessOf(holder, snapshot.version, requestInputs(call, nowMs));
    demand({ access }, needs.resource, needs.scope, needs.action);
    const planned = await plan(snapshot, nowMs);
    const uncovered = firstUncovered(chainOf(holder), planned.changes, nowMs);
    if (uncovered !== undefined) {
      const { resource, scope, action, reason } = uncovered;
      throw new Denied(resource, scope, action, { allowed: false, reason, matched: [] }, true);
    }
    if (planned.mayClose !== undefined && !(await wayIn(snapshot, planned.mayClose, nowMs))) {
      throw new AppError(
        'conflict',
        'at least one active user keeps Admin at `*` by a direct assignment without end, and no deny on `iam`',
      );
    }
    await planned.before?.();
    // INVARIANT: whatever bears on access moves the version, so asserting it asserts all that was read for this decision.
    const version = models.moveVersion(call.org, snapshot.version, () => new AccessMoved());
    await commit(call, [...version, ...planned.writes], ...planned.events);
    return planned.result;
  };

  return (call, plan, needs) =>
    turn(call.org, async () => {
      for (let tried = 1; ; tried += 1) {
        try {
          return await attempt(call, plan, needs);
        } catch (error) {
          if (!(error instanceof AccessMoved)) throw error;
          if (tried === maxTries) throw new AppError('dependency-unavailable', 'access is changed too often; try again', { cause: error });
          await new Promise((resolve) => setTimeout(resolve, (world.bytes(1)[0] ?? 0) / 8));
        }
      }
    });
};
