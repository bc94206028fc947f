// Usage records over the table port: a row of counters a day, principal, permission and kept inputs, which all recorders add to.
import * as z from 'zod';
import { toTime } from '../../shared/kernel/world.ts';
import { ConditionFailed, type Item, type Table, TransactionConflict, type Write } from '../../shared/ports/table.ts';
import { dayMs, type UsageRow, unkeptHour, usageKeptDays } from '../domain/usage.ts';
import type { PendingUsage } from '../domain/usage-buffer.ts';
import { readUsageKey } from '../domain/usage-key.ts';
import type { UsageStore } from '../ports.ts';
import {
  usageCoveragePartition,
  usageLostKey,
  usageLostPrefix,
  usagePartition,
  usageShards,
  usageStartKey,
  usageWaitingKey,
  usageWaitingPrefix,
} from './keys.ts';

const pageSize = 500;
const conflictTries = 6;
const keptSeconds = usageKeptDays * 86_400;

/** FNV-1a over the principal's characters. */
const shardOf = (principal: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < principal.length; index += 1) hash = Math.imul(hash ^ principal.charCodeAt(index), 0x01000193);
  return (hash >>> 0) % usageShards;
};

const dayText = (day: number): string => toTime(day * dayMs).slice(0, 10);

const hourName = (hour: number): string => (hour === unkeptHour ? 'hx' : `h${hour}`);
const hourNames = Array.from({ length: unkeptHour + 1 }, (_, hour) => hourName(hour));

const addition = ({ org, day, principal, key, hours, lastMs }: PendingUsage): Write => ({
  kind: 'add',
  key: { pk: usagePartition(org, dayText(day), shardOf(principal)), sk: key },
  amounts: Object.fromEntries([...hours].map(([hour, count]) => [hourName(hour), count])),
  set: { lastMs },
  expiresAtSeconds: Math.floor((day * dayMs) / 1000) + keptSeconds,
});

const readRow = (day: number, item: Item): UsageRow => {
  const hours = hourNames.flatMap((name, hour): [number, number][] => {
    const count = item[name];
    return typeof count === 'number' && count > 0 ? [[hour, count]] : [];
  });
  return { day, ...readUsageKey(item.sk), hours, lastMs: typeof item.lastMs === 'number' ? item.lastMs : day * dayMs };
};

const startRow = z.object({ startMs: z.int() });
const waitingRow = z.object({ sinceMs: z.int() });
const lostRow = z.object({ fromMs: z.int(), toMs: z.int() });

export const tableUsageStore = (table: Table): UsageStore => ({
  add: async (org, rows) => {
    const writes = rows.map(addition);
    for (let tried = 1; ; tried += 1) {
      try {
        return await table.transact(org, writes);
      } catch (error) {
        if (!(error instanceof TransactionConflict) || tried === conflictTries) throw error;
        await new Promise((resolve) => setTimeout(resolve, 5 * 2 ** tried));
      }
    }
  },
  async *rows(org, day) {
    for (let shard = 0; shard < usageShards; shard += 1) {
      for (let after: string | undefined; ; ) {
        const pk = usagePartition(org, dayText(day), shard);
        const page = await table.query(org, { pk, limit: pageSize, ...(after === undefined ? {} : { after }) });
        yield page.items.map((item) => readRow(day, item));
        after = page.next;
        if (after === undefined) break;
      }
    }
  },
  noteStart: async (org, startMs) => {
    try {
      await table.transact(org, [{ kind: 'put', item: { ...usageStartKey(org), startMs }, condition: { absent: true } }]);
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
    }
  },
  noteWaiting: (org, recorder, sinceMs) =>
    table.transact(org, [
      {
        kind: 'put',
        item: { ...usageWaitingKey(org, recorder), sinceMs, expiresAtSeconds: Math.floor(sinceMs / 1000) + keptSeconds },
      },
    ]),
  noteWritten: (org, recorder) => table.transact(org, [{ kind: 'delete', key: usageWaitingKey(org, recorder) }]),
  noteLost: (org, recorder, { fromMs, toMs }) =>
    table.transact(org, [
      {
        kind: 'put',
        item: { ...usageLostKey(org, recorder, fromMs), fromMs, toMs, expiresAtSeconds: Math.floor(toMs / 1000) + keptSeconds },
      },
    ]),
  notes: async (org) => {
    const notes = {
      startMs: undefined as number | undefined,
      waiting: [] as { recorder: string; sinceMs: number }[],
      lost: [] as { fromMs: number; toMs: number }[],
    };
    for (let after: string | undefined; ; ) {
      const page = await table.query(org, { pk: usageCoveragePartition(org), limit: pageSize, ...(after === undefined ? {} : { after }) });
      for (const item of page.items) {
        if (item.sk === 'start') notes.startMs = startRow.parse(item).startMs;
        else if (item.sk.startsWith(usageWaitingPrefix)) {
          notes.waiting.push({ recorder: item.sk.slice(usageWaitingPrefix.length), sinceMs: waitingRow.parse(item).sinceMs });
        } else if (item.sk.startsWith(usageLostPrefix)) notes.lost.push(lostRow.parse(item));
      }
      after = page.next;
      if (after === undefined) return notes;
    }
  },
});
