// The list of erasures over the table port.
import type { OrgId } from '../../shared/kernel/ids.ts';
import type { Table, Write } from '../../shared/ports/table.ts';
import type { Erasure } from '../ports.ts';
import { erasureKey, erasuresPartition } from './keys.ts';

export const tableErasures = ({ table }: { table: Table }) => ({
  put: (org: OrgId, { at, key }: Erasure): Write => ({ kind: 'put', item: { ...erasureKey(org, at, key), at, key } }),
  async all(org: OrgId): Promise<Erasure[]> {
    const found: Erasure[] = [];
    for (let after: string | undefined; ; ) {
      const page = await table.query(org, { pk: erasuresPartition(org), limit: 500, ...(after === undefined ? {} : { after }) });
      found.push(...page.items.map(({ at, key }) => ({ at: String(at), key: String(key) })));
      if (page.next === undefined) return found;
      after = page.next;
    }
  },
});
