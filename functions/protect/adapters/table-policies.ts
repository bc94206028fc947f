// Protection policies in the table, one row each; what is read is checked.
import * as z from 'zod';
import { AppError, alreadyExists } from '../../shared/kernel/errors.ts';
import type { Item, Table, Value } from '../../shared/ports/table.ts';
import type { PolicyStore, StoredPolicy } from '../ports.ts';
import { policyShape } from '../schemas.ts';
import { policyKey, policyPartition } from './keys.ts';

const row = policyShape.omit({ id: true, createdAt: true, updatedAt: true }).extend({ createdAtMs: z.number(), updatedAtMs: z.number() });

const itemOf = (org: string, { id, ...policy }: StoredPolicy): Item => ({
  ...policyKey(org, id),
  // INVARIANT: a policy is plain JSON; passing it through JSON drops what is undefined.
  ...(JSON.parse(JSON.stringify(policy)) as Record<string, Value>),
});

const policyOf = ({ sk, ...attributes }: Item): StoredPolicy => ({ id: sk, ...row.parse(attributes) }) as StoredPolicy;

const changedMeanwhile = (): AppError => new AppError('conflict', 'another request changed this at the same time; read it again');
const pageRows = 100;

export const tablePolicies = (table: Table): PolicyStore => {
  const page: PolicyStore['page'] = async (org, limit, after) => {
    const found = await table.query(org, { pk: policyPartition(org), limit, ...(after === undefined ? {} : { after }) });
    return { policies: found.items.map(policyOf), ...(found.next === undefined ? {} : { next: found.next }) };
  };
  return {
    byId: async (org, id) => {
      const item = await table.get(org, policyKey(org, id));
      return item === undefined ? undefined : policyOf(item);
    },
    page,
    all: async (org) => {
      const all: StoredPolicy[] = [];
      let after: string | undefined;
      do {
        const { policies, next } = await page(org, pageRows, after);
        all.push(...policies);
        after = next;
      } while (after !== undefined);
      return all;
    },
    creation: (org, policy) => ({
      kind: 'put',
      item: itemOf(org, policy),
      condition: { absent: true },
      orElse: () => alreadyExists('protection policy'),
    }),
    replacement: (org, policy) => ({
      kind: 'put',
      item: itemOf(org, policy),
      condition: { version: policy.version - 1 },
      orElse: changedMeanwhile,
    }),
    removal: (org, { id, version }) => ({
      kind: 'delete',
      key: policyKey(org, id),
      condition: { version },
      orElse: changedMeanwhile,
    }),
  };
};
