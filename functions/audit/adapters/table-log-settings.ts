// What an organization set of its log, over the table port: a longer retention, legal hold.
import * as z from 'zod';
import { AppError } from '../../shared/kernel/errors.ts';
import type { OrgId } from '../../shared/kernel/ids.ts';
import type { Table, Write } from '../../shared/ports/table.ts';
import type { Hold, LogSettings } from '../ports.ts';
import { logSettingsKey } from './keys.ts';

const holdRow = z.object({ version: z.int(), since: z.string(), by: z.string(), reason: z.string() });
const retentionRow = z.object({ version: z.int(), days: z.int() });

const changed = (): Error => new AppError('conflict', 'somebody else changed this at the same time; read it again');

export const tableLogSettings = ({ table }: { table: Table }): LogSettings => ({
  async hold(org) {
    const item = await table.get(org, logSettingsKey(org, 'hold'));
    return item && holdRow.parse(item);
  },
  putHold: (org, hold: Hold): Write => ({
    kind: 'put',
    item: { ...hold, ...logSettingsKey(org, 'hold') },
    condition: { absent: true },
    orElse: changed,
  }),
  endHold: (org, { version }: Hold): Write => ({
    kind: 'delete',
    key: logSettingsKey(org, 'hold'),
    condition: { version },
    orElse: changed,
  }),
  noHold: (org: OrgId, orElse: () => Error): Write => ({
    kind: 'check',
    key: logSettingsKey(org, 'hold'),
    condition: { absent: true },
    orElse,
  }),
  async retention(org) {
    const item = await table.get(org, logSettingsKey(org, 'retention'));
    return item && retentionRow.parse(item);
  },
  putRetention: (org, next, from): Write => ({
    kind: 'put',
    item: { ...next, ...logSettingsKey(org, 'retention') },
    condition: from === undefined ? { absent: true } : { version: from },
    orElse: changed,
  }),
});
