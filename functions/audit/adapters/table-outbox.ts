// The outbox over the table port: an event's row is pending, then sealed, then delivered, then gone.
import type { OrgId } from '../../shared/kernel/ids.ts';
import { ConditionFailed, type Item, type Table, TransactionConflict, type Value, type Write } from '../../shared/ports/table.ts';
import { type AuditEvent, auditEvent } from '../domain/event.ts';
import type { DeliveredRow, Outbox, PendingRow, Placed, SealedRow } from '../ports.ts';
import {
  asideKey,
  asidePrefix,
  deliveredKey,
  deliveredPrefix,
  outboxPartition,
  outboxShards,
  pendingKey,
  pendingPrefix,
  sealedKey,
  sealedPrefix,
} from './keys.ts';

/** Two writes a row; a transaction has at most 100. */
const rowsPerTransaction = 50;
/** Well under the 4 MB of a transaction. */
const bytesPerTransaction = 2_000_000;
/** A row at least, however few are asked for. */
const minShardPage = 8;
const tries = 8;

interface Merged {
  readonly items: readonly Item[];
  readonly more: boolean;
}

const bySortKey = (a: Item, b: Item): number => (a.sk < b.sk ? -1 : 1);

export const tableOutbox = ({ table }: { table: Table }): Outbox => {
  /** One shard's first rows; a page may be empty and still have a next. */
  const shardPage = async (org: OrgId, shard: number, prefix: string, limit: number) => {
    const query = { pk: outboxPartition(org, shard), range: { prefix }, limit };
    let page = await table.query(org, query);
    while (page.items.length === 0 && page.next !== undefined) page = await table.query(org, { ...query, after: page.next });
    return page;
  };

  /** The first rows over all shards, in the order of their sort keys. */
  const merged = async (org: OrgId, prefix: string, limit: number): Promise<Merged> => {
    const perShard = Math.max(minShardPage, Math.ceil((2 * limit) / outboxShards));
    const pages = await Promise.all(Array.from({ length: outboxShards }, (_, shard) => shardPage(org, shard, prefix, perShard)));
    // INVARIANT: behind the last row of a page with a next, its shard may hold others: only rows up to the least such are known to be first.
    const horizons = pages.flatMap((page) => (page.next === undefined ? [] : [page.items.at(-1)?.sk ?? '']));
    const horizon = horizons.sort()[0];
    const known = pages
      .flatMap((page) => page.items)
      .filter(({ sk }) => horizon === undefined || sk <= horizon)
      .sort(bySortKey);
    return { items: known.slice(0, limit), more: horizon !== undefined || known.length > limit };
  };

  const transact = async (org: OrgId, writes: readonly Write[]): Promise<void> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await table.transact(org, writes);
      } catch (error) {
        if (!(error instanceof TransactionConflict) || attempt === tries) throw error;
        await new Promise((resolve) => setTimeout(resolve, 5 * 2 ** attempt));
      }
    }
  };

  /** Moves what is still pending; undefined says that somebody else moved one meanwhile. */
  const moveOnce = async (org: OrgId, places: readonly Placed[], shorten: (event: AuditEvent) => AuditEvent): Promise<true | undefined> => {
    const rows = await table.batchGet(
      org,
      places.map(({ id }) => pendingKey(org, id)),
    );
    let writes: Write[] = [];
    let bytes = 0;
    const flush = async (): Promise<void> => {
      if (writes.length > 0) await transact(org, writes);
      writes = [];
      bytes = 0;
    };
    try {
      for (const [index, { id, leafIndex }] of places.entries()) {
        const row = rows[index];
        if (row === undefined) continue;
        const event = shorten(auditEvent.parse(row.event));
        const item = { ...sealedKey(org, id, leafIndex), id, leafIndex, event: event as unknown as Value };
        const size = Buffer.byteLength(JSON.stringify(event));
        if (writes.length > 0 && bytes + size > bytesPerTransaction) await flush();
        // INVARIANT: only a row that is still pending is moved, so a late or second mover changes nothing that the shipper finished.
        writes.push(
          { kind: 'delete', key: pendingKey(org, id), condition: { present: true } },
          { kind: 'put', item, condition: { absent: true } },
        );
        bytes += size;
      }
      await flush();
      return true;
    } catch (error) {
      if (error instanceof ConditionFailed) return undefined;
      throw error;
    }
  };

  const asSealed = (item: Item): SealedRow => {
    if (typeof item.id !== 'string' || typeof item.leafIndex !== 'number') throw new Error('a row of the outbox is damaged');
    return { id: item.id, leafIndex: item.leafIndex, event: auditEvent.parse(item.event) };
  };

  const asDelivered = ({ id, leafIndex, deliveredAtMs }: Item): DeliveredRow => {
    if (typeof id !== 'string' || typeof leafIndex !== 'number' || typeof deliveredAtMs !== 'number')
      throw new Error('a row of the outbox is damaged');
    return { id, leafIndex, deliveredAtMs };
  };

  return {
    async pending(org, limit) {
      const { items, more } = await merged(org, pendingPrefix, limit);
      return {
        rows: items.map((item): PendingRow => ({ id: item.sk.slice(pendingPrefix.length), pk: item.pk, sk: item.sk, event: item.event })),
        more,
      };
    },
    async setAside(org, { pk, sk, event }, reason) {
      const aside: Item = { ...asideKey(pk, sk), event: event as Value, reason };
      try {
        await transact(org, [
          { kind: 'delete', key: { pk, sk }, condition: { present: true } },
          { kind: 'put', item: aside },
        ]);
      } catch (error) {
        if (!(error instanceof ConditionFailed)) throw error;
      }
    },
    async aside(org, after = '0') {
      const [text = '0', key] = after.split('/', 2);
      const shard = Number(text);
      const pk = outboxPartition(org, shard);
      const page = await table.query(org, { pk, range: { prefix: asidePrefix }, limit: 100, ...(key === undefined ? {} : { after: key }) });
      const rows = page.items.map(({ sk, event, reason }) => ({ id: sk.slice(asidePrefix.length), pk, sk, event, reason: String(reason) }));
      const next = page.next === undefined ? (shard + 1 < outboxShards ? `${shard + 1}` : undefined) : `${shard}/${page.next}`;
      return { rows, ...(next === undefined ? {} : { next }) };
    },
    async putBack(org, { pk, sk, id, event }) {
      try {
        await transact(org, [
          { kind: 'delete', key: { pk, sk }, condition: { present: true } },
          { kind: 'put', item: { pk, sk: `${pendingPrefix}${id}`, event: event as Value }, condition: { absent: true } },
        ]);
      } catch (error) {
        if (!(error instanceof ConditionFailed)) throw error;
      }
    },
    async markSealed(org, places, shorten) {
      for (let at = 0; at < places.length; at += rowsPerTransaction) {
        const chunk = places.slice(at, at + rowsPerTransaction);
        for (let attempt = 1; (await moveOnce(org, chunk, shorten)) === undefined; attempt += 1) {
          if (attempt === tries) throw new Error('rows of the outbox keep changing');
        }
      }
    },
    async sealed(org, limit) {
      const { items, more } = await merged(org, sealedPrefix, limit);
      return { rows: items.map(asSealed), more };
    },
    async markDelivered(org, places, atMs) {
      for (let at = 0; at < places.length; at += rowsPerTransaction) {
        const writes = places.slice(at, at + rowsPerTransaction).flatMap(({ id, leafIndex }): Write[] => [
          { kind: 'delete', key: sealedKey(org, id, leafIndex) },
          { kind: 'put', item: { ...deliveredKey(org, id, leafIndex), id, leafIndex, deliveredAtMs: atMs } },
        ]);
        await transact(org, writes);
      }
    },
    async delivered(org, limit) {
      const { items, more } = await merged(org, deliveredPrefix, limit);
      return { rows: items.map(asDelivered), more };
    },
    async remove(org, places, state) {
      const keyOf = state === 'sealed' ? sealedKey : deliveredKey;
      for (let at = 0; at < places.length; at += 2 * rowsPerTransaction) {
        const chunk = places.slice(at, at + 2 * rowsPerTransaction);
        await transact(
          org,
          chunk.map(({ id, leafIndex }): Write => ({ kind: 'delete', key: keyOf(org, id, leafIndex) })),
        );
      }
    },
    async find(org, id) {
      const row = await table.get(org, pendingKey(org, id));
      if (row !== undefined) return auditEvent.safeParse(row.event).data;
      const { pk } = pendingKey(org, id);
      for (let after: string | undefined; ; ) {
        const page = await table.query(org, { pk, range: { prefix: sealedPrefix }, limit: 100, ...(after === undefined ? {} : { after }) });
        const found = page.items.find((item) => item.id === id);
        if (found !== undefined) return asSealed(found).event;
        if (page.next === undefined) return undefined;
        after = page.next;
      }
    },
  };
};
