// Export jobs over the table port: one row each, moved by compare-and-swap, gone a while after they are over.
import * as z from 'zod';
import { principal } from '../../shared/kernel/principal.ts';
import type { Item, Table } from '../../shared/ports/table.ts';
import { exportFormats } from '../domain/export-manifest.ts';
import type { ExportJob, ExportJobs } from '../ports.ts';
import { exportKey, jobsPartition } from './keys.ts';

/** Files of an export, and its row, are kept this long after it is over. */
export const keptMs = 7 * 24 * 60 * 60_000;

const file = z.object({
  name: z.string(),
  kind: z.enum(['events', 'entries', 'proof']),
  bytes: z.int(),
  sha256: z.string(),
  count: z.int(),
});

const row = z.object({
  id: z.string(),
  version: z.int(),
  format: z.enum(exportFormats),
  filter: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
  status: z.enum(['queued', 'running', 'done', 'failed']),
  detail: z.string().exactOptional(),
  createdAtMs: z.int(),
  createdBy: principal,
  source: z.object({ ip: z.string().exactOptional(), userAgent: z.string().exactOptional(), client: z.string().exactOptional() }),
  requestId: z.string(),
  total: z.int().exactOptional(),
  done: z.int(),
  checkpoint: z.string().exactOptional(),
  phase: z.enum(['events', 'entries', 'record', 'over']),
  at: z.string().exactOptional(),
  files: z.array(file),
  record: z.object({ event: z.string(), createdAt: z.string() }).exactOptional(),
  doneAtMs: z.int().exactOptional(),
});

export const tableExportJobs = ({ table }: { table: Table }): ExportJobs => {
  const all = async (org: string): Promise<ExportJob[]> => {
    const found: ExportJob[] = [];
    for (let after: string | undefined; ; ) {
      const page = await table.query(org, { pk: jobsPartition(org), limit: 100, ...(after === undefined ? {} : { after }) });
      found.push(...page.items.map((item) => row.parse(item)));
      if (page.next === undefined) return found;
      after = page.next;
    }
  };
  return {
    async read(org, id) {
      const item = await table.get(org, exportKey(org, id));
      return item && row.parse(item);
    },
    open: async (org) => (await all(org)).filter(({ phase }) => phase !== 'over'),
    ids: async (org) => (await all(org)).map(({ id }) => id),
    put(org, job, from) {
      const { doneAtMs } = job;
      const item = {
        ...job,
        ...exportKey(org, job.id),
        ...(doneAtMs === undefined ? {} : { expiresAtSeconds: Math.ceil((doneAtMs + keptMs) / 1000) }),
      } as unknown as Item;
      return { kind: 'put', item, condition: from === undefined ? { absent: true } : { version: from } };
    },
    remove: (org, id) => ({ kind: 'delete', key: exportKey(org, id) }),
  };
};
