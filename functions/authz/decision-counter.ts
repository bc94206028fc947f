// The usage recorder of a process: one for each table, so that all who decide over it share what is counted and one write ends it.
import type { World } from '../shared/kernel/world.ts';
import type { Log } from '../shared/observability/log.ts';
import type { Table } from '../shared/ports/table.ts';
import { tableUsageStore } from './adapters/table-usage-store.ts';
import { type UsageRecorder, usageRecorder } from './use-cases/record-usage.ts';

const recorders = new WeakMap<Table, UsageRecorder>();

/**
 * Counts decisions of this process over a table. Whoever ends the process awaits `flush()` before the table closes; where a process
 * may be frozen or ended without notice (Lambda), counts are written as requests come, and what may be lost is noted.
 */
export const decisionCounter = ({ table, world, log }: { table: Table; world: World; log?: Log | undefined }): UsageRecorder => {
  const known = recorders.get(table);
  if (known !== undefined) return known;
  const made = usageRecorder({ store: tableUsageStore(table), world, warn: (message, error) => log?.warn(message, { error }) });
  recorders.set(table, made);
  return made;
};

/** Writes what is counted when the process is told to end; Lambda tells so where an extension is registered. */
export const flushAtStop = (recorder: UsageRecorder, running: Pick<NodeJS.Process, 'once' | 'exit'>): void => {
  running.once('SIGTERM', () => {
    recorder
      .flush()
      .catch(() => undefined)
      .finally(() => running.exit(0));
  });
};
