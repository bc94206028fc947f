// Deny lists in the table: a head each, and its entries packed in segments; what is read is checked.
import * as z from 'zod';
import { AppError, alreadyExists } from '../../shared/kernel/errors.ts';
import type { OrgId } from '../../shared/kernel/ids.ts';
import type { Item, Table, Value } from '../../shared/ports/table.ts';
import type { DenyEntry, DenyListHead, DenyListStore, Segment } from '../ports.ts';
import { entryShape, listShape } from '../schemas.ts';
import { denyListKey, denyListPartition, segmentKey, segmentPartition, segmentSortKey } from './keys.ts';

const headRow = listShape
  .omit({ id: true, entries: true, createdAt: true, updatedAt: true })
  .extend({ createdAtMs: z.number(), updatedAtMs: z.number() });
const segmentRow = z.object({ number: z.int(), entries: z.string() });
const entriesJson = z.array(entryShape);

const headItem = (org: string, { id, ...head }: DenyListHead): Item => ({
  ...denyListKey(org, id),
  ...head,
  workspaces: head.workspaces as Value,
});
const headOf = ({ sk, ...attributes }: Item): DenyListHead => ({ id: sk, ...headRow.parse(attributes) });

const segmentOf = (item: Item): Segment => {
  const { number, entries } = segmentRow.parse(item);
  return { number, entries: entriesJson.parse(JSON.parse(entries)) as DenyEntry[] };
};

const changedMeanwhile = (): AppError => new AppError('conflict', 'another request changed this at the same time; read it again');
const pageRows = 100;
/** A segment is up to 350 KB, and a page of DynamoDB 1 MB. */
const segmentsAPage = 3;

export const tableDenyLists = (table: Table): DenyListStore => {
  const page: DenyListStore['page'] = async (org, limit, after) => {
    const found = await table.query(org, { pk: denyListPartition(org), limit, ...(after === undefined ? {} : { after }) });
    return { lists: found.items.map(headOf), ...(found.next === undefined ? {} : { next: found.next }) };
  };
  const segmentPage = (org: OrgId, id: string, after: string | undefined) =>
    table.query(org, { pk: segmentPartition(org, id), limit: segmentsAPage, ...(after === undefined ? {} : { after }) });
  return {
    byId: async (org, id) => {
      const item = await table.get(org, denyListKey(org, id));
      return item === undefined ? undefined : headOf(item);
    },
    page,
    all: async (org) => {
      const all: DenyListHead[] = [];
      let after: string | undefined;
      do {
        const { lists, next } = await page(org, pageRows, after);
        all.push(...lists);
        after = next;
      } while (after !== undefined);
      return all;
    },
    segments: async (org, id) => {
      const all: Segment[] = [];
      let after: string | undefined;
      do {
        const { items, next } = await segmentPage(org, id, after);
        all.push(...items.map(segmentOf));
        after = next;
      } while (after !== undefined);
      return all;
    },
    segmentsFrom: async (org, id, number) => {
      const { items } = await segmentPage(org, id, number === 0 ? undefined : segmentSortKey(number - 1));
      return items.map(segmentOf);
    },
    creation: (org, head) => ({
      kind: 'put',
      item: headItem(org, head),
      condition: { absent: true },
      orElse: () => alreadyExists('deny list'),
    }),
    replacement: (org, head) => ({
      kind: 'put',
      item: headItem(org, head),
      condition: { version: head.version - 1 },
      orElse: changedMeanwhile,
    }),
    removal: (org, { id, version }) => ({
      kind: 'delete',
      key: denyListKey(org, id),
      condition: { version },
      orElse: changedMeanwhile,
    }),
    segmentWrite: (org, id, { number, entries }) => {
      const key = segmentKey(org, id, number);
      return entries.length === 0 ? { kind: 'delete', key } : { kind: 'put', item: { ...key, number, entries: JSON.stringify(entries) } };
    },
  };
};
