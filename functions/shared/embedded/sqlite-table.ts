// The table port on `node:sqlite`: durable when answered, byte-ordered sort keys, time to live, a change feed of 24 hours.
import type { Clock } from '../kernel/world.ts';
import {
  type Change,
  type ChangeFeed,
  failCondition,
  type Item,
  type Key,
  type Page,
  type Query,
  type Table,
  type Write,
} from '../ports/table.ts';
import { assertItem, assertKey, assertQuery, assertWrites, boundsOf, compareUtf8, keyOf } from '../ports/table-rules.ts';
import { groupCommit } from './group-commit.ts';
import { decodeRow, encodeRow } from './row-codec.ts';
import { asStoredRow, openDatabase, prepareTable } from './sqlite-schema.ts';

/** A page ends at this size even below its limit, as DynamoDB's does. */
const maxPageBytes = 1024 * 1024;
const feedKeptMs = 24 * 60 * 60_000;
/** Rows and changes deleted in passing by one commit, at most. */
const housekeepingStep = 32;
/** Sorts behind every key: UTF-8 has no byte as high. */
const highest = '\u{10ffff}'.repeat(300);

export interface SqliteTable extends Table, ChangeFeed {
  /** @returns a function that ends the subscription; `listener` hears, after each durable commit, which keys were put or added to */
  onCommit(listener: (keys: readonly Key[]) => void): () => void;
  /** Makes what waits durable and lets go of the file; the table refuses all calls from then on. */
  close(): void;
}

/** @returns the least string above this one */
const successor = (text: string): string => `${text}\0`;

/** @returns the least string, by UTF-8 bytes, above all with the prefix */
const afterPrefix = (prefix: string): string => {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last < 0x10ffff) return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return highest;
};

/**
 * @param path a file, made when absent, or `:memory:`; several tables may share a file
 * @param name of `a-z` and `_`; names the SQL table
 */
export const openSqliteTable = ({ path, clock, name }: { path: string; clock: Clock; name: string }): SqliteTable => {
  if (!/^[a-z][a-z_]*$/.test(name)) throw new Error('a table name is of `a-z` and `_`');
  const database = openDatabase(path);
  const sql = prepareTable(database, name);
  const listeners = new Set<(keys: readonly Key[]) => void>();
  const nowSeconds = (): number => Math.floor(clock.nowMs() / 1000);

  const read = ({ pk, sk }: Key): Item | undefined => {
    const found = sql.get.get(pk, sk);
    if (found === undefined) return undefined;
    const row = asStoredRow(found);
    return row.expires !== null && row.expires <= nowSeconds() ? undefined : decodeRow(row.body, row.escaped);
  };

  const put = (item: Item): void => {
    const { body, escaped } = encodeRow(item);
    sql.put.run(item.pk, item.sk, body, escaped, item.expiresAtSeconds ?? null);
    sql.logChange.run(clock.nowMs(), 'put', item.pk, item.sk, body, escaped);
  };

  const remove = ({ pk, sk }: Key): void => {
    if (sql.remove.run(pk, sk).changes > 0) sql.logChange.run(clock.nowMs(), 'delete', pk, sk, null, 0);
  };

  const holds = (write: Write): boolean => {
    if (write.kind === 'add' || write.condition === undefined) return true;
    const row = read(keyOf(write));
    if ('absent' in write.condition) return row === undefined;
    return row !== undefined && (!('version' in write.condition) || row.version === write.condition.version);
  };

  const add = ({ key, amounts, set, expiresAtSeconds }: Write & { kind: 'add' }): void => {
    const row = read(key);
    const sums = Object.entries(amounts).map(([attribute, amount]) => {
      const before = row?.[attribute] ?? 0;
      if (typeof before !== 'number') throw new Error(`attribute \`${attribute}\` is not a number`);
      return [attribute, before + amount] as const;
    });
    const item: Item = {
      ...row,
      ...Object.fromEntries(sums),
      ...set,
      ...(expiresAtSeconds === undefined ? {} : { expiresAtSeconds }),
      ...key,
    };
    assertItem(item);
    put(item);
  };

  // INVARIANT: all conditions are read before the first write, as in DynamoDB; keys are distinct, so the order of writes says nothing.
  const apply = (writes: readonly Write[]): Key[] => {
    const failed = writes.findIndex((write) => !holds(write));
    if (failed >= 0) failCondition(writes, failed);
    for (const write of writes) {
      if (write.kind === 'put') put(write.item);
      else if (write.kind === 'add') add(write);
      else if (write.kind === 'delete') remove(write.key);
    }
    return writes.filter(({ kind }) => kind === 'put' || kind === 'add').map(keyOf);
  };

  const housekeeping = (): void => {
    for (const { pk, sk } of sql.expired.all(nowSeconds(), housekeepingStep)) remove({ pk: String(pk), sk: String(sk) });
    sql.dropChanges.run(clock.nowMs() - feedKeptMs, housekeepingStep);
  };

  const commits = groupCommit<Key[]>(database, housekeeping, (results) => {
    const keys = results.flat();
    if (keys.length > 0) for (const listener of listeners) listener(keys);
  });

  const select = ({ pk, range, limit, descending = false, after }: Query) => {
    const { from = '', to, prefix, empty } = boundsOf(range);
    if (empty) return [];
    let lowest = prefix ?? from;
    let below = prefix === undefined ? (to === undefined ? highest : successor(to)) : afterPrefix(prefix);
    if (after !== undefined && descending && compareUtf8(after, below) < 0) below = after;
    if (after !== undefined && !descending && compareUtf8(after, lowest) >= 0) lowest = successor(after);
    return (descending ? sql.descending : sql.ascending).iterate(pk, lowest, below, nowSeconds(), limit + 1);
  };

  const query = (asked: Query): Page => {
    const items: Item[] = [];
    let bytes = 0;
    let last = '';
    for (const found of select(asked)) {
      const { sk, body, escaped } = asStoredRow(found);
      if (items.length === asked.limit || (items.length > 0 && bytes + body.length > maxPageBytes)) return { items, next: last };
      items.push(decodeRow(body, escaped));
      bytes += body.length;
      last = sk;
    }
    return { items };
  };

  const changes = (cursor: string | undefined, limit: number): { changes: Change[]; cursor: string } => {
    const after = cursor === undefined ? 0 : Number(cursor);
    if (!Number.isSafeInteger(after) || after < 0) throw new Error('not a cursor of this feed');
    const rows = sql.readChanges.all(after, clock.nowMs() - feedKeptMs, limit);
    const found = rows.map(({ kind, pk, sk, body, escaped }): Change => {
      const key = { pk: String(pk), sk: String(sk) };
      return kind === 'put' ? { kind: 'put', key, item: decodeRow(String(body), Number(escaped)) } : { kind: 'delete', key };
    });
    return { changes: found, cursor: String(rows.at(-1)?.seq ?? after) };
  };

  return {
    async get(tenant, key) {
      assertKey(tenant, key);
      return read(key);
    },
    async batchGet(tenant, keys) {
      for (const key of keys) assertKey(tenant, key);
      return keys.map(read);
    },
    async query(tenant, asked) {
      assertQuery(tenant, asked);
      return query(asked);
    },
    async transact(tenant, writes) {
      assertWrites(tenant, writes);
      if (!database.isOpen) throw new Error('the table is closed');
      if (writes.length > 0) await commits.run(() => apply(writes));
    },
    read: async (cursor, limit) => changes(cursor, limit),
    onCommit(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      if (!database.isOpen) return;
      commits.flush();
      database.close();
    },
  };
};
