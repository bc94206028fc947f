// Rows that the sealer set aside: shown with the reason why, and put back to wait once that is mended.
import type { OrgId } from '../../shared/kernel/ids.ts';
import type { AsideRow, Outbox } from '../ports.ts';

/** @returns every row that was set aside */
export const listAside = async (outbox: Outbox, org: OrgId): Promise<AsideRow[]> => {
  const rows: AsideRow[] = [];
  for (let after: string | undefined; ; ) {
    const page = await outbox.aside(org, after);
    rows.push(...page.rows);
    if (page.next === undefined) return rows;
    after = page.next;
  }
};

/** @returns how many rows wait for the sealer again; those that it still cannot seal it sets aside again */
export const replayAside = async (outbox: Outbox, org: OrgId): Promise<number> => {
  const rows = await listAside(outbox, org);
  for (const row of rows) await outbox.putBack(org, row);
  return rows.length;
};
