// Which expiry of each secret was recorded, over the table port, so that it is recorded once.
import * as z from 'zod';
import type { Table } from '../../shared/ports/table.ts';
import type { ExpiryNotices } from '../ports.ts';
import { expiryNoticeKey } from './keys.ts';

const row = z.object({ status: z.enum(['expiring', 'expired']), expiresAtMs: z.number() });
/** Days that a notice outlives the expiry. */
const keptDays = 400;
const daySeconds = 24 * 60 * 60;

export const tableExpiryNotices = (table: Table): ExpiryNotices => ({
  get: async (org, secrets) => {
    const rows = await table.batchGet(
      org,
      secrets.map(({ location, id }) => expiryNoticeKey(org, location.workspace, id)),
    );
    return rows.map((found) => found && row.parse(found));
  },
  write: ({ org, location, id }, { status, expiresAtMs }) => ({
    kind: 'put',
    item: {
      ...expiryNoticeKey(org, location.workspace, id),
      status,
      expiresAtMs,
      expiresAtSeconds: Math.ceil(expiresAtMs / 1000) + keptDays * daySeconds,
    },
  }),
});
