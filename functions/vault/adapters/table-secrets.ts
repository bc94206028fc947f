// Secrets over the table port: an id's pointer, one head a secret, one row a version.
import { alreadyExists } from '../../shared/kernel/errors.ts';
import type { Item, Key, Table, Write } from '../../shared/ports/table.ts';
import type { Secret } from '../domain/secret.ts';
import type { SecretStore } from '../ports.ts';
import { accessKey, headKey, headPartition, pointerKey, pointerPartition, valueKey } from './keys.ts';
import { headItem, pointerItem, pointerRow, secretOf, storedValueOf, ttlOf, valueItem } from './secret-row.ts';

const headPut = (before: Secret, after: Secret, orElse: () => Error): Write => ({
  kind: 'put',
  item: headItem(after),
  condition: { version: before.revision },
  orElse,
});

const keyOfValue = (secret: Secret, version: number): Key => valueKey(secret.org, secret.location.workspace, secret.id, version);
const keyOfAccess = (secret: Secret): Key => accessKey(secret.org, secret.location.workspace, secret.id);

/** @returns the key of a pointer's head; the partition is built here, so that no row can name a foreign one */
const headOf = (org: string, row: Item): Key => {
  const { workspace, head } = pointerRow.parse(row);
  return { pk: headPartition(org, workspace), sk: head };
};

export const tableSecrets = (table: Table): SecretStore => ({
  byId: async (org, id) => {
    const pointer = await table.get(org, pointerKey(org, id));
    const row = pointer === undefined ? undefined : await table.get(org, headOf(org, pointer));
    const secret = row === undefined ? undefined : secretOf(org, row);
    return secret?.id === id ? secret : undefined;
  },

  at: async (org, places) => {
    const rows = await table.batchGet(
      org,
      places.map(({ location, name }) => headKey(org, location, name)),
    );
    return rows.map((row) => (row === undefined ? undefined : secretOf(org, row)));
  },

  values: async (org, of) => {
    const rows = await table.batchGet(
      org,
      of.map(({ secret, version }) => keyOfValue(secret, version)),
    );
    return rows.map((row) => (row === undefined ? undefined : storedValueOf(row)));
  },

  lastAccesses: async (org, secrets) => {
    const rows = await table.batchGet(org, secrets.map(keyOfAccess));
    return rows.map((row) => (typeof row?.atMs === 'number' && typeof row.by === 'string' ? { atMs: row.atMs, by: row.by } : undefined));
  },

  page: async (org, { workspace, namePrefix, after, limit }) => {
    const pk = workspace === undefined ? pointerPartition(org) : headPartition(org, workspace);
    const range = workspace === undefined || namePrefix === undefined ? {} : { range: { prefix: namePrefix } };
    const page = await table.query(org, { pk, limit, ...range, ...(after === undefined ? {} : { after }) });
    const heads =
      workspace === undefined
        ? await table.batchGet(
            org,
            page.items.map((item) => headOf(org, item)),
          )
        : page.items;
    const entries = page.items.flatMap(({ sk: position }, index) => {
      const row = heads[index];
      return row === undefined ? [] : [{ secret: secretOf(org, row), position }];
    });
    return { entries, ...(page.next === undefined ? {} : { next: page.next }) };
  },

  creation: (secret, value) => [
    { kind: 'put', item: headItem(secret), condition: { absent: true }, orElse: () => alreadyExists('secret') },
    { kind: 'put', item: pointerItem(secret), condition: { absent: true } },
    { kind: 'put', item: valueItem(secret, secret.current, value), condition: { absent: true } },
  ],

  change: (before, after, orElse) => [headPut(before, after, orElse)],

  newValue: (before, after, dropped, value, orElse) => [
    headPut(before, after, orElse),
    { kind: 'put', item: valueItem(after, after.current, value), condition: { absent: true } },
    ...dropped.map((version): Write => ({ kind: 'delete', key: keyOfValue(before, version) })),
  ],

  deletion: (before, after, orElse) => [
    headPut(before, after, orElse),
    { kind: 'put', item: pointerItem(after) },
    ...after.versions.map(
      (version): Write => ({ kind: 'add', key: keyOfValue(after, version), amounts: { deletions: 1 }, ...ttlOf(after) }),
    ),
    { kind: 'delete', key: keyOfAccess(after) },
  ],

  restoration: (before, after, values, orElse) => [
    headPut(before, after, orElse),
    { kind: 'put', item: pointerItem(after) },
    ...[...values].map(
      ([version, value]): Write => ({ kind: 'put', item: valueItem(after, version, value), condition: { present: true } }),
    ),
  ],

  destruction: (before, after, version, orElse) => [headPut(before, after, orElse), { kind: 'delete', key: keyOfValue(before, version) }],

  access: (secret, { atMs, by }) => ({ kind: 'put', item: { ...keyOfAccess(secret), atMs, by } }),
});
