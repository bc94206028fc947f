// What the audit service's use cases need, made from a platform; the laptop and the Lambda handler call it alike.
import { cursors } from '../shared/http/cursor.ts';
import { orgKeys } from '../shared/org-keys.ts';
import type { Platform } from '../shared/platform.ts';
import { archiveExportFiles } from './adapters/archive-export-files.ts';
import { archiveLogFiles } from './adapters/archive-log-files.ts';
import { archiveScan } from './adapters/archive-scan.ts';
import { tableErasures } from './adapters/table-erasures.ts';
import { tableEventIndex } from './adapters/table-event-index.ts';
import { tableExportJobs } from './adapters/table-export-jobs.ts';
import { tableKeyRing } from './adapters/table-key-ring.ts';
import { tableLogHeads } from './adapters/table-log-heads.ts';
import { tableLogSettings } from './adapters/table-log-settings.ts';
import { tableOutbox } from './adapters/table-outbox.ts';
import type { EventSearch } from './ports.ts';
import { committer } from './use-cases/commit-change.ts';
import { exportLinks } from './use-cases/export-links.ts';
import type { Deployed } from './use-cases/manage-retention.ts';
import { readRecorder } from './use-cases/record-read.ts';
import { searchAll } from './use-cases/search-all.ts';

/** The name that the audit service's own events bear. */
export const serviceName = 'audit';

type AuditPlatform = Pick<Platform, 'world' | 'table' | 'keyTable' | 'indexTable' | 'keys' | 'archive'>;

/** The laptop's archive: files are read-only, and nothing but the folder's owner could take them away. */
const localRetention: Deployed = { mode: 'governance', days: 365 };

/**
 * @param deployed Object Lock as the deployment set it
 * @param old finds events that the index no longer keeps
 */
export const auditDependencies = (
  { world, table, keyTable, indexTable, keys, archive }: AuditPlatform,
  deployed: Deployed = localRetention,
  old: EventSearch | undefined = archiveScan({ archive, keyRing: tableKeyRing({ keyTable, keys, world }) }),
) => {
  const index = tableEventIndex({ indexTable, clock: world });
  const commit = committer({ table, world, service: serviceName });
  const ownKeys = orgKeys({ keyTable, keys, clock: world });
  return {
    world,
    table,
    keyTable,
    keys,
    commit,
    outbox: tableOutbox({ table }),
    heads: tableLogHeads({ table }),
    files: archiveLogFiles({ archive }),
    index,
    search: searchAll({ index, old, clock: world }),
    cursors: cursors({ orgKeys: ownKeys, randomness: world }),
    recordRead: readRecorder({ commit, clock: world }),
    jobs: tableExportJobs({ table }),
    exportFiles: archiveExportFiles({ archive }),
    deployed,
    settings: tableLogSettings({ table }),
    erasures: tableErasures({ table }),
    orgKeys: ownKeys,
    links: exportLinks({ orgKeys: ownKeys, clock: world }),
  };
};

export type AuditDependencies = ReturnType<typeof auditDependencies>;
