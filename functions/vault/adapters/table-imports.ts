// Large imports over the table port: written beside what counts, switched to in one transaction, then put in its place; whatever stops half-way is settled later.
import * as z from 'zod';
import type { Clock } from '../../shared/kernel/world.ts';
import { ConditionFailed, type Item, type Table, type Write } from '../../shared/ports/table.ts';
import { type Location, plainLocation } from '../domain/location.ts';
import type { Secret } from '../domain/secret.ts';
import type { ImportStore, ValueChange } from '../ports.ts';
import { fingerprintItem } from './fingerprint-row.ts';
import { fingerprintKey, headKey, importKey, importPartition, pointerKey, valueKey } from './keys.ts';
import { headItem, headOfRow, pointerItem, stagedItem, valueItem } from './secret-row.ts';
import { epochMove } from './table-states.ts';

/** An import that was not switched to by then never is. */
const lifeMs = 15 * 60_000;
/** A settled import's row stays for those who read a head before it was settled. */
const keptSeconds = 24 * 60 * 60;
/** Writes of one transaction that stages: far below what one may hold, since values are large. */
const maxStaged = 40;
/** Heads settled by one transaction, each with at most four writes. */
const step = 20;
const settleTries = 5;

const importRow = z.object({
  sk: z.string(),
  status: z.enum(['staging', 'committed', 'aborted']),
  location: z.custom<Location>((value) => typeof value === 'object'),
  names: z.array(z.string()),
  deadlineMs: z.number(),
  settled: z.boolean().default(false),
  version: z.number(),
});
type ImportRow = z.infer<typeof importRow>;

/** @returns which of these imports were switched to */
export const committedImports = async (
  table: Table,
  org: string,
  asked: readonly { readonly workspace: string; readonly id: string }[],
): Promise<ReadonlySet<string>> => {
  const keys = new Map(asked.map(({ workspace, id }) => [`${workspace}/${id}`, importKey(org, workspace, id)]));
  const rows = await table.batchGet(org, [...keys.values()]);
  return new Set(rows.flatMap((row) => (row?.status === 'committed' ? [row.sk] : [])));
};

const stagedWrites = (id: string, { before, after, value: { stored, fingerprint }, row, orElse }: ValueChange): Write[] => [
  {
    kind: 'put',
    item: stagedItem(before, after, id),
    condition: before === undefined ? { absent: true } : { version: before.revision },
    orElse,
  },
  ...(before === undefined ? [{ kind: 'put', item: pointerItem(after), condition: { absent: true } } satisfies Write] : []),
  { kind: 'put', item: valueItem(after, after.current, stored), condition: { absent: true } },
  // Kept versions and the new one: should the import not be switched to, one fingerprint too many does no harm.
  { kind: 'put', item: fingerprintItem(after, row, fingerprint) },
];

const versionsBetween = (from: Secret, to: Secret): number[] => from.versions.filter((n) => !to.versions.includes(n));

/** @returns the writes that put one staged head in its place, or take it away; none when it is settled already */
const settlingWrites = (org: string, row: Item | undefined, id: string, committed: boolean): Write[] => {
  if (row === undefined) return [];
  const { before, after, importId } = headOfRow(org, row);
  if (importId !== id) return [];
  const { workspace } = after.location;
  const condition = { version: after.revision };
  const values = (versions: readonly number[]): Write[] =>
    versions.map((n) => ({ kind: 'delete', key: valueKey(org, workspace, after.id, n) }));
  const settled = (secret: Secret): Write => ({ kind: 'put', item: headItem({ ...secret, revision: after.revision + 1 }), condition });
  if (committed) return [settled(after), ...(before === undefined ? [] : values(versionsBetween(before, after)))];
  if (before !== undefined) return [settled(before), ...values([after.current])];
  return [
    { kind: 'delete', key: { pk: row.pk, sk: row.sk }, condition },
    { kind: 'delete', key: pointerKey(org, after.id) },
    { kind: 'delete', key: fingerprintKey(org, workspace, after.id) },
    ...values([after.current]),
  ];
};

export const tableImports = ({ table, clock }: { table: Table; clock: Clock }): ImportStore => {
  const settleSome = async (org: string, { sk: id, location, status }: ImportRow, names: readonly string[]): Promise<void> => {
    for (let attempt = 1; ; attempt += 1) {
      const rows = await table.batchGet(
        org,
        names.map((name) => headKey(org, location, name)),
      );
      try {
        const writes = rows.flatMap((row) => settlingWrites(org, row, id, status === 'committed'));
        if (writes.length > 0) await table.transact(org, writes);
        return;
      } catch (error) {
        if (!(error instanceof ConditionFailed) || attempt === settleTries) throw error;
      }
    }
  };

  const settleOne = async (org: string, workspace: string, row: ImportRow): Promise<void> => {
    for (let at = 0; at < row.names.length; at += step) await settleSome(org, row, row.names.slice(at, at + step));
    const expiresAtSeconds = Math.floor(clock.nowMs() / 1000) + keptSeconds;
    const item = { ...importKey(org, workspace, row.sk), ...row, location: { ...row.location }, names: [], settled: true };
    await table.transact(org, [{ kind: 'put', item: { ...item, expiresAtSeconds, version: row.version + 1 } }, epochMove(org, workspace)]);
  };

  /** INVARIANT: an import is given up in a write that its own switch would contradict, so that exactly one of them stands. */
  const giveUp = async (org: string, workspace: string, row: ImportRow): Promise<ImportRow | undefined> => {
    const aborted: ImportRow = { ...row, status: 'aborted', version: row.version + 1 };
    const item = { ...importKey(org, workspace, row.sk), ...aborted, location: { ...row.location } };
    try {
      await table.transact(org, [{ kind: 'put', item, condition: { version: row.version } }]);
      return aborted;
    } catch (error) {
      if (error instanceof ConditionFailed) return undefined;
      throw error;
    }
  };

  const read = async (org: string, workspace: string, id: string): Promise<ImportRow | undefined> => {
    const row = await table.get(org, importKey(org, workspace, id));
    return row && importRow.parse(row);
  };

  const settle = async (org: string, workspace: string, row: ImportRow): Promise<void> => {
    const late = row.status === 'staging' && row.deadlineMs <= clock.nowMs();
    const decided = row.status === 'staging' ? (late ? await giveUp(org, workspace, row) : undefined) : row;
    if (decided !== undefined) await settleOne(org, workspace, decided);
  };

  return {
    begin: async (org, id, location, names) => {
      const key = importKey(org, location.workspace, id);
      const row = { status: 'staging', location: { ...plainLocation(location) }, names: [...names], deadlineMs: clock.nowMs() + lifeMs };
      await table.transact(org, [{ kind: 'put', item: { ...key, ...row, version: 1 }, condition: { absent: true } }]);
    },
    stage: async (org, id, changes) => {
      const all = changes.map((change) => stagedWrites(id, change));
      for (let at = 0; at < all.length; ) {
        const writes: Write[] = [];
        while (at < all.length && writes.length + (all[at]?.length ?? 0) <= maxStaged) writes.push(...(all[at++] ?? []));
        await table.transact(org, writes);
      }
    },
    switchTo: (org, id, location, names, orElse) => {
      const row = { status: 'committed', location: { ...plainLocation(location) }, names: [...names], deadlineMs: 0, version: 2 };
      const item: Item = { ...importKey(org, location.workspace, id), ...row };
      return [{ kind: 'put', item, condition: { version: 1 }, orElse }, epochMove(org, location.workspace)];
    },
    finish: async (org, workspace, id) => {
      const row = await read(org, workspace, id);
      if (row === undefined || row.settled) return;
      const decided = row.status === 'staging' ? await giveUp(org, workspace, row) : row;
      if (decided !== undefined) await settleOne(org, workspace, decided);
    },
    settleAll: async (org, workspace) => {
      for (let after: string | undefined; ; ) {
        const page = await table.query(org, { pk: importPartition(org, workspace), limit: 10, ...(after === undefined ? {} : { after }) });
        for (const item of page.items) {
          const row = importRow.parse(item);
          if (!row.settled) await settle(org, workspace, row);
        }
        if (page.next === undefined) return;
        after = page.next;
      }
    },
  };
};
