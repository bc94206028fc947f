// Assignments over the table port: whole by id and by principal, and found by role and by place.
import * as z from 'zod';
import { alreadyExists, versionMismatch } from '../../shared/kernel/errors.ts';
import { identifier, type OrgId } from '../../shared/kernel/ids.ts';
import { principal } from '../../shared/kernel/principal.ts';
import { type Scope, scope } from '../../shared/kernel/scope.ts';
import type { Item, Key, Table } from '../../shared/ports/table.ts';
import { type AssignmentStore, listed, type StoredAssignment } from '../ports.ts';
import { assignmentKey, assignmentPartition, heldByAssignment, placePartition, principalPartition, rolePartition } from './keys.ts';

const pageSize = 500;

const stored = z.object({
  id: identifier,
  principal,
  role: identifier,
  roleGeneration: z.string(),
  scope,
  expiresAtMs: z.int().optional(),
  source: z.literal('scim').optional(),
  version: z.int(),
});
const read = (item: Item): StoredAssignment => stored.parse(item);

/** Each row holds the assignment whole: a list by any of them needs no second read. */
const copiesOf = (org: OrgId, { id, principal: who, role, scope: at }: StoredAssignment): readonly Key[] => [
  { pk: principalPartition(org, who), sk: id },
  { pk: rolePartition(org, role), sk: `${heldByAssignment}${id}` },
  { pk: placePartition(org, at), sk: id },
];

export const tableAssignmentStore = (table: Table): AssignmentStore => ({
  get: async (org, id) => {
    const item = await table.get(org, assignmentKey(org, id));
    return item && read(item);
  },
  ofPrincipal: async (org, who) => {
    const all: StoredAssignment[] = [];
    for (let after: string | undefined; ; ) {
      const page = await table.query(org, { pk: principalPartition(org, who), limit: pageSize, ...(after === undefined ? {} : { after }) });
      all.push(...page.items.map(read));
      after = page.next;
      if (after === undefined) return all;
    }
  },
  list: async (org, from, { limit, after }) => {
    const start = after === undefined ? {} : { after };
    if (from.principal !== undefined)
      return listed(await table.query(org, { pk: principalPartition(org, from.principal), limit, ...start }), read);
    if (from.role !== undefined) {
      const range = { prefix: heldByAssignment };
      return listed(await table.query(org, { pk: rolePartition(org, from.role), range, limit, ...start }), read);
    }
    const pk = from.scope === undefined ? assignmentPartition(org) : placePartition(org, from.scope);
    return listed(await table.query(org, { pk, limit, ...start }), read);
  },
  anyIn: async (org, workspace) => {
    const page = await table.query(org, { pk: placePartition(org, workspace as Scope), limit: 1 });
    return page.items.length > 0;
  },
  put: (org, assignment) => [
    {
      kind: 'put',
      item: { ...assignmentKey(org, assignment.id), ...assignment },
      condition: { absent: true },
      orElse: () => alreadyExists('assignment'),
    },
    ...copiesOf(org, assignment).map((key) => ({ kind: 'put' as const, item: { ...key, ...assignment } })),
  ],
  delete: (org, assignment) => [
    {
      kind: 'delete',
      key: assignmentKey(org, assignment.id),
      condition: { version: assignment.version },
      orElse: versionMismatch,
    },
    ...copiesOf(org, assignment).map((key) => ({ kind: 'delete' as const, key })),
  ],
});
