// The table port's contract: what every adapter does, whatever stores the rows.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../../functions/shared/kernel/errors.ts';
import {
  ConditionFailed,
  globalTenant,
  type Item,
  type Table,
  TransactionConflict,
  type Write,
} from '../../functions/shared/ports/table.ts';
import type { TestClock } from '../support/ports.ts';

export interface TableUnderTest {
  readonly table: Table;
  readonly clock: TestClock;
  close(): Promise<void> | void;
}

const caught = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

export const tableContract = (open: () => Promise<TableUnderTest> | TableUnderTest): void => {
  let opened: TableUnderTest;
  let count = 0;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened?.close());

  /** A tenant of its own for each test. */
  const tenantOf = () => {
    count += 1;
    const org = `org-${count}`;
    const { table, clock } = opened;
    const key = (sk: string) => ({ pk: `${org}#rows`, sk });
    const put = (sk: string, attributes: Record<string, Item[string]> = {}): Write => ({
      kind: 'put',
      item: { ...key(sk), ...attributes },
    });
    const transact = (...writes: Write[]) => table.transact(org, writes);
    const all = async (query: Partial<Parameters<Table['query']>[1]> = {}): Promise<string[]> => {
      const found: string[] = [];
      let after = query.after;
      do {
        const page = await table.query(org, { pk: `${org}#rows`, limit: 100, ...query, ...(after === undefined ? {} : { after }) });
        found.push(...page.items.map(({ sk }) => sk));
        after = page.next;
      } while (after !== undefined);
      return found;
    };
    return { org, table, clock, key, put, transact, all, get: (sk: string) => table.get(org, key(sk)) };
  };

  describe('rows', () => {
    test('come back as they were written, with nested values, empty ones and bytes', async () => {
      const { transact, key, get } = tenantOf();
      const item: Item = {
        ...key('whole'),
        version: 3,
        text: 'ünï\u0000code 🎉',
        empty: '',
        zero: 0,
        fraction: -1.25,
        big: Number.MAX_SAFE_INTEGER,
        yes: true,
        nothing: null,
        list: [1, 'two', [], {}, null],
        map: { $: 'dollar', $x: { $: [1] }, inner: { deep: [{ er: 1 }] } },
        bytes: Uint8Array.of(0, 1, 254, 255),
        nested: { list: [Uint8Array.of(7), { $: Uint8Array.of() }] },
      };
      await transact({ kind: 'put', item });
      const read = await get('whole');
      expect(read).toEqual(item);
      expect(read?.bytes).toBeInstanceOf(Uint8Array);
    });

    test('lose attributes that are undefined', async () => {
      const { transact, put, get, key } = tenantOf();
      await transact(put('a', { left: undefined, map: { left: undefined, kept: 1 } }));
      expect(await get('a')).toStrictEqual({ ...key('a'), map: { kept: 1 } });
    });

    test('that do not exist are undefined', async () => {
      const { get } = tenantOf();
      expect(await get('absent')).toBeUndefined();
    });

    test('are replaced as a whole by a put', async () => {
      const { transact, put, get, key } = tenantOf();
      await transact(put('a', { one: 1 }));
      await transact(put('a', { two: 2 }));
      expect(await get('a')).toEqual({ ...key('a'), two: 2 });
    });

    test('are gone after a delete, and deleting what is not there is no error', async () => {
      const { transact, put, get, key } = tenantOf();
      await transact(put('a'));
      await transact({ kind: 'delete', key: key('a') });
      await transact({ kind: 'delete', key: key('a') });
      expect(await get('a')).toBeUndefined();
    });

    test('of a batch come in the order of the keys, with duplicates, gaps and more than a hundred', async () => {
      const { org, table, transact, put, key } = tenantOf();
      const names = Array.from({ length: 130 }, (_, index) => `row-${index}`);
      await transact(...names.slice(0, 65).map((name) => put(name)));
      await transact(...names.slice(65).map((name) => put(name)));
      const asked = [...names, 'absent', 'row-3', 'row-3'].reverse();
      const read = await table.batchGet(org, asked.map(key));
      expect(read.map((item) => item?.sk)).toEqual(asked.map((name) => (name === 'absent' ? undefined : name)));
      expect(await table.batchGet(org, [])).toEqual([]);
    });

    test('of the global tenant have their own prefix', async () => {
      const { table, org } = tenantOf();
      const key = { pk: `@#pointer#${org}`, sk: 'x' };
      await table.transact(globalTenant, [{ kind: 'put', item: { ...key, to: org } }]);
      expect(await table.get(globalTenant, key)).toEqual({ ...key, to: org });
    });
  });

  describe('tenants', () => {
    test('a key of another tenant is refused by every call, and nothing is written', async () => {
      const mine = tenantOf();
      const other = tenantOf();
      await other.transact(other.put('secret'));
      const foreign = other.key('secret');
      const { table, org } = mine;
      await expect(table.get(org, foreign)).rejects.toThrow('another tenant');
      await expect(table.batchGet(org, [mine.key('a'), foreign])).rejects.toThrow('another tenant');
      await expect(table.query(org, { pk: foreign.pk, limit: 1 })).rejects.toThrow('another tenant');
      const writes: Write[] = [
        { kind: 'put', item: { ...foreign, stolen: true } },
        { kind: 'delete', key: foreign },
        { kind: 'check', key: foreign, condition: { present: true } },
        { kind: 'add', key: foreign, amounts: { n: 1 } },
      ];
      for (const write of writes) await expect(table.transact(org, [mine.put('a'), write])).rejects.toThrow('another tenant');
      expect(await mine.get('a')).toBeUndefined();
      expect(await other.get('secret')).toEqual(foreign);
    });

    test('a tenant whose name begins with mine, an empty one and one with `#` are other tenants', async () => {
      const { table, org, key } = tenantOf();
      await expect(table.get(org, { pk: `${org}x#rows`, sk: 'a' })).rejects.toThrow('another tenant');
      await expect(table.get(org, { pk: org, sk: 'a' })).rejects.toThrow('another tenant');
      await expect(table.get('', key('a'))).rejects.toThrow('another tenant');
      await expect(table.get(`${org}#rows`, { pk: `${org}#rows#x`, sk: 'a' })).rejects.toThrow('another tenant');
    });
  });

  describe('conditions', () => {
    test('absent, present and version hold or fail as named', async () => {
      const { transact, key, get } = tenantOf();
      const write = (condition: NonNullable<(Write & { kind: 'put' })['condition']>, version: number): Write => ({
        kind: 'put',
        item: { ...key('a'), version },
        condition,
      });
      await expect(transact(write({ present: true }, 1))).rejects.toThrow(ConditionFailed);
      await expect(transact(write({ version: 1 }, 1))).rejects.toThrow(ConditionFailed);
      await transact(write({ absent: true }, 1));
      await expect(transact(write({ absent: true }, 9))).rejects.toThrow(ConditionFailed);
      await expect(transact(write({ version: 2 }, 9))).rejects.toThrow(ConditionFailed);
      await transact(write({ version: 1 }, 2));
      await transact(write({ present: true }, 3));
      expect((await get('a'))?.version).toBe(3);
      await expect(transact({ kind: 'delete', key: key('a'), condition: { version: 1 } })).rejects.toThrow(ConditionFailed);
      await transact({ kind: 'delete', key: key('a'), condition: { version: 3 } });
      expect(await get('a')).toBeUndefined();
    });

    test('a version condition fails on a row without version', async () => {
      const { transact, put, key } = tenantOf();
      await transact(put('a'));
      await expect(transact({ kind: 'check', key: key('a'), condition: { version: 0 } })).rejects.toThrow(ConditionFailed);
    });

    test('one that fails undoes every write of its transaction and names the first at fault', async () => {
      const { transact, put, key, get } = tenantOf();
      await transact(put('there'));
      const error = await caught(
        transact(
          put('new'),
          { kind: 'add', key: key('count'), amounts: { n: 1 } },
          { kind: 'check', key: key('missing'), condition: { present: true } },
          { kind: 'put', item: key('there'), condition: { absent: true } },
        ),
      );
      expect(error).toBeInstanceOf(ConditionFailed);
      expect((error as ConditionFailed).index).toBe(2);
      expect(await get('new')).toBeUndefined();
      expect(await get('count')).toBeUndefined();
    });

    test("a failed write's own error is thrown in its place", async () => {
      const { transact, put, key } = tenantOf();
      const mine = new AppError('already-exists', 'mine');
      await transact(put('a'));
      const taken: Write = { kind: 'put', item: key('a'), condition: { absent: true }, orElse: () => mine };
      expect(await caught(transact(put('b'), taken))).toBe(mine);
    });

    test('of two concurrent claims on a row exactly one wins', async () => {
      const { transact, key, get } = tenantOf();
      const claim = (by: number): Write => ({ kind: 'put', item: { ...key('claim'), by }, condition: { absent: true } });
      const outcomes = await Promise.allSettled([1, 2, 3, 4, 5].map((by) => transact(claim(by))));
      const won = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [index + 1] : []));
      expect(won).toHaveLength(1);
      expect((await get('claim'))?.by).toBe(won[0]);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect([ConditionFailed, TransactionConflict]).toContain(outcome.reason.constructor);
      }
    });
  });

  describe('additions', () => {
    test('make the row, add to numbers and set others', async () => {
      const { transact, key, get } = tenantOf();
      const expiresAtSeconds = Math.floor(opened.clock.nowMs() / 1000) + 60;
      await transact({ kind: 'add', key: key('c'), amounts: { n: 2 }, set: { name: 'first', at: [1] } });
      await transact({ kind: 'add', key: key('c'), amounts: { n: -5, m: 1 }, set: { name: 'second' }, expiresAtSeconds });
      expect(await get('c')).toEqual({ ...key('c'), n: -3, m: 1, name: 'second', at: [1], expiresAtSeconds });
    });

    test('made at the same time are all counted', async () => {
      const { transact, key, get } = tenantOf();
      const addOne = async (): Promise<void> => {
        for (;;) {
          const error = await caught(transact({ kind: 'add', key: key('c'), amounts: { n: 1 } }));
          if (error === undefined) return;
          if (!(error instanceof TransactionConflict)) throw error;
        }
      };
      await Promise.all(Array.from({ length: 20 }, addOne));
      expect((await get('c'))?.n).toBe(20);
    });

    test('to what is not a number are refused', async () => {
      const { transact, put, key, get } = tenantOf();
      await transact(put('c', { n: 'text' }));
      await expect(transact({ kind: 'add', key: key('c'), amounts: { n: 1 } })).rejects.toThrow();
      expect((await get('c'))?.n).toBe('text');
    });

    test('of nothing, to keys, or to an attribute that is also set are refused', async () => {
      const { transact, key } = tenantOf();
      const add = (amounts: Record<string, number>, set?: Record<string, Item[string] & {}>): Write => ({
        kind: 'add',
        key: key('c'),
        amounts,
        ...(set === undefined ? {} : { set }),
      });
      await expect(transact(add({}))).rejects.toThrow('at least one');
      await expect(transact(add({ n: 1 }, { sk: 'other' }))).rejects.toThrow('may not touch');
      await expect(transact(add({ n: 1 }, { n: 2 }))).rejects.toThrow('twice');
    });

    test('to a row past its time begin anew', async () => {
      const { transact, key, get, clock } = tenantOf();
      const seconds = () => Math.floor(clock.nowMs() / 1000);
      const add = (): Write => ({ kind: 'add', key: key('window'), amounts: { n: 1 }, expiresAtSeconds: seconds() + 10 });
      await transact({ kind: 'put', item: { ...key('window'), n: 41, old: true, expiresAtSeconds: seconds() + 5 } });
      await transact(add());
      expect((await get('window'))?.n).toBe(42);
      clock.advance(10_000);
      await transact(add());
      expect(await get('window')).toEqual({ ...key('window'), n: 1, expiresAtSeconds: seconds() + 10 });
    });
  });

  describe('time to live', () => {
    test('a row past its time is not seen by any read, and a condition takes it as absent', async () => {
      const { org, table, clock, transact, put, key, get, all } = tenantOf();
      const expiresAtSeconds = Math.floor(clock.nowMs() / 1000) + 10;
      await transact(put('dies', { expiresAtSeconds, version: 1 }), put('stays'));
      clock.advance(9_999);
      expect(await get('dies')).toBeDefined();
      clock.advance(1);
      expect(await get('dies')).toBeUndefined();
      expect(await table.batchGet(org, [key('dies')])).toEqual([undefined]);
      expect(await all()).toEqual(['stays']);
      await expect(transact({ kind: 'check', key: key('dies'), condition: { version: 1 } })).rejects.toThrow(ConditionFailed);
      await expect(transact({ kind: 'delete', key: key('dies'), condition: { present: true } })).rejects.toThrow(ConditionFailed);
      await transact({ kind: 'put', item: { ...key('dies'), version: 7 }, condition: { absent: true } });
      expect((await get('dies'))?.version).toBe(7);
    });

    test('pages of rows past their time are skipped, not taken for the end', async () => {
      const { clock, transact, put, all } = tenantOf();
      const expiresAtSeconds = Math.floor(clock.nowMs() / 1000) + 1;
      await transact(...Array.from({ length: 20 }, (_, index) => put(`a-${index + 10}`, { expiresAtSeconds })), put('z'));
      clock.advance(1000);
      expect(await all({ limit: 3 })).toEqual(['z']);
    });

    test('is a whole number of seconds', async () => {
      const { transact, put } = tenantOf();
      await expect(transact(put('a', { expiresAtSeconds: 1.5 }))).rejects.toThrow('whole number');
    });
  });

  describe('queries', () => {
    const names = ['a', 'a#1', 'a#2', 'ab', 'b', 'z', 'é', '\uffee', '🎉'];

    test('sort keys by their UTF-8 bytes, both ways, in pages of any size', async () => {
      const { transact, put, all } = tenantOf();
      await transact(...[...names].reverse().map((name) => put(name)));
      for (const limit of [1, 2, 4, names.length, 100]) {
        expect(await all({ limit })).toEqual(names);
        expect(await all({ limit, descending: true })).toEqual([...names].reverse());
      }
    });

    test('narrow to a prefix or to inclusive bounds', async () => {
      const { transact, put, all } = tenantOf();
      await transact(...names.map((name) => put(name)));
      for (const descending of [false, true]) {
        const range = async (of: NonNullable<Parameters<Table['query']>[1]['range']>) => {
          const found = await all({ range: of, limit: 2, descending });
          return descending ? found.reverse() : found;
        };
        expect(await range({ prefix: 'a' })).toEqual(['a', 'a#1', 'a#2', 'ab']);
        expect(await range({ prefix: 'a#' })).toEqual(['a#1', 'a#2']);
        expect(await range({ prefix: '' })).toEqual(names);
        expect(await range({ prefix: '\u{10ffff}' })).toEqual([]);
        expect(await range({ from: 'a#2', to: 'z' })).toEqual(['a#2', 'ab', 'b', 'z']);
        expect(await range({ from: 'é' })).toEqual(['é', '\uffee', '🎉']);
        expect(await range({ to: 'a#1' })).toEqual(['a', 'a#1']);
        expect(await range({ from: 'b', to: 'a' })).toEqual([]);
        expect(await range({ to: '' })).toEqual([]);
      }
    });

    test('start behind a key, within the range or outside of it', async () => {
      const { transact, put, all } = tenantOf();
      await transact(...names.map((name) => put(name)));
      const range = { from: 'a#2', to: 'z' };
      expect(await all({ after: 'ab' })).toEqual(names.slice(4));
      expect(await all({ after: 'aa' })).toEqual(names.slice(3));
      expect(await all({ range, after: 'a' })).toEqual(['a#2', 'ab', 'b', 'z']);
      expect(await all({ range, after: 'z' })).toEqual([]);
      expect(await all({ range, after: 'é' })).toEqual([]);
      expect(await all({ range, after: 'é', descending: true })).toEqual(['z', 'b', 'ab', 'a#2']);
      expect(await all({ range, after: 'a', descending: true })).toEqual([]);
      expect(await all({ range: { prefix: 'a#' }, after: 'Z' })).toEqual(['a#1', 'a#2']);
      expect(await all({ range: { prefix: 'a#' }, after: 'b' })).toEqual([]);
      expect(await all({ range: { prefix: 'a#' }, after: 'b', descending: true })).toEqual(['a#2', 'a#1']);
      expect(await all({ range: { prefix: 'a#' }, after: 'a#2', descending: true })).toEqual(['a#1']);
      expect(await all({ range: { prefix: 'a#' }, after: 'a', descending: true })).toEqual([]);
    });

    test('see one partition only, and an unknown one is empty', async () => {
      const { org, table, transact, put } = tenantOf();
      await transact(put('a'), { kind: 'put', item: { pk: `${org}#rows2`, sk: 'b' } });
      expect((await table.query(org, { pk: `${org}#rows2`, limit: 5 })).items).toHaveLength(1);
      expect(await table.query(org, { pk: `${org}#none`, limit: 5 })).toEqual({ items: [] });
    });

    test('go on past a megabyte of large rows', async () => {
      const { transact, put, all } = tenantOf();
      const large = 'x'.repeat(300_000);
      for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await transact(put(name, { large }));
      expect(await all()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
      expect(await all({ descending: true })).toEqual(['f', 'e', 'd', 'c', 'b', 'a']);
    });

    test('ask for at least one row', async () => {
      const { all } = tenantOf();
      await expect(all({ limit: 0 })).rejects.toThrow('at least one row');
    });
  });

  describe('limits', () => {
    test('a hundred writes pass and one more is refused', async () => {
      const { transact, put, get } = tenantOf();
      const writes = Array.from({ length: 101 }, (_, index) => put(`row-${index}`));
      await expect(transact(...writes)).rejects.toThrow('at most 100');
      expect(await get('row-0')).toBeUndefined();
      await transact(...writes.slice(1));
      expect(await get('row-100')).toBeDefined();
    });

    test('no write at all changes nothing', async () => {
      const { transact, all } = tenantOf();
      await transact();
      expect(await all()).toEqual([]);
    });

    test('a row named twice is refused', async () => {
      const { transact, put, key, get } = tenantOf();
      await expect(transact(put('a'), { kind: 'check', key: key('a'), condition: { absent: true } })).rejects.toThrow('at most once');
      expect(await get('a')).toBeUndefined();
    });

    test('an item of almost 400 KB passes and a larger one is refused, counted in UTF-8', async () => {
      const { transact, put, get } = tenantOf();
      const room = 395 * 1024;
      await transact(put('a', { text: 'x'.repeat(room) }));
      expect(await get('a')).toBeDefined();
      await expect(transact(put('b', { text: 'x'.repeat(400 * 1024) }))).rejects.toMatchObject({ code: 'payload-too-large' });
      await expect(transact(put('b', { text: 'é'.repeat(201 * 1024) }))).rejects.toMatchObject({ code: 'payload-too-large' });
      await expect(transact(put('b', { bytes: new Uint8Array(400 * 1024) }))).rejects.toMatchObject({ code: 'payload-too-large' });
    });

    test('a transaction over 4 MB is refused as a whole', async () => {
      const { transact, put, get } = tenantOf();
      const text = 'x'.repeat(390 * 1024);
      const writes = Array.from({ length: 11 }, (_, index) => put(`row-${index}`, { text }));
      await expect(transact(...writes)).rejects.toMatchObject({ code: 'payload-too-large' });
      expect(await get('row-0')).toBeUndefined();
    });

    test('keys that are empty, too long or not Unicode are refused, and so are values that are not JSON', async () => {
      const { org, table, transact, put } = tenantOf();
      for (const sk of ['', 'x'.repeat(1025), '\ud800']) await expect(transact(put(sk))).rejects.toThrow();
      await expect(table.get(org, { pk: `${org}#${'x'.repeat(2048)}`, sk: 'a' })).rejects.toThrow('too long');
      await transact(put('x'.repeat(1024)));
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60, (() => 1) as unknown as number, 1n as unknown as number]) {
        await expect(transact(put('a', { value }))).rejects.toThrow();
      }
    });
  });
};
