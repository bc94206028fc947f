import { describe, expect, test } from 'vitest';
import { tableUsageStore } from '../../../functions/authz/adapters/table-usage-store.ts';
import { compileGrants } from '../../../functions/authz/domain/compile-grants.ts';
import { coverageOf } from '../../../functions/authz/domain/coverage.ts';
import type { Holder } from '../../../functions/authz/domain/holder.ts';
import { permissionNumber } from '../../../functions/authz/domain/permission-numbers.ts';
import { attributesDigest, dayOf, networkOf, type UsageRow } from '../../../functions/authz/domain/usage.ts';
import { readUsageKey, usageKeyText } from '../../../functions/authz/domain/usage-key.ts';
import type { UsageStore } from '../../../functions/authz/ports.ts';
import { type Later, type RecorderOptions, usageRecorder } from '../../../functions/authz/use-cases/record-usage.ts';
import { openSqliteTable } from '../../../functions/shared/embedded/sqlite-table.ts';
import { orgId } from '../../../functions/shared/kernel/ids.ts';
import { principal } from '../../../functions/shared/kernel/principal.ts';
import { scope } from '../../../functions/shared/kernel/scope.ts';
import { type Table, TransactionConflict } from '../../../functions/shared/ports/table.ts';
import { testClock, testRandomness } from '../../support/ports.ts';

const acme = orgId.parse('acme');
const support = scope.parse('support');
const holder = (id: string, attributes?: Record<string, string>): Holder => ({
  principal: principal.parse(`user:${id}`),
  grants: compileGrants([]),
  ...(attributes === undefined ? {} : { attributes }),
});

const recorderOn = (
  options: Partial<RecorderOptions> & { wrap?: (table: Table) => Table; around?: (store: UsageStore) => UsageStore } = {},
) => {
  const clock = testClock();
  const world = { ...clock, ...testRandomness('usage') };
  const table = openSqliteTable({ path: ':memory:', clock, name: 'main' });
  const store = tableUsageStore(options.wrap?.(table) ?? table);
  const waiting: { run: () => void; delayMs: number }[] = [];
  const later: Later = (run, delayMs) => void waiting.push({ run, delayMs });
  const recorder = usageRecorder({ store: options.around?.(store) ?? store, world, later, ...options });
  const rows = async (): Promise<UsageRow[]> => {
    const all: UsageRow[] = [];
    for await (const page of tableUsageStore(table).rows(acme, dayOf(clock.nowMs()))) all.push(...page);
    return all;
  };
  const total = async (): Promise<number> =>
    (await rows()).reduce((sum, { hours }) => sum + hours.reduce((of, [, count]) => of + count, 0), 0);
  const count = (id: string, allowed = true, more: { environment?: string; ip?: string } = {}) => {
    const { ip, ...added } = more;
    const inputs = { timeMs: clock.nowMs(), ...(ip === undefined ? {} : { ip }) };
    recorder.watch(acme, holder(id), inputs, 'used')('apps', support, 'read', allowed, added);
  };
  return { clock, table, store, recorder, waiting, rows, total, count };
};

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('what is kept of a decision', () => {
  test('an address is kept as its network alone', () => {
    expect(networkOf('203.0.113.77')).toBe('203.0.113.0/24');
    expect(networkOf('::ffff:203.0.113.77')).toBe('203.0.113.0/24');
    expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1::/48');
    expect(networkOf('nonsense')).toBe(undefined);
    expect(networkOf(undefined)).toBe(undefined);
  });

  test('attributes are kept as a digest that differs between persons, values and creators', () => {
    const red = attributesDigest(holder('bob', { team: 'red' }));
    expect(red).toMatch(/^[A-Za-z0-9_-]{8}$/);
    expect(attributesDigest(holder('bob', { team: 'blue' }))).not.toBe(red);
    expect(attributesDigest(holder('eve', { team: 'red' }))).not.toBe(red);
    expect(attributesDigest(holder('bob'), { team: 'red' })).toBe(red);
    expect(attributesDigest({ ...holder('bob'), creator: holder('eve', { team: 'red' }) })).not.toBe(red);
    expect(attributesDigest(holder('bob'))).toBe('');
  });

  test('a key reads back as what it was made of', () => {
    const row = {
      principal: principal.parse('token:abc'),
      permission: { number: permissionNumber('secrets', 'read') ?? -1, scope: scope.parse('support/bot/eu') },
      allowed: false,
      kind: 'asked' as const,
      facts: { environment: 'production', mfa: false, network: '2001:db8:1::/48', attributes: 'abcdefgh' },
    };
    expect(readUsageKey(usageKeyText(row))).toEqual(row);
    const bare = { ...row, permission: undefined, facts: { attributes: '' } };
    expect(readUsageKey(usageKeyText(bare))).toEqual(bare);
    expect(() => readUsageKey('user:bob#?#u+')).toThrow('damaged');
  });
});

describe('a recorder', () => {
  test('counts alike decisions in one row, with their hours and last time, and writes nothing before it is asked or due', async () => {
    const { clock, recorder, rows, count } = recorderOn();
    count('bob');
    count('bob');
    clock.advance(3_600_000);
    count('bob');
    count('bob', false);
    expect(await rows()).toEqual([]);
    await recorder.flush();
    const all = await rows();
    expect(all.map(({ allowed, hours, lastMs }) => ({ allowed, hours, lastMs }))).toEqual([
      {
        allowed: true,
        hours: [
          [0, 2],
          [1, 1],
        ],
        lastMs: clock.nowMs(),
      },
      { allowed: false, hours: [[1, 1]], lastMs: clock.nowMs() },
    ]);
  });

  test('tells apart outcomes, environments and networks, and not addresses of one network', async () => {
    const { recorder, rows, count } = recorderOn();
    count('bob', true, { ip: '203.0.113.1' });
    count('bob', true, { ip: '203.0.113.2' });
    count('bob', true, { ip: '198.51.100.1' });
    count('bob', true, { ip: '203.0.113.1', environment: 'staging' });
    await recorder.flush();
    expect((await rows()).length).toBe(3);
  });

  test('adds to what another recorder has written', async () => {
    const { recorder, store, clock, total, count } = recorderOn();
    const other = usageRecorder({ store, world: { ...clock, ...testRandomness('other') }, later: () => undefined });
    count('bob');
    other.watch(acme, holder('bob'), { timeMs: clock.nowMs() }, 'used')('apps', support, 'read', true);
    await Promise.all([recorder.flush(), other.flush()]);
    expect(await total()).toBe(2);
  });

  test('loses nothing to a table that fails, and nothing that is counted while it writes', async () => {
    let failing = 3;
    const { recorder, total, count } = recorderOn({
      wrap: (table) => ({
        ...table,
        get: (tenant, key) => table.get(tenant, key),
        query: (tenant, query) => table.query(tenant, query),
        transact: async (tenant, writes) => {
          failing -= 1;
          if (failing >= 0) throw new Error('the table is away');
          await table.transact(tenant, writes);
        },
      }),
    });
    for (let user = 0; user < 60; user += 1) count(`u${user}`);
    await expect(recorder.flush()).rejects.toThrow('away');
    count('late');
    await expect(recorder.flush()).rejects.toThrow('away');
    await expect(recorder.flush()).rejects.toThrow('away');
    const running = recorder.flush();
    count('meanwhile');
    await running;
    await recorder.flush();
    expect(await total()).toBe(62);
  });

  test('tries again where another transaction is in the way', async () => {
    let conflicts = 2;
    const { recorder, total, count } = recorderOn({
      wrap: (table) => ({
        ...table,
        transact: async (tenant, writes) => {
          conflicts -= 1;
          if (conflicts >= 0) throw new TransactionConflict();
          await table.transact(tenant, writes);
        },
      }),
      around: (store) => ({ ...store, noteStart: async () => undefined }),
    });
    count('bob');
    await recorder.flush();
    expect(await total()).toBe(1);
  });

  test('writes soon when idle, gathers while busy, and notes what waits until it is written', async () => {
    const { clock, recorder, store, waiting, count } = recorderOn();
    count('bob');
    expect(waiting.map(({ delayMs }) => delayMs)).toEqual([0]);
    waiting.pop()?.run();
    await settle();
    await recorder.flush();
    clock.advance(1_000);
    count('bob');
    await settle();
    expect(waiting.map(({ delayMs }) => delayMs)).toEqual([4_000]);
    expect((await store.notes(acme)).waiting).toEqual([{ recorder: recorder.id, sinceMs: clock.nowMs() }]);
    await recorder.flush();
    expect((await store.notes(acme)).waiting).toEqual([]);
  });

  test('writes early when full, and notes what found no room while the table was away', async () => {
    let away = true;
    const { clock, recorder, store, total, count } = recorderOn({
      bounds: { maxRows: 4, maxRowsPerPrincipal: 100, writeEarlyAt: 3 },
      around: (inner) => ({
        ...inner,
        add: async (org, rows) => {
          if (away) throw new Error('the table is away');
          await inner.add(org, rows);
        },
      }),
    });
    for (const user of ['a', 'b', 'c', 'd', 'e', 'a']) count(user);
    await settle();
    await settle();
    away = false;
    await recorder.flush();
    expect(await total()).toBe(5);
    const at = clock.nowMs();
    expect((await store.notes(acme)).lost).toEqual([{ fromMs: at, toMs: at + 1 }]);
  });

  test('counts a principal that asks about ever new places without telling them apart beyond a bound', async () => {
    const { clock, recorder, rows } = recorderOn({ bounds: { maxRows: 1_000, maxRowsPerPrincipal: 10, writeEarlyAt: 900 } });
    const watch = recorder.watch(acme, holder('bob'), { timeMs: clock.nowMs() }, 'used');
    for (let place = 0; place < 100; place += 1) watch('apps', scope.parse(`place${place}`), 'read', false);
    await recorder.flush();
    const all = await rows();
    expect(all.length).toBe(11);
    expect(all.find(({ permission }) => permission === undefined)?.hours).toEqual([[0, 90]]);
  });

  test('rows end after 400 days', async () => {
    const { clock, recorder, table, count } = recorderOn();
    const day = dayOf(clock.nowMs());
    count('bob');
    await recorder.flush();
    const left = async () => {
      let count = 0;
      for await (const page of tableUsageStore(table).rows(acme, day)) count += page.length;
      return count;
    };
    clock.advance(399 * 86_400_000);
    expect(await left()).toBe(1);
    clock.advance(2 * 86_400_000);
    expect(await left()).toBe(0);
  });
});

describe('coverage', () => {
  const window = { fromMs: 0, toMs: 100 };

  test('begins with the records, and leaves out what was lost, once', () => {
    expect(coverageOf(window, 0, [])).toEqual({ share: 1, gaps: [] });
    expect(coverageOf(window, undefined, [])).toEqual({ share: 0, gaps: [window] });
    const lost = [
      { fromMs: 60, toMs: 70 },
      { fromMs: 65, toMs: 80 },
      { fromMs: 10, toMs: 30 },
      { fromMs: 95, toMs: 400 },
    ];
    expect(coverageOf(window, 20, lost)).toEqual({
      share: 1 - 55 / 100,
      gaps: [
        { fromMs: 0, toMs: 30 },
        { fromMs: 60, toMs: 80 },
        { fromMs: 95, toMs: 100 },
      ],
    });
  });
});
