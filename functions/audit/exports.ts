// The worker of exports over a platform: every open job a step at a time, in turns; and what is over its time goes.
import type { AccessSource } from '../shared/kernel/call.ts';
import type { OrgId } from '../shared/kernel/ids.ts';
import type { Platform } from '../shared/platform.ts';
import { archiveExportFiles } from './adapters/archive-export-files.ts';
import { archiveLogFiles } from './adapters/archive-log-files.ts';
import { archiveScan } from './adapters/archive-scan.ts';
import { tableErasures } from './adapters/table-erasures.ts';
import { tableEventIndex } from './adapters/table-event-index.ts';
import { tableExportJobs } from './adapters/table-export-jobs.ts';
import { tableKeyRing } from './adapters/table-key-ring.ts';
import { tableLogHeads } from './adapters/table-log-heads.ts';
import { serviceName } from './dependencies.ts';
import { organizationsOf } from './pipeline.ts';
import { runExport } from './use-cases/run-export.ts';
import { searchAll } from './use-cases/search-all.ts';
import { takeTurns } from './use-cases/take-turns.ts';

export interface ExportWorker {
  /** Does what can be done now. @returns whether jobs wait for a checkpoint */
  run(signal?: AbortSignal): Promise<boolean>;
  /** Takes away files whose jobs are gone. */
  tidy(): Promise<void>;
}

type ExportPlatform = Pick<Platform, 'world' | 'log' | 'table' | 'keyTable' | 'indexTable' | 'keys' | 'archive'>;

/** A job whose step fails this often in a row rests until the next start. */
const maxFailures = 5;

export const exportWorker = (platform: ExportPlatform, access: AccessSource): ExportWorker => {
  const { world, log, table, keyTable, indexTable, keys, archive } = platform;
  const index = tableEventIndex({ indexTable, clock: world });
  const old = archiveScan({ archive, keyRing: tableKeyRing({ keyTable, keys, world }) });
  const jobs = tableExportJobs({ table });
  const exportFiles = archiveExportFiles({ archive });
  const failures = new Map<string, number>();
  const step = runExport({
    log,
    world,
    table,
    jobs,
    exportFiles,
    access,
    index: { ...index, search: searchAll({ index, old, clock: world }) },
    heads: tableLogHeads({ table }),
    files: archiveLogFiles({ archive }),
    publicKey: () => keys.publicKey(),
    erasures: tableErasures({ table }).all,
    service: serviceName,
  });

  return {
    async run(signal) {
      let waiting = false;
      const open: { org: OrgId; id: string }[] = [];
      for (const org of await organizationsOf(platform)) open.push(...(await jobs.open(org)).map(({ id }) => ({ org, id })));
      const fit = open.filter(({ id }) => (failures.get(id) ?? 0) < maxFailures);
      await takeTurns(
        fit,
        async ({ org, id }) => {
          const result = await step(org, id);
          failures.delete(id);
          waiting ||= result === 'waiting';
          return result === 'more' && signal?.aborted !== true;
        },
        ({ org, id }, error) => {
          failures.set(id, (failures.get(id) ?? 0) + 1);
          waiting = true;
          log.error('a step of an export failed', { org, error });
        },
      );
      return waiting;
    },
    async tidy() {
      for (const org of await organizationsOf(platform)) {
        const kept = new Set(await jobs.ids(org));
        for (const job of await exportFiles.jobs(org)) if (!kept.has(job)) await exportFiles.removeAll(org, job);
      }
    },
  };
};
