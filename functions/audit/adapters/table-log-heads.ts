// Heads of logs over the table port: one row an organization, moved by compare-and-swap.
import * as z from 'zod';
import { ConditionFailed, type Item, type Table, TransactionConflict } from '../../shared/ports/table.ts';
import type { LogHead, LogHeads } from '../ports.ts';
import { headKey } from './keys.ts';

const tries = 8;

const row = z.object({
  version: z.int(),
  origin: z.string(),
  size: z.int().min(0),
  root: z.instanceof(Uint8Array),
  range: z.array(z.instanceof(Uint8Array)),
  timeMs: z.int(),
  staging: z.string().optional(),
  checkpoint: z.string().optional(),
  checkpointSize: z.int().min(0),
});

const asHead = (item: Item): LogHead => {
  const { staging, checkpoint, ...rest } = row.parse(item);
  return { ...rest, ...(staging === undefined ? {} : { staging }), ...(checkpoint === undefined ? {} : { checkpoint }) };
};

export const tableLogHeads = ({ table }: { table: Table }): LogHeads => {
  const read: LogHeads['read'] = async (org) => {
    const item = await table.get(org, headKey(org));
    return item && asHead(item);
  };
  return {
    read,
    async move(org, next, from) {
      const item: Item = { ...next, ...headKey(org) };
      const condition = from === undefined ? ({ absent: true } as const) : { version: from };
      for (let attempt = 1; ; attempt += 1) {
        try {
          await table.transact(org, [{ kind: 'put', item, condition }]);
          return true;
        } catch (error) {
          if (error instanceof ConditionFailed) {
            // INVARIANT: a write that was reported as failed may have been made; the head itself says whose it is.
            const now = await read(org);
            return now?.version === next.version && now.staging === next.staging && Buffer.compare(now.root, next.root) === 0;
          }
          if (!(error instanceof TransactionConflict) || attempt === tries) throw error;
          await new Promise((resolve) => setTimeout(resolve, 5 * 2 ** attempt));
        }
      }
    },
  };
};
