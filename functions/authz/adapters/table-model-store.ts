// Roles, policies and the access version, over the table port.
import * as z from 'zod';
import { alreadyExists, versionMismatch } from '../../shared/kernel/errors.ts';
import type { Randomness } from '../../shared/kernel/world.ts';
import type { Item, Table, Write } from '../../shared/ports/table.ts';
import type { Expected, ModelStore, StoredPolicy, StoredRole } from '../ports.ts';
import { policy as policyShape, role as roleShape } from '../schemas.ts';
import { accessPartition, policyKey, policyPrefix, roleKey, rolePrefix, versionCopies, versionKey } from './keys.ts';

/** Rows a read; a partition is read page by page until it ends. */
const pageSize = 500;

const storedRole = roleShape.omit({ builtIn: true }).extend({ generation: z.string() });
const storedPolicy = policyShape;

const readRole = (item: Item): StoredRole => storedRole.parse(item);
const readPolicy = (item: Item): StoredPolicy => storedPolicy.parse(item);

/** @returns the condition of a write, and the error for when it does not hold */
const expecting = (expected: Expected, what: string): Pick<Extract<Write, { kind: 'put' }>, 'condition' | 'orElse'> =>
  expected === 'new'
    ? { condition: { absent: true }, orElse: () => alreadyExists(what) }
    : { condition: { version: expected }, orElse: versionMismatch };

export const tableModelStore = ({ table, randomness }: { table: Table; randomness: Randomness }): ModelStore => ({
  version: async (org) => {
    const copy = (randomness.bytes(1)[0] ?? 0) % versionCopies;
    return (await table.get(org, versionKey(org, copy)))?.version;
  },
  moveVersion: (org, from, moved) =>
    Array.from({ length: versionCopies }, (_, copy) => ({
      kind: 'put',
      item: { ...versionKey(org, copy), version: (from ?? 0) + 1 },
      condition: from === undefined ? { absent: true } : { version: from },
      orElse: moved,
    })),
  load: async (org) => {
    const roles: StoredRole[] = [];
    const policies: StoredPolicy[] = [];
    for (let after: string | undefined; ; ) {
      const page = await table.query(org, { pk: accessPartition(org), limit: pageSize, ...(after === undefined ? {} : { after }) });
      for (const item of page.items) {
        if (item.sk.startsWith(rolePrefix)) roles.push(readRole(item));
        else if (item.sk.startsWith(policyPrefix)) policies.push(readPolicy(item));
      }
      after = page.next;
      if (after === undefined) return { roles, policies };
    }
  },
  putRole: (org, role, expected) => ({ kind: 'put', item: { ...roleKey(org, role.id), ...role }, ...expecting(expected, 'role') }),
  deleteRole: (org, { id, version }) => ({ kind: 'delete', key: roleKey(org, id), condition: { version }, orElse: versionMismatch }),
  putPolicy: (org, policy, expected) => ({
    kind: 'put',
    item: { ...policyKey(org, policy.id), ...policy },
    ...expecting(expected, 'policy'),
  }),
  deletePolicy: (org, { id, version }) => ({ kind: 'delete', key: policyKey(org, id), condition: { version }, orElse: versionMismatch }),
});
