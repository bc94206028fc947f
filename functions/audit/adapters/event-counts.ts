// Counts of indexed events by the hour: a row for types and outcomes, a row an actor, written in the transaction of the events they count.
import type { OrgId } from '../../shared/kernel/ids.ts';
import type { Item, Table, Write } from '../../shared/ports/table.ts';
import type { StoredEvent } from '../domain/event.ts';
import type { HourCounts } from '../ports.ts';
import { statsKey, statsPartition } from './keys.ts';

/** Writers at the same time add to different rows. */
export const statsShards = 8;
const countsRow = 'counts';
const actorPrefix = 'actor#';
const hourLength = 'yyyy-mm-ddThh'.length;

export const countWrites = (org: OrgId, events: readonly StoredEvent[], shard: number, expiresAtSeconds: number): Write[] => {
  const rows = new Map<string, { key: ReturnType<typeof statsKey>; amounts: Record<string, number> }>();
  const add = (event: StoredEvent, what: string, name: string): void => {
    const key = statsKey(org, event.workspace, event.time.slice(0, hourLength), what, shard);
    const row = rows.get(`${key.pk}/${key.sk}`) ?? { key, amounts: {} };
    row.amounts[name] = (row.amounts[name] ?? 0) + 1;
    rows.set(`${key.pk}/${key.sk}`, row);
  };
  for (const event of events) {
    add(event, countsRow, `type ${event.type}`);
    add(event, countsRow, `outcome ${event.outcome}`);
    add(event, `${actorPrefix}${event.actor.principal.slice(0, 200)}`, 'count');
  }
  return [...rows.values()].map(({ key, amounts }) => ({ kind: 'add', key, amounts, expiresAtSeconds }));
};

/** @returns every row of that time */
const statsRows = async function* (
  table: Table,
  org: OrgId,
  workspace: string | undefined,
  from: string,
  to: string,
): AsyncGenerator<Item> {
  for (let after: string | undefined; ; ) {
    const range = { from, to: `${to}~` };
    const page = await table.query(org, {
      pk: statsPartition(org, workspace),
      range,
      limit: 1_000,
      ...(after === undefined ? {} : { after }),
    });
    yield* page.items;
    if (page.next === undefined) return;
    after = page.next;
  }
};

const whatOf = (sk: string): string => sk.slice(sk.indexOf('#', hourLength + 1) + 1);

export const readCounts = async (
  table: Table,
  org: OrgId,
  workspace: string | undefined,
  from: string,
  to: string,
): Promise<HourCounts[]> => {
  const hours = new Map<string, { types: Record<string, number>; outcomes: Record<string, number>; actors: Record<string, number> }>();
  for await (const item of statsRows(table, org, workspace, from, to)) {
    const hour = item.sk.slice(0, hourLength);
    const counts = hours.get(hour) ?? { types: {}, outcomes: {}, actors: {} };
    hours.set(hour, counts);
    const what = whatOf(item.sk);
    for (const [name, count] of Object.entries(item)) {
      if (typeof count !== 'number' || name === 'expiresAtSeconds') continue;
      const [group, key] = what.startsWith(actorPrefix)
        ? [counts.actors, what.slice(actorPrefix.length)]
        : name.startsWith('type ')
          ? [counts.types, name.slice('type '.length)]
          : [counts.outcomes, name.slice('outcome '.length)];
      group[key] = (group[key] ?? 0) + count;
    }
  }
  return [...hours].map(([hour, counts]) => ({ hour, ...counts }));
};

/** @returns the rows that count one actor's events in that workspace */
export const actorRows = async (table: Table, org: OrgId, workspace: string | undefined, actor: string): Promise<Item[]> => {
  const found: Item[] = [];
  for await (const item of statsRows(table, org, workspace, '', '~'))
    if (whatOf(item.sk) === `${actorPrefix}${actor.slice(0, 200)}`) found.push(item);
  return found;
};
