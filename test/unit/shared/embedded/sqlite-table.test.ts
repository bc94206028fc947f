import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { openSqliteTable, type SqliteTable } from '../../../../functions/shared/embedded/sqlite-table.ts';
import type { Change, Item, Write } from '../../../../functions/shared/ports/table.ts';
import { type TestClock, temporaryFolder, testClock } from '../../../support/ports.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

const folder = (): string => {
  const made = temporaryFolder();
  cleanups.push(made.remove);
  return made.path;
};

const open = (path = ':memory:', clock: TestClock = testClock(), name = 'main') => {
  const table = openSqliteTable({ path, clock, name });
  cleanups.push(() => table.close());
  return { table, clock };
};

const key = (sk: string) => ({ pk: 'acme#rows', sk });
const put = (sk: string, more: Record<string, Item[string]> = {}): Write => ({ kind: 'put', item: { ...key(sk), ...more } });
const claim = (sk: string): Write => ({ kind: 'put', item: key(sk), condition: { absent: true } });

const allChanges = async (table: SqliteTable, from?: string): Promise<{ changes: Change[]; cursor: string }> => {
  const changes: Change[] = [];
  for (let cursor = from; ; ) {
    const read = await table.read(cursor, 2);
    changes.push(...read.changes);
    cursor = read.cursor;
    if (read.changes.length === 0) return { changes, cursor };
  }
};

describe('durability', () => {
  test('rows, and changes with their cursor, are there after the file is closed and opened again', async () => {
    const path = `${folder()}/table.sqlite`;
    const first = open(path);
    await first.table.transact('acme', [put('a', { n: 1 })]);
    const { cursor } = await first.table.read(undefined, 10);
    const unanswered = first.table.transact('acme', [put('b')]);
    first.table.close();
    await unanswered;
    const second = open(path);
    expect(await second.table.get('acme', key('a'))).toEqual({ ...key('a'), n: 1 });
    expect((await second.table.read(cursor, 10)).changes).toEqual([{ kind: 'put', key: key('b'), item: key('b') }]);
  });

  test('what was answered before a kill -9 is there, and no transaction is there in part', async () => {
    const path = `${folder()}/table.sqlite`;
    const writer = fileURLToPath(new URL('../../../support/ports-sqlite-writer.ts', import.meta.url));
    const child = spawn(process.execPath, [writer, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      if (text.split('\n').length > 60) child.kill('SIGKILL');
    });
    await once(child, 'close');
    const answered = text.split('\n').slice(0, -1);
    expect(answered.length).toBeGreaterThanOrEqual(60);
    const { table } = open(path);
    const parts = new Map<string, number>();
    for (let after: string | undefined; ; ) {
      const page = await table.query('acme', { pk: 'acme#rows', limit: 500, ...(after === undefined ? {} : { after }) });
      for (const { sk } of page.items) parts.set(sk.split('#')[0] ?? '', (parts.get(sk.split('#')[0] ?? '') ?? 0) + 1);
      if (page.next === undefined) break;
      after = page.next;
    }
    expect(answered.filter((number) => parts.get(number) !== 3)).toEqual([]);
    expect([...parts.values()].filter((count) => count !== 3)).toEqual([]);
  });

  test('a closed table refuses every call', async () => {
    const { table } = open();
    table.close();
    table.close();
    await expect(table.transact('acme', [put('a')])).rejects.toThrow('closed');
    await expect(table.get('acme', key('a'))).rejects.toThrow();
  });
});

describe('transactions of one turn', () => {
  test('share a commit, see each other in their order, and fail alone', async () => {
    const { table } = open();
    const heard: string[][] = [];
    table.onCommit((keys) => heard.push(keys.map(({ sk }) => sk)));
    const outcomes = await Promise.allSettled([
      table.transact('acme', [claim('a'), put('beside-a')]),
      table.transact('acme', [put('lost'), claim('a')]),
      table.transact('acme', [{ kind: 'add', key: key('n'), amounts: { n: 1 } }]),
      table.transact('acme', [
        { kind: 'check', key: key('a'), condition: { present: true } },
        { kind: 'add', key: key('n'), amounts: { n: 1 } },
      ]),
      table.transact('other', [{ kind: 'delete', key: { pk: 'other#rows', sk: 'x' } }]),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
    expect(await table.get('acme', key('lost'))).toBeUndefined();
    expect((await table.get('acme', key('n')))?.n).toBe(2);
    expect(heard).toEqual([['a', 'beside-a', 'n', 'n']]);
  });

  test('that all fail wake nobody, and one who has left hears nothing', async () => {
    const { table } = open();
    await table.transact('acme', [claim('a')]);
    let heard = 0;
    const leave = table.onCommit(() => {
      heard += 1;
    });
    await expect(table.transact('acme', [claim('a')])).rejects.toThrow();
    await table.transact('acme', [{ kind: 'delete', key: key('a') }]);
    expect(heard).toBe(0);
    await table.transact('acme', [put('b')]);
    leave();
    await table.transact('acme', [put('c')]);
    expect(heard).toBe(1);
  });

  test('are answered after the listener may already read them', async () => {
    const { table } = open();
    const seen: (Item | undefined)[] = [];
    const read = new Promise<void>((resolve) => {
      table.onCommit(async ([first]) => {
        if (first !== undefined) seen.push(await table.get('acme', first));
        resolve();
      });
    });
    await table.transact('acme', [put('a', { n: 1 })]);
    await read;
    expect(seen).toEqual([{ ...key('a'), n: 1 }]);
  });
});

describe('the change feed', () => {
  test('tells puts, additions and deletions in the order of their commits, and goes on behind a cursor', async () => {
    const { table } = open();
    expect((await table.read(undefined, 10)).changes).toEqual([]);
    await table.transact('acme', [put('a', { n: 1, bytes: Uint8Array.of(1) })]);
    await table.transact('acme', [{ kind: 'add', key: key('a'), amounts: { n: 4 } }]);
    const { changes, cursor } = await allChanges(table);
    expect(changes.map(({ item }) => item?.n)).toEqual([1, 5]);
    expect(changes[1]?.item?.bytes).toEqual(Uint8Array.of(1));
    await table.transact('acme', [{ kind: 'delete', key: key('a') }]);
    await table.transact('acme', [{ kind: 'delete', key: key('a') }]);
    await table.transact('acme', [put('b')]);
    expect((await allChanges(table, cursor)).changes).toEqual([
      { kind: 'delete', key: key('a') },
      { kind: 'put', key: key('b'), item: key('b') },
    ]);
  });

  test('holds nothing of a transaction that failed', async () => {
    const { table } = open();
    await table.transact('acme', [claim('a')]);
    await expect(table.transact('acme', [put('b'), claim('a')])).rejects.toThrow();
    expect((await allChanges(table)).changes).toHaveLength(1);
  });

  test('keeps changes for 24 hours, and a cursor stays good after they are gone', async () => {
    const { table, clock } = open();
    for (let index = 0; index < 5; index += 1) await table.transact('acme', [put(`old-${index}`)]);
    const { cursor } = await allChanges(table);
    clock.advance(24 * 60 * 60_000);
    expect((await allChanges(table)).changes).toEqual([]);
    await table.transact('acme', [put('new')]);
    expect((await allChanges(table)).changes.map((change) => change.key.sk)).toEqual(['new']);
    expect((await allChanges(table, cursor)).changes.map((change) => change.key.sk)).toEqual(['new']);
  });

  test.each(['x', '-1', '1.5', 'Infinity'])('refuses the cursor %j', async (cursor) => {
    await expect(open().table.read(cursor, 1)).rejects.toThrow('not a cursor');
  });
});

describe('rows past their time', () => {
  test('are deleted in small steps by later commits, which the feed tells', async () => {
    const { table, clock } = open();
    const expiresAtSeconds = clock.nowMs() / 1000 + 1;
    await table.transact(
      'acme',
      Array.from({ length: 80 }, (_, index) => put(`row-${index}`, { expiresAtSeconds })),
    );
    const { cursor } = await table.read(undefined, 1000);
    clock.advance(1000);
    const deletedAfter = async (): Promise<number> => {
      await table.transact('acme', [put('tick')]);
      return (await table.read(cursor, 1000)).changes.filter(({ kind }) => kind === 'delete').length;
    };
    const counts = [await deletedAfter(), await deletedAfter(), await deletedAfter(), await deletedAfter()];
    expect(counts).toEqual([32, 64, 80, 80]);
  });
});

test('several tables share a file and stay apart', async () => {
  const path = `${folder()}/shared.sqlite`;
  const { table: one } = open(path);
  const { table: two } = open(path, testClock(), 'other');
  await Promise.all([one.transact('acme', [put('a', { n: 1 })]), two.transact('acme', [put('a', { n: 2 })])]);
  expect((await one.get('acme', key('a')))?.n).toBe(1);
  expect((await two.get('acme', key('a')))?.n).toBe(2);
  expect((await two.read(undefined, 10)).changes).toHaveLength(1);
});

test('an item of exactly 400 KB passes and one byte more does not', async () => {
  const { table } = open();
  const names = 'pk'.length + 'acme#rows'.length + 'sk'.length + 'a'.length + 'text'.length;
  await table.transact('acme', [put('a', { text: 'x'.repeat(400 * 1024 - names) })]);
  await expect(table.transact('acme', [put('a', { text: 'x'.repeat(400 * 1024 - names + 1) })])).rejects.toMatchObject({
    code: 'payload-too-large',
  });
});

test('an addition may not grow a row over 400 KB', async () => {
  const { table } = open();
  await table.transact('acme', [put('a', { text: 'x'.repeat(300 * 1024) })]);
  const grow: Write = { kind: 'add', key: key('a'), amounts: { n: 1 }, set: { more: 'y'.repeat(200 * 1024) } };
  await expect(table.transact('acme', [grow])).rejects.toMatchObject({ code: 'payload-too-large' });
  expect((await table.get('acme', key('a')))?.more).toBeUndefined();
});

test('a table name that is not plain is refused', () => {
  for (const name of ['', 'a"b', 'Main', 'a b', '1a']) expect(() => open(':memory:', testClock(), name)).toThrow('table name');
});

describe('any sequence of transactions', () => {
  const sk = fc.constantFrom('a', 'b', 'c', 'é', '🎉');
  const condition = fc.constantFrom({ absent: true } as const, { present: true } as const, { version: 1 }, { version: 2 }, undefined);
  const write: fc.Arbitrary<Write> = fc.oneof(
    fc
      .record({ at: sk, version: fc.integer({ min: 1, max: 2 }), on: condition })
      .map(({ at, version, on }): Write => ({ kind: 'put', item: { ...key(at), version }, ...(on && { condition: on }) })),
    fc.record({ at: sk, on: condition }).map(({ at, on }): Write => ({ kind: 'delete', key: key(at), ...(on && { condition: on }) })),
    fc.record({ at: sk }).map(({ at }): Write => ({ kind: 'add', key: key(at), amounts: { version: 1 } })),
    fc.record({ at: sk }).map(({ at }): Write => ({ kind: 'check', key: key(at), condition: { present: true } })),
  );
  const keyIn = (one: Write): string => (one.kind === 'put' ? one.item.sk : one.key.sk);
  const transaction = fc.uniqueArray(write, { selector: keyIn, minLength: 1, maxLength: 4 });

  /** The slow reference: a map, changed only when every condition holds. */
  const applyTo = (rows: Map<string, number>, writes: readonly Write[]): boolean => {
    const fails = writes.some((one) => {
      if (one.kind === 'add' || one.condition === undefined) return false;
      const version = rows.get(keyIn(one));
      if ('absent' in one.condition) return version !== undefined;
      return version === undefined || ('version' in one.condition && one.condition.version !== version);
    });
    if (fails) return false;
    for (const one of writes) {
      if (one.kind === 'put') rows.set(one.item.sk, one.item.version ?? 0);
      if (one.kind === 'add') rows.set(one.key.sk, (rows.get(one.key.sk) ?? 0) + 1);
      if (one.kind === 'delete') rows.delete(one.key.sk);
    }
    return true;
  };

  test('leaves the rows and the feed that a map would hold, however they are grouped', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(transaction, { maxLength: 4 }), { maxLength: 6 }), async (groups) => {
        const { table } = open();
        const rows = new Map<string, number>();
        for (const group of groups) {
          const expected = group.map((writes) => applyTo(rows, writes));
          const outcomes = await Promise.allSettled(group.map((writes) => table.transact('acme', writes)));
          expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual(expected);
        }
        const { items } = await table.query('acme', { pk: 'acme#rows', limit: 100 });
        const sorted = [...rows].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(items.map((item) => [item.sk, item.version])).toEqual(sorted);
        const replayed = new Map<string, number>();
        for (const change of (await table.read(undefined, 1000)).changes) {
          if (change.kind === 'put') replayed.set(change.key.sk, change.item?.version ?? 0);
          else replayed.delete(change.key.sk);
        }
        expect(new Map([...replayed].sort())).toEqual(new Map([...rows].sort()));
        table.close();
      }),
      { numRuns: 60, seed: 7 },
    );
  });
});
