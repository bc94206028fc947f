// What was granted and not used in a number of days, a role at a time, with the tighter role that would have done.
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import type { Principal } from '../../shared/kernel/principal.ts';
import type { Scope } from '../../shared/kernel/scope.ts';
import { toTime } from '../../shared/kernel/world.ts';
import { adminRole, builtInRole } from '../domain/built-in-roles.ts';
import type { CompiledRole } from '../domain/compile-grants.ts';
import { coverageOf, type TimeSpan } from '../domain/coverage.ts';
import { tighterPermissions, type UnusedGrant, type UseMarks, unusedGrants, useMarks } from '../domain/unused.ts';
import { dayMs, dayOf } from '../domain/usage.ts';
import type { Listed, ListRequest, UsageNotes } from '../ports.ts';
import type { UnusedQuery } from '../schemas-usage.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';
import { pageInMemory } from './list-page.ts';
import type { AccessModel, Snapshot } from './load-access.ts';
import { overlayModel } from './overlay-model.ts';

const deadlineMs = 20_000;
/** Holders shown of a role; `?principal=` finds the others. */
const maxShown = 50;
/** A recorder writes what it holds within seconds; a note as old as this tells of one that ended with it. */
const abandonedMs = 60_000;
/** No recorder holds counts for longer, unless the table itself refuses them. */
const longestHoldMs = 10 * 60_000;

interface Holding {
  readonly principal: Principal;
  readonly assignment: string;
  readonly scope: Scope;
}

interface Marked {
  readonly marks: UseMarks;
  /** Principals with uses that were not told apart. */
  readonly untold: ReadonlySet<Principal>;
  /** From when on all was read; later than asked where time ran out. */
  readonly readFromMs: number;
}

const markUses = async (
  { usageRecords, world }: AuthzDependencies,
  call: Pick<Call, 'org'>,
  model: AccessModel,
  window: TimeSpan,
): Promise<Marked> => {
  const marks = useMarks();
  const untold = new Set<Principal>();
  for (let day = dayOf(window.toMs); day >= dayOf(window.fromMs); day -= 1) {
    for await (const rows of usageRecords.rows(call.org, day)) {
      for (const { principal, permission, allowed, kind, lastMs } of rows) {
        if (!allowed || lastMs < window.fromMs) continue;
        if (permission === undefined) untold.add(principal);
        const holder = permission && (await model.load(call.org, principal))?.holder;
        if (holder !== undefined && permission !== undefined) marks.mark(holder, permission.number, permission.scope, kind);
      }
      if (world.nowMs() - window.toMs > deadlineMs) return { marks, untold, readFromMs: (day + 1) * dayMs };
    }
  }
  return { marks, untold, readFromMs: window.fromMs };
};

const everyPage = async <T>(read: (request: ListRequest) => Promise<Listed<T>>, take: (item: T) => void): Promise<void> => {
  for (let after: string | undefined; ; ) {
    const page = await read({ limit: 500, after });
    for (const item of page.items) take(item);
    after = page.next;
    if (after === undefined) return;
  }
};

/** @returns who holds each role now, by assignments and by tokens */
const holdingsByRole = async ({ model, assignments, tokens, world }: AuthzDependencies, { org }: Pick<Call, 'org'>, snapshot: Snapshot) => {
  const byRole = new Map<string, Holding[]>();
  const nowMs = world.nowMs();
  const add = (role: string, holding: Holding): void => {
    const list = byRole.get(role);
    if (list === undefined) byRole.set(role, [holding]);
    else list.push(holding);
  };
  await everyPage(
    (request) => assignments.list(org, {}, request),
    (row) => {
      if (!model.isLive(snapshot, row) || nowMs >= (row.expiresAtMs ?? Number.POSITIVE_INFINITY)) return;
      add(row.role, { principal: row.principal, assignment: row.id, scope: row.scope });
    },
  );
  await everyPage(
    (request) => tokens.list(org, request),
    (row) => {
      if (!model.isLive(snapshot, row) || nowMs >= row.expiresAtMs) return;
      add(row.role, { principal: `token:${row.id}` as Principal, assignment: row.id, scope: row.scope });
    },
  );
  return byRole;
};

/** @returns times of which nothing is known: counts that were lost, and those of recorders that ended with them */
const lostSpans = ({ waiting, lost }: UsageNotes, own: string, nowMs: number): TimeSpan[] => [
  ...lost,
  ...waiting
    .filter(({ recorder, sinceMs }) => recorder !== own && nowMs - sinceMs >= abandonedMs)
    .map(({ sinceMs }) => ({ fromMs: sinceMs, toMs: Math.min(nowMs, sinceMs + longestHoldMs) })),
];

interface RoleReport {
  readonly role: CompiledRole;
  readonly holdings: readonly Holding[];
  readonly marked: Marked;
  /** Whether the records cover all of the time. */
  readonly covered: boolean;
  /** Only this principal's holding is asked about. */
  readonly only: Principal | undefined;
}

const tighterRole = ({ role, holdings, marked, covered }: RoleReport, snapshot: Snapshot, days: number) => {
  // INVARIANT: nothing is proposed from what is not known, and Admin is the way in.
  if (!covered || role.id === adminRole || holdings.some(({ principal }) => marked.untold.has(principal))) return undefined;
  const own = role.grants.filter(({ policy }) => policy === undefined).map(({ permission }) => permission);
  const permissions = tighterPermissions(
    marked.marks,
    role.grants,
    holdings.map(({ assignment }) => assignment),
  );
  if (permissions.length === own.length && permissions.every((permission) => own.includes(permission))) return undefined;
  const name = (builtInRole(role.id) ?? snapshot.roles.get(role.id))?.name ?? role.id;
  const tighter = `${name.slice(0, 90)}, tighter`;
  return { name: tighter, description: `What was used of role ${role.id} in ${days} days.`, permissions: [...permissions] };
};

const reportOf = (report: RoleReport, snapshot: Snapshot, days: number) => {
  const { role, holdings, marked, only } = report;
  const unusedOf = (held: readonly Holding[]): UnusedGrant[] => [...unusedGrants(marked.marks, role.grants, held)];
  const principals = holdings
    .filter(({ principal }) => !marked.untold.has(principal) && (only === undefined || only === principal))
    .map((holding) => ({ ...holding, unused: unusedOf([holding]) }))
    .filter(({ unused }) => unused.length > 0);
  const tighter = tighterRole(report, snapshot, days);
  return {
    id: role.id,
    role: role.id,
    builtIn: builtInRole(role.id) !== undefined,
    unused: unusedOf(holdings),
    ...(tighter === undefined ? {} : { tighter }),
    principals: principals.slice(0, maxShown),
    principalCount: principals.length,
  };
};

export const listUnused = async (dependencies: AuthzDependencies, call: Call<object, UnusedQuery>): Promise<Answer> => {
  const { model, usage, usageRecords, cursors, world } = dependencies;
  const { days, role: onlyRole, principal: only, limit } = call.query;
  const after = await cursors.open(call as unknown as Call, 'unused');
  await usage.flush();
  const toMs = world.nowMs();
  const window = { fromMs: toMs - days * dayMs, toMs };
  const snapshot = await model.current(call.org);
  const notes = await usageRecords.notes(call.org);
  const readable = { fromMs: Math.max(window.fromMs, notes.startMs ?? toMs), toMs };
  const marked = await markUses(dependencies, call, overlayModel(dependencies, snapshot), readable);
  const unread = marked.readFromMs > readable.fromMs ? [{ fromMs: window.fromMs, toMs: marked.readFromMs }] : [];
  const coverage = coverageOf(window, notes.startMs, [...lostSpans(notes, usage.id, toMs), ...unread]);
  const byRole = await holdingsByRole(dependencies, call, snapshot);
  const reports = [...byRole]
    .filter(([role]) => onlyRole === undefined || onlyRole === role)
    .flatMap(([id, holdings]) => {
      const role = snapshot.compiled(id);
      if (role === undefined) return [];
      return [reportOf({ role, holdings, marked, covered: coverage.gaps.length === 0, only }, snapshot, days)];
    })
    .filter(
      ({ unused, tighter, principalCount }) => principalCount > 0 || (only === undefined && (unused.length > 0 || tighter !== undefined)),
    )
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const page = pageInMemory(reports, limit, after);
  const nextCursor = page.next === undefined ? undefined : await cursors.seal(call as unknown as Call, 'unused', page.next);
  return ok({
    days,
    from: toTime(window.fromMs),
    to: toTime(window.toMs),
    coverage: { share: coverage.share, gaps: coverage.gaps.map((gap) => ({ from: toTime(gap.fromMs), to: toTime(gap.toMs) })) },
    items: page.items,
    ...(nextCursor === undefined ? {} : { nextCursor }),
  });
};
