// What the audit service's use cases need, made from a platform; the laptop and the Lambda handler call it alike.
import { cursors } from '../shared/http/cursor.ts';
import { orgKeys } from '../shared/org-keys.ts';
import type { Platform } from '../shared/platform.ts';
import { archiveLogFiles } from './adapters/archive-log-files.ts';
import { tableEventIndex } from './adapters/table-event-index.ts';
import { tableLogHeads } from './adapters/table-log-heads.ts';
import { tableOutbox } from './adapters/table-outbox.ts';
import { committer } from './use-cases/commit-change.ts';
import { readRecorder } from './use-cases/record-read.ts';

/** The name that the audit service's own events bear. */
export const serviceName = 'audit';

type AuditPlatform = Pick<Platform, 'world' | 'table' | 'keyTable' | 'indexTable' | 'keys' | 'archive'>;

export const auditDependencies = ({ world, table, keyTable, indexTable, keys, archive }: AuditPlatform) => ({
  table,
  keys,
  outbox: tableOutbox({ table }),
  heads: tableLogHeads({ table }),
  files: archiveLogFiles({ archive }),
  index: tableEventIndex({ indexTable, clock: world }),
  cursors: cursors({ orgKeys: orgKeys({ keyTable, keys, clock: world }), randomness: world }),
  recordRead: readRecorder({ commit: committer({ table, world, service: serviceName }), clock: world }),
});

export type AuditDependencies = ReturnType<typeof auditDependencies>;
