// Replays the recorded decisions since a time against a proposed change, and changes nothing.
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import { AppError, invalid } from '../../shared/kernel/errors.ts';
import type { Principal } from '../../shared/kernel/principal.ts';
import { toTime } from '../../shared/kernel/world.ts';
import { compileGrants } from '../domain/compile-grants.ts';
import type { Holder } from '../domain/holder.ts';
import { lru } from '../domain/lru.ts';
import { type HolderPair, type Sample, type Simulation, simulation, type Tally } from '../domain/simulate.ts';
import { dayMs, dayOf, hourMs } from '../domain/usage.ts';
import type { Simulate } from '../schemas-usage.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';
import type { AccessModel, Snapshot } from './load-access.ts';
import { type ModelChange, overlayModel } from './overlay-model.ts';
import { planSimulation } from './plan-simulation.ts';

const maxTries = 2;
/** A request has 29 seconds at the gateway. */
const deadlineMs = 20_000;
const maxPairs = 10_000;

const nobody = (principal: Principal): Holder => ({ principal, grants: compileGrants([]) });

/** @returns both holders of a principal, kept for those met last */
const pairs = (org: Call['org'], before: AccessModel, after: AccessModel) => {
  const known = lru<Principal, HolderPair>(maxPairs);
  return async (principal: Principal): Promise<HolderPair> => {
    const found = known.get(principal);
    if (found !== undefined) return found;
    const holder = async (model: AccessModel): Promise<Holder> => (await model.load(org, principal))?.holder ?? nobody(principal);
    const made = { before: await holder(before), after: await holder(after) };
    known.set(principal, made);
    return made;
  };
};

/** @returns whether all days were replayed; the newest come first */
const replayDays = async (
  dependencies: AuthzDependencies,
  call: Pick<Call, 'org'>,
  { sinceMs, untilMs }: { readonly sinceMs: number; readonly untilMs: number },
  { snapshot, change, run }: { readonly snapshot: Snapshot; readonly change: ModelChange; readonly run: Simulation },
): Promise<boolean> => {
  const { usageRecords, world } = dependencies;
  const pairOf = pairs(call.org, overlayModel(dependencies, snapshot), overlayModel(dependencies, snapshot, change));
  const first = dayOf(sinceMs);
  for (let day = dayOf(untilMs); day >= first; day -= 1) {
    const fromHour = day === first ? Math.floor((sinceMs - first * dayMs) / hourMs) : 0;
    for await (const rows of usageRecords.rows(call.org, day)) {
      let pair: HolderPair | undefined;
      for (const row of rows) {
        // A page holds a principal's rows one after another.
        if (pair?.before.principal !== row.principal) pair = await pairOf(row.principal);
        run.replay(row, pair, fromHour);
      }
      if (world.nowMs() - untilMs > deadlineMs) return false;
    }
  }
  return true;
};

const shownSample = ({ lastMs, hourStartMs, facts, permission, reason, unsettled, ...sample }: Sample) => {
  const { environment, mfa, network } = facts;
  return {
    ...sample,
    ...(permission === undefined ? {} : { permission }),
    lastAt: toTime(lastMs),
    ...(hourStartMs === undefined ? {} : { hour: toTime(hourStartMs) }),
    ...(environment === undefined ? {} : { environment }),
    ...(mfa === undefined ? {} : { mfa }),
    ...(network === undefined ? {} : { network }),
    ...(reason === undefined ? {} : { reason }),
    ...(unsettled === undefined ? {} : { unsettled: [...unsettled] }),
  };
};

const shown = ({ count, samples }: Tally) => ({ count, samples: samples.map(shownSample) });

export const simulateChange = async (dependencies: AuthzDependencies, call: Call<object, object, Simulate>): Promise<Answer> => {
  const { model, models, usage, usageRecords, world } = dependencies;
  const { change, since } = call.body;
  const untilMs = world.nowMs();
  const askedMs = Date.parse(since);
  if (askedMs > untilMs) throw invalid({ pointer: '/since', detail: 'this time has not come' });
  await usage.flush();
  const { startMs = untilMs } = await usageRecords.notes(call.org);
  // What was decided in one hour is one count: the hour that `since` lies in is replayed whole.
  const sinceMs = Math.floor(Math.max(askedMs, startMs) / hourMs) * hourMs;
  for (let tried = 0; tried < maxTries; tried += 1) {
    const snapshot = await model.current(call.org);
    const planned = await planSimulation(dependencies, call.org, snapshot, change);
    const run = simulation();
    const complete = await replayDays(dependencies, call, { sinceMs, untilMs }, { snapshot, change: planned, run });
    // INVARIANT: what was replayed is this version's only if the version has not moved meanwhile.
    if ((await models.version(call.org)) !== snapshot.version) continue;
    const { allowedToDenied, deniedToAllowed, unknown, ...counts } = run.result();
    return ok({
      since: toTime(sinceMs),
      until: toTime(untilMs),
      complete,
      ...counts,
      allowedToDenied: shown(allowedToDenied),
      deniedToAllowed: shown(deniedToAllowed),
      unknown: shown(unknown),
    });
  }
  throw new AppError('dependency-unavailable', 'access was changed during the simulation; try again');
};
