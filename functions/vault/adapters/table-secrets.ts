// Secrets over the table port: an id's pointer, one head a secret, one row a version, one row of fingerprints.
import { alreadyExists } from '../../shared/kernel/errors.ts';
import { type Item, type Key, maxWritesPerTransaction, type Table, type Write } from '../../shared/ports/table.ts';
import type { Secret } from '../domain/secret.ts';
import type { Fingerprints, LastAccess, SealedValue, SecretStore } from '../ports.ts';
import { fingerprintItem, fingerprintsOf } from './fingerprint-row.ts';
import {
  accessKey,
  fingerprintKey,
  headKey,
  headPartition,
  pointerKey,
  pointerPartition,
  referenceKey,
  referenceRange,
  valueKey,
} from './keys.ts';
import { type Head, headItem, headOfRow, pointerItem, pointerRow, storedValueOf, ttlOf, valueItem } from './secret-row.ts';
import { committedImports } from './table-imports.ts';
import { epochMove } from './table-states.ts';

const headPut = (before: Secret, after: Secret, orElse: () => Error): Write => ({
  kind: 'put',
  item: headItem(after),
  condition: { version: before.revision },
  orElse,
});

const keyOfValue = (secret: Secret, version: number): Key => valueKey(secret.org, secret.location.workspace, secret.id, version);
const keyOfAccess = (secret: Secret): Key => accessKey(secret.org, secret.location.workspace, secret.id);
const moveOf = (secret: Secret): Write => epochMove(secret.org, secret.location.workspace);
const fingerprintPut = (...[secret, row, added]: Parameters<typeof fingerprintItem>): Write => ({
  kind: 'put',
  item: fingerprintItem(secret, row, added),
});

/** @returns the key of a pointer's head; the partition is built here, so that no row can name a foreign one */
const headOf = (org: string, row: Item): Key => {
  const { workspace, head } = pointerRow.parse(row);
  return { pk: headPartition(org, workspace), sk: head };
};

/** The writes of a new secret, without the move of the epoch. */
const creationWrites = (secret: Secret, { stored, fingerprint }: SealedValue): Write[] => [
  { kind: 'put', item: headItem(secret), condition: { absent: true }, orElse: () => alreadyExists('secret') },
  { kind: 'put', item: pointerItem(secret), condition: { absent: true } },
  { kind: 'put', item: valueItem(secret, secret.current, stored), condition: { absent: true } },
  fingerprintPut(secret, undefined, fingerprint),
];

/** The writes of a new version, without the move of the epoch. */
const newValueWrites = (
  before: Secret,
  after: Secret,
  dropped: readonly number[],
  { stored, fingerprint }: SealedValue,
  row: Fingerprints | undefined,
  orElse: () => Error,
): Write[] => [
  headPut(before, after, orElse),
  { kind: 'put', item: valueItem(after, after.current, stored), condition: { absent: true } },
  fingerprintPut(after, row, fingerprint),
  ...dropped.map((version): Write => ({ kind: 'delete', key: keyOfValue(before, version) })),
];

/** Whether it is a decoy stands beside the fingerprints too, for whoever finds one in a text. */
const decoyMark = (before: Secret, after: Secret): Write[] => {
  if (before.decoy === after.decoy) return [];
  const key = fingerprintKey(after.org, after.location.workspace, after.id);
  return [{ kind: 'add', key, amounts: { marks: 1 }, set: { decoy: after.decoy === true } }];
};

const lastAccessOf = (row: Item | undefined): LastAccess | undefined =>
  typeof row?.atMs === 'number' && typeof row.by === 'string' ? { atMs: row.atMs, by: row.by } : undefined;

/** Days for which it is known where a secret was resolved from. */
const referenceDays = 90;
const daySeconds = 24 * 60 * 60;
const maxReferences = 1_000;

export const tableSecrets = (table: Table): SecretStore => {
  /** What counts of each head: an import's part once it is switched to. */
  const standing = async (org: string, heads: readonly (Head | undefined)[]): Promise<(Secret | undefined)[]> => {
    const asked = heads.flatMap((head) =>
      head?.importId === undefined ? [] : [{ workspace: head.after.location.workspace, id: head.importId }],
    );
    const committed = asked.length === 0 ? undefined : await committedImports(table, org, asked);
    return heads.map((head) => {
      if (head === undefined) return undefined;
      if (head.importId === undefined || committed?.has(head.importId) === true) return head.after;
      return head.before && { ...head.before, importing: head.importId };
    });
  };
  const secretsOf = (org: string, rows: readonly (Item | undefined)[]): Promise<(Secret | undefined)[]> =>
    standing(
      org,
      rows.map((row) => row && headOfRow(org, row)),
    );

  return {
    byId: async (org, id) => {
      const pointer = await table.get(org, pointerKey(org, id));
      const row = pointer === undefined ? undefined : await table.get(org, headOf(org, pointer));
      const [secret] = await secretsOf(org, [row]);
      return secret?.id === id ? secret : undefined;
    },

    at: async (org, places) =>
      secretsOf(
        org,
        await table.batchGet(
          org,
          places.map(({ location, name }) => headKey(org, location, name)),
        ),
      ),

    values: async (org, of) => {
      const rows = await table.batchGet(
        org,
        of.map(({ secret, version }) => keyOfValue(secret, version)),
      );
      return rows.map((row) => (row === undefined ? undefined : storedValueOf(row)));
    },

    lastAccesses: async (org, secrets) => (await table.batchGet(org, secrets.map(keyOfAccess))).map(lastAccessOf),

    fingerprints: async (org, secrets) => {
      const rows = await table.batchGet(
        org,
        secrets.map(({ id, location }) => fingerprintKey(org, location.workspace, id)),
      );
      return rows.map((row) => row && fingerprintsOf(row));
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
      const secrets = await secretsOf(org, heads);
      const entries = page.items.flatMap(({ sk: position }, index) => {
        const secret = secrets[index];
        return secret === undefined ? [] : [{ secret, position }];
      });
      return { entries, ...(page.next === undefined ? {} : { next: page.next }) };
    },

    references: async (secret) => {
      const { org, id, location } = secret;
      const { items } = await table.query(org, {
        pk: keyOfAccess(secret).pk,
        range: referenceRange,
        limit: maxReferences,
      });
      return items.flatMap((row) => {
        const access = lastAccessOf(row);
        const { pipeline, environment, step, version } = row;
        if (access === undefined || typeof pipeline !== 'string' || typeof environment !== 'string') return [];
        return [
          {
            ...access,
            workspace: location.workspace,
            secretId: id,
            pipeline,
            environment,
            ...(typeof step === 'string' ? { step } : {}),
            version: Number(version),
          },
        ];
      });
    },

    creation: (secret, value) => [...creationWrites(secret, value), moveOf(secret)],

    change: (before, after, orElse) => [headPut(before, after, orElse), ...decoyMark(before, after), moveOf(after)],

    newValue: (before, after, dropped, value, row, orElse) => [
      ...newValueWrites(before, after, dropped, value, row, orElse),
      moveOf(after),
    ],

    together: (workspace, org, changes) => [
      ...changes.flatMap(({ before, after, dropped, value, row, orElse }) =>
        before === undefined ? creationWrites(after, value) : newValueWrites(before, after, dropped, value, row, orElse),
      ),
      epochMove(org, workspace),
    ],

    deletion: (before, after, orElse) => [
      headPut(before, after, orElse),
      { kind: 'put', item: pointerItem(after) },
      ...[
        ...after.versions.map((version) => keyOfValue(after, version)),
        fingerprintKey(after.org, after.location.workspace, after.id),
      ].map((key): Write => ({ kind: 'add', key, amounts: { deletions: 1 }, ...ttlOf(after) })),
      { kind: 'delete', key: keyOfAccess(after) },
      moveOf(after),
    ],

    restoration: (before, after, values, row, orElse) => [
      headPut(before, after, orElse),
      { kind: 'put', item: pointerItem(after) },
      ...[...values].map(
        ([version, value]): Write => ({ kind: 'put', item: valueItem(after, version, value), condition: { present: true } }),
      ),
      fingerprintPut(after, row),
      moveOf(after),
    ],

    destruction: (before, after, version, row, orElse) => [
      headPut(before, after, orElse),
      { kind: 'delete', key: keyOfValue(before, version) },
      fingerprintPut(after, row),
      moveOf(after),
    ],

    recrypt: async (secret, values) => {
      const { org, location, name } = secret;
      await table.transact(org, [
        // INVARIANT: a head that has not changed since it was read has the very versions, and the time to live, that are written here.
        { kind: 'check', key: headKey(org, location, name), condition: { version: secret.revision } },
        ...[...values].map(
          ([version, value]): Write => ({ kind: 'put', item: valueItem(secret, version, value), condition: { present: true } }),
        ),
      ]);
    },

    note: async (org, accesses, uses) => {
      const writes: Write[] = [
        ...accesses.map(({ secret, atMs, by }): Write => ({ kind: 'put', item: { ...keyOfAccess(secret), atMs, by } })),
        ...uses.map(({ secret, pipeline, environment, step, atMs, by }): Write => {
          const key = referenceKey(org, secret.location.workspace, secret.id, pipeline, environment);
          const expiresAtSeconds = Math.ceil(atMs / 1000) + referenceDays * daySeconds;
          const item = { ...key, pipeline, environment, ...(step === undefined ? {} : { step }), atMs, by, version: secret.current };
          return { kind: 'put', item: { ...item, expiresAtSeconds } };
        }),
      ];
      for (let at = 0; at < writes.length; at += maxWritesPerTransaction) {
        await table.transact(org, writes.slice(at, at + maxWritesPerTransaction));
      }
    },
  };
};
