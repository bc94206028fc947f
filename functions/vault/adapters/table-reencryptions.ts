// Re-encryption jobs over the table port: one row a workspace, moved on by compare-and-swap.
import * as z from 'zod';
import { ConditionFailed, type Table, type Write } from '../../shared/ports/table.ts';
import type { Reencryption, ReencryptionStore } from '../ports.ts';
import { reencryptionKey } from './keys.ts';

const row = z.object({
  id: z.string(),
  status: z.enum(['running', 'done']),
  keyId: z.string(),
  done: z.number(),
  total: z.number(),
  unreadable: z.number(),
  position: z.string().optional(),
  by: z.string(),
  startedAtMs: z.number(),
  updatedAtMs: z.number(),
  version: z.number(),
});

export const tableReencryptions = (table: Table): ReencryptionStore => {
  const put = (org: string, workspace: string, after: Reencryption, before: number | undefined, orElse?: () => Error): Write => {
    const { position, ...rest } = after;
    return {
      kind: 'put',
      item: { ...reencryptionKey(org, workspace), ...rest, ...(position === undefined ? {} : { position }) },
      condition: before === undefined ? { absent: true } : { version: before },
      ...(orElse === undefined ? {} : { orElse }),
    };
  };
  return {
    get: async (org, workspace) => {
      const found = await table.get(org, reencryptionKey(org, workspace));
      return found && row.parse(found);
    },
    write: (org, workspace, before, after, orElse) => put(org, workspace, after, before?.version, orElse),
    save: async (org, workspace, after) => {
      try {
        await table.transact(org, [put(org, workspace, after, after.version - 1)]);
        return true;
      } catch (error) {
        if (error instanceof ConditionFailed) return false;
        throw error;
      }
    },
  };
};
