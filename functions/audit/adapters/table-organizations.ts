// Which organizations have an outbox, over the table port: one row each, written before an organization's first event.
import { type OrgId, orgId } from '../../shared/kernel/ids.ts';
import { globalTenant, type Table } from '../../shared/ports/table.ts';
import type { Organizations } from '../ports.ts';
import { organizationKey, organizationsPartition } from './keys.ts';

/** Organizations that this process knows to be registered, per table. */
const registered = new WeakMap<Table, Set<OrgId>>();
const maxKnown = 10_000;

export const tableOrganizations = ({ table }: { table: Table }): Organizations => {
  const known = registered.get(table) ?? new Set<OrgId>();
  registered.set(table, known);
  return {
    async register(org) {
      if (known.has(org)) return;
      if ((await table.get(globalTenant, organizationKey(org))) === undefined) {
        await table.transact(globalTenant, [{ kind: 'put', item: { ...organizationKey(org) } }]);
      }
      if (known.size >= maxKnown) known.clear();
      known.add(org);
    },
    async all() {
      const found: OrgId[] = [];
      for (let after: string | undefined; ; ) {
        const page = await table.query(globalTenant, {
          pk: organizationsPartition,
          limit: 1_000,
          ...(after === undefined ? {} : { after }),
        });
        found.push(...page.items.map(({ sk }) => orgId.parse(sk)));
        if (page.next === undefined) return found;
        after = page.next;
      }
    },
  };
};
