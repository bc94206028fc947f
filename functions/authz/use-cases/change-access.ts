// Every change of access goes through here: nobody climbs, the last way in stays open, and the version decided from is asserted.
import type { NewEvent } from '../../audit/public.ts';
import type { MemberStore } from '../../identity/public.ts';
import { Denied, demand } from '../../shared/http/demand.ts';
import type { Call } from '../../shared/kernel/call.ts';
import type { DecisionInputs } from '../../shared/kernel/decision.ts';
import { AppError } from '../../shared/kernel/errors.ts';
import type { Action, Resource } from '../../shared/kernel/permission.ts';
import { principalId, principalKind } from '../../shared/kernel/principal.ts';
import { everywhere, type Scope } from '../../shared/kernel/scope.ts';
import type { World } from '../../shared/kernel/world.ts';
import type { Write } from '../../shared/ports/table.ts';
import { adminRole } from '../domain/built-in-roles.ts';
import { type AccessChange, firstUncovered } from '../domain/covers-grants.ts';
import { accessOf, chainOf } from '../domain/holder.ts';
import type { AssignmentStore, ModelStore, StoredAssignment } from '../ports.ts';
import type { CallFacts, CommitChange } from './commit-change.ts';
import { inTurn } from './in-turn.ts';
import type { AccessModel, Snapshot } from './load-access.ts';

/** What a change would do, worked out from one snapshot. */
export interface AccessPlan<T> {
  readonly writes: readonly Write[];
  readonly events: readonly NewEvent[];
  /** All that is given, uncovered or taken away. */
  readonly changes: readonly AccessChange[];
  /** What may have been the last way in. */
  readonly closes?: { readonly assignment: string } | { readonly member: string };
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

/** @returns whether the assignment is one that keeps the way in: Admin everywhere, direct, endless, not managed by SCIM */
export const isWayIn = ({ principal, role, scope, expiresAtMs, source }: StoredAssignment): boolean =>
  role === adminRole && scope === everywhere && principalKind(principal) === 'user' && expiresAtMs === undefined && source === undefined;

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

  const wayInRemains = async (call: Pick<Call, 'org'>, closes: NonNullable<AccessPlan<unknown>['closes']>): Promise<boolean> => {
    for (let after: string | undefined; ; ) {
      const page = await assignments.list(call.org, { role: adminRole }, { limit: 100, after });
      const users = page.items
        .filter(isWayIn)
        .filter(({ id }) => !('assignment' in closes && closes.assignment === id))
        .map(({ principal }) => principalId(principal))
        .filter((user) => !('member' in closes && closes.member === user));
      const records = await members.lookUpAll(call.org, users);
      if (records.some((record) => typeof record === 'object' && record.status === 'active')) return true;
      after = page.next;
      if (after === undefined) return false;
    }
  };

  const attempt: ChangeAccess = async (call, plan, needs = { resource: 'iam', scope: everywhere, action: 'write' }) => {
    const nowMs = world.nowMs();
    const loaded = await model.load(call.org, call.caller.principal);
    if (loaded === undefined) throw new AppError('not-found', 'there is nothing here that you may see');
    const { snapshot, holder } = loaded;
    const access = accessOf(holder, snapshot.version, requestInputs(call, nowMs));
    demand({ access }, needs.resource, needs.scope, needs.action);
    const planned = await plan(snapshot, nowMs);
    const uncovered = firstUncovered(
      chainOf(holder).map(({ grants }) => grants),
      planned.changes,
      nowMs,
    );
    if (uncovered !== undefined) {
      const { resource, scope, action, reason } = uncovered;
      throw new Denied(resource, scope, action, { allowed: false, reason, matched: [] }, true);
    }
    if (planned.closes !== undefined && !(await wayInRemains(call, planned.closes))) {
      throw new AppError('conflict', 'at least one active user keeps Admin at `*` by a direct assignment without end');
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
