// Retention as deployed and as an organization lengthened it, and legal hold.
import { type Answer, type Call, noContent, ok } from '../../shared/kernel/call.ts';
import { AppError, notFound } from '../../shared/kernel/errors.ts';
import type { OrgId } from '../../shared/kernel/ids.ts';
import { toTime, type World } from '../../shared/kernel/world.ts';
import type { Hold, LogSettings } from '../ports.ts';
import type { ShownHold, ShownRetention } from '../schemas.ts';
import type { Commit } from './commit-change.ts';
import { demandAdmin } from './demand-admin.ts';

/** Object Lock as the deployment set it. */
export interface Deployed {
  readonly mode: 'governance' | 'compliance';
  readonly days: number;
}

export interface RetentionDependencies {
  readonly world: World;
  readonly commit: Commit;
  readonly settings: LogSettings;
  readonly deployed: Deployed;
}

type PlainCall = Call<object, object, unknown, unknown>;

const daysPerYear = 365;

const show = async ({ settings, deployed }: RetentionDependencies, org: OrgId): Promise<ShownRetention & { version: number }> => {
  const [own, hold] = await Promise.all([settings.retention(org), settings.hold(org)]);
  const days = Math.max(deployed.days, own?.days ?? 0);
  const { mode } = deployed;
  return {
    mode,
    days,
    years: Math.floor((days / daysPerYear) * 100) / 100,
    deployedDays: deployed.days,
    ...(hold === undefined ? {} : { hold: showHold(hold) }),
    version: own?.version ?? 0,
  };
};

const showHold = ({ since, by, reason }: Hold): ShownHold => ({ since, by, reason });

export const readRetention = async (dependencies: RetentionDependencies, call: PlainCall): Promise<Answer<ShownRetention>> => {
  demandAdmin(call);
  const { version, ...shown } = await show(dependencies, call.org);
  return ok(shown, version);
};

/** @throws AppError `retention-locked` for less than what holds: files that are locked stay locked, and a log's later part is kept no shorter */
export const putRetention = async (
  dependencies: RetentionDependencies,
  call: Call<object, object, { days: number }, unknown>,
): Promise<Answer<ShownRetention>> => {
  demandAdmin(call);
  const { settings, commit } = dependencies;
  const { days } = call.body;
  const own = await settings.retention(call.org);
  if (call.ifMatch !== undefined && call.ifMatch !== (own?.version ?? 0)) {
    throw new AppError('version-mismatch', 'the item has changed since you read it; read it again');
  }
  const before = (await show(dependencies, call.org)).days;
  if (days < before) throw new AppError('retention-locked', `retention is ${before} days and can only become longer`);
  if (days > before) {
    const next = { version: (own?.version ?? 0) + 1, days };
    await commit(call as unknown as Call, [settings.putRetention(call.org, next, own?.version)], {
      type: 'admin.settings_changed',
      action: 'lengthen-retention',
      resource: { type: 'audit-log', id: call.org },
      changes: [{ path: '/days', before, after: days }],
    });
  }
  const { version, ...shown } = await show(dependencies, call.org);
  return ok(shown, version);
};

/** Holds the log: nobody is erased from it while it is held. Holding a held log changes nothing. */
export const putHold = async (
  { settings, commit, world }: RetentionDependencies,
  call: Call<object, object, { reason: string }, unknown>,
): Promise<Answer<ShownHold>> => {
  demandAdmin(call);
  const standing = await settings.hold(call.org);
  if (standing !== undefined) return ok(showHold(standing), standing.version);
  const hold: Hold = { version: 1, since: toTime(world.nowMs()), by: call.caller.principal, reason: call.body.reason };
  await commit(call as unknown as Call, [settings.putHold(call.org, hold)], {
    type: 'audit.hold_changed',
    action: 'hold',
    resource: { type: 'audit-log', id: call.org },
    reason: hold.reason,
    changes: [{ path: '/hold', before: false, after: true }],
  });
  return ok(showHold(hold), hold.version);
};

export const endHold = async ({ settings, commit }: RetentionDependencies, call: PlainCall): Promise<Answer<never>> => {
  demandAdmin(call);
  const hold = await settings.hold(call.org);
  if (hold === undefined) throw notFound();
  await commit(call as unknown as Call, [settings.endHold(call.org, hold)], {
    type: 'audit.hold_changed',
    action: 'release',
    resource: { type: 'audit-log', id: call.org },
    changes: [{ path: '/hold', before: true, after: false }],
  });
  return noContent();
};
