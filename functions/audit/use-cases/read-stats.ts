// Counts over time by type, outcome and actor, of what the caller may read.
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import { invalid } from '../../shared/kernel/errors.ts';
import { toTime, type World } from '../../shared/kernel/world.ts';
import type { EventIndex, HourCounts } from '../ports.ts';
import type { Stats, StatsQuery } from '../schemas.ts';
import type { RecordRead } from './record-read.ts';
import { readable } from './search-events.ts';

export interface StatsDependencies {
  readonly world: World;
  readonly index: EventIndex;
  readonly recordRead: RecordRead;
}

const dayMs = 24 * 60 * 60_000;
const defaultDays = 7;
const maxDays = 92;
const maxHours = 24 * 14;
const maxActors = 100;

const add = (to: Record<string, number>, from: Readonly<Record<string, number>>): void => {
  for (const [name, count] of Object.entries(from)) to[name] = (to[name] ?? 0) + count;
};

const sumOf = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

const largest = (counts: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(counts)
      .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
      .slice(0, maxActors),
  );

const bucketsOf = (hours: readonly HourCounts[], interval: 'hour' | 'day'): Stats['buckets'] => {
  const buckets = new Map<string, { types: Record<string, number>; outcomes: Record<string, number>; actors: Record<string, number> }>();
  for (const { hour, types, outcomes, actors } of hours) {
    const time = interval === 'hour' ? `${hour}:00:00.000Z` : `${hour.slice(0, 10)}T00:00:00.000Z`;
    const bucket = buckets.get(time) ?? { types: {}, outcomes: {}, actors: {} };
    buckets.set(time, bucket);
    add(bucket.types, types);
    add(bucket.outcomes, outcomes);
    add(bucket.actors, actors);
  }
  return [...buckets]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([time, { types, outcomes, actors }]) => ({ time, total: sumOf(types), types, outcomes, actors: largest(actors) }));
};

export const readStats = async (
  { world, index, recordRead }: StatsDependencies,
  call: Call<object, StatsQuery, unknown, unknown>,
): Promise<Answer<Stats>> => {
  const { interval, workspace } = call.query;
  const toMs = call.query.to === undefined ? world.nowMs() : Date.parse(call.query.to);
  const fromMs = call.query.from === undefined ? toMs - defaultDays * dayMs : Date.parse(call.query.from);
  const longest = interval === 'hour' ? maxHours / 24 : maxDays;
  if (fromMs > toMs || toMs - fromMs > longest * dayMs) {
    throw invalid({ pointer: '/query/from', detail: `counts by the ${interval} cover at most ${longest} days, and begin before they end` });
  }
  const from = toTime(fromMs);
  const to = toTime(toMs);
  await recordRead(call as unknown as Call, { action: 'read-stats', resource: { type: 'audit-log', id: call.org }, details: { interval } });
  const allows = readable(call);
  const places = workspace === undefined ? [undefined, ...(await index.workspaces(call.org))] : [workspace];
  const hours: HourCounts[] = [];
  for (const place of places) {
    if (allows({ workspace: place })) hours.push(...(await index.counts(call.org, place, from.slice(0, 13), to.slice(0, 13))));
  }
  const buckets = bucketsOf(hours, interval);
  const totals = { types: {}, outcomes: {}, actors: {} };
  for (const { types, outcomes, actors } of hours) {
    add(totals.types, types);
    add(totals.outcomes, outcomes);
    add(totals.actors, actors);
  }
  return ok({ from, to, interval, total: sumOf(totals.types), ...totals, actors: largest(totals.actors), buckets });
};
