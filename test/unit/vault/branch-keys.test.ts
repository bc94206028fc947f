import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSqliteTable, type SqliteTable } from '../../../functions/shared/embedded/sqlite-table.ts';
import { AppError } from '../../../functions/shared/kernel/errors.ts';
import { orgId } from '../../../functions/shared/kernel/ids.ts';
import { type EncryptionContext, type Keys, UnwrapFailed } from '../../../functions/shared/ports/keys.ts';
import { tableBranchKeys } from '../../../functions/vault/adapters/table-branch-keys.ts';
import { DecryptionFailed } from '../../../functions/vault/domain/envelope.ts';
import { testClock, testRandomness } from '../../support/ports.ts';

const acme = orgId.parse('acme');
const globex = orgId.parse('globex');
let keyTable: SqliteTable;
let setUp: ReturnType<typeof make>;

/** Wraps nothing: the wrapped bytes are a number that stands for key and context. */
const fakeKeys = () => {
  const wrapped: { readonly key: Uint8Array; readonly context: string }[] = [];
  const calls: string[] = [];
  const handedOut: Uint8Array[] = [];
  const text = (context: EncryptionContext): string => JSON.stringify(Object.entries(context).sort());
  let failing: Error | undefined;
  const hand = (key: Uint8Array): Uint8Array => {
    const copy = Uint8Array.from(key);
    handedOut.push(copy);
    return copy;
  };
  const keys: Pick<Keys, 'generateDataKey' | 'unwrap'> = {
    generateDataKey: async (_, context) => {
      calls.push('generate');
      if (failing !== undefined) throw failing;
      const key = createHash('sha256').update(`key ${wrapped.length}`).digest();
      wrapped.push({ key, context: text(context) });
      return { plaintext: hand(key), wrapped: Uint8Array.of(wrapped.length - 1) };
    },
    unwrap: async (_, bytes, context) => {
      calls.push('unwrap');
      if (failing !== undefined) throw failing;
      const found = wrapped[bytes[0] ?? -1];
      if (found === undefined || found.context !== text(context)) throw new UnwrapFailed();
      return hand(found.key);
    },
  };
  return {
    keys: keys as Keys,
    calls,
    handedOut,
    contexts: () => wrapped.map(({ context }) => JSON.parse(context) as [string, string][]),
    fail: (error: Error | undefined) => {
      failing = error;
    },
  };
};

const make = () => {
  const clock = testClock();
  const world = { ...clock, ...testRandomness('branch keys') };
  const fake = fakeKeys();
  const open = () => tableBranchKeys({ keyTable, keys: fake.keys, world });
  return { clock, fake, open, branchKeys: open() };
};

const hex = (key: Uint8Array): string => Buffer.from(key).toString('hex');

beforeEach(() => {
  keyTable = openSqliteTable({ path: ':memory:', clock: testClock(), name: 'keys' });
  setUp = make();
});
afterEach(() => keyTable.close());

describe('branch keys', () => {
  test('are one a workspace, on which creators at the same moment agree', async () => {
    const makers = [setUp.branchKeys, setUp.open(), setUp.open()];
    const ids = await Promise.all([...makers, ...makers].map((keys) => keys.current(acme, 'support')));
    expect(new Set(ids).size).toBe(1);
    const [id = ''] = ids;
    const seen = await Promise.all(makers.map((keys) => keys.use(acme, 'support', id, 1, hex)));
    expect(new Set(seen).size).toBe(1);
    expect(await setUp.branchKeys.current(acme, 'research')).not.toBe(id);
    expect(await setUp.branchKeys.current(globex, 'support')).not.toBe(id);
  });

  test('are wrapped under organization, workspace, key id and purpose', async () => {
    const keyId = await setUp.branchKeys.current(acme, 'support');
    expect(Object.fromEntries(setUp.fake.contexts()[0] ?? [])).toEqual({
      organization: 'acme',
      workspace: 'support',
      keyId,
      purpose: 'vault-branch-key',
    });
  });

  test('of one workspace do not serve another, cached or not', async () => {
    const id = await setUp.branchKeys.current(acme, 'support');
    await setUp.branchKeys.use(acme, 'support', id, 1, hex);
    await expect(setUp.branchKeys.use(acme, 'research', id, 1, hex)).rejects.toThrow(DecryptionFailed);
    await expect(setUp.branchKeys.use(globex, 'support', id, 1, hex)).rejects.toThrow(DecryptionFailed);
    const row = await keyTable.get('acme', { pk: 'acme#support#branch-keys', sk: `key#${id}` });
    await keyTable.transact('acme', [{ kind: 'put', item: { ...row, pk: 'acme#research#branch-keys', sk: `key#${id}` } }]);
    await expect(setUp.branchKeys.use(acme, 'research', id, 1, hex)).rejects.toThrow('the value could not be decrypted');
  });

  test('are unwrapped once for many uses at the same moment, and again after five minutes', async () => {
    const id = await setUp.branchKeys.current(acme, 'support');
    const { branchKeys, fake, clock } = { ...setUp, branchKeys: setUp.open() };
    const use = () => Promise.all(Array.from({ length: 50 }, () => branchKeys.use(acme, 'support', id, 1, hex)));
    fake.calls.length = 0;
    await use();
    await use();
    clock.advance(5 * 60_000 - 1);
    await use();
    expect(fake.calls).toEqual(['unwrap']);
    clock.advance(1);
    await use();
    expect(fake.calls).toEqual(['unwrap', 'unwrap']);
  });

  test('are unwrapped again after 100,000 uses', async () => {
    const id = await setUp.branchKeys.current(acme, 'support');
    setUp.fake.calls.length = 0;
    await setUp.branchKeys.use(acme, 'support', id, 99_999, hex);
    await setUp.branchKeys.use(acme, 'support', id, 1, hex);
    expect(setUp.fake.calls).toEqual([]);
    await setUp.branchKeys.use(acme, 'support', id, 1, hex);
    expect(setUp.fake.calls).toEqual(['unwrap']);
  });

  test('are zeroed when they go', async () => {
    const id = await setUp.branchKeys.current(acme, 'support');
    const [first] = setUp.fake.handedOut;
    expect(first?.some((byte) => byte !== 0)).toBe(true);
    setUp.clock.advance(5 * 60_000);
    await setUp.branchKeys.use(acme, 'support', id, 1, hex);
    expect(first?.every((byte) => byte === 0)).toBe(true);
    await setUp.branchKeys.current(acme, 'research');
    expect(setUp.fake.handedOut.at(-2)?.some((byte) => byte !== 0)).toBe(true);
  });

  test('that could not be unwrapped or made leave nothing behind, and work again afterwards', async () => {
    const throttled = new AppError('dependency-unavailable', 'the key service is throttling; try again');
    setUp.fake.fail(throttled);
    await expect(setUp.branchKeys.current(acme, 'support')).rejects.toBe(throttled);
    expect(await keyTable.query('acme', { pk: 'acme#support#branch-keys', limit: 10 })).toEqual({ items: [] });
    setUp.fake.fail(undefined);
    const id = await setUp.branchKeys.current(acme, 'support');
    const other = setUp.open();
    setUp.fake.fail(throttled);
    await expect(other.use(acme, 'support', id, 1, hex)).rejects.toBe(throttled);
    setUp.fake.fail(undefined);
    await expect(other.use(acme, 'support', id, 1, hex)).resolves.toHaveLength(64);
  });

  test('that do not exist fail like any decryption', async () => {
    await expect(setUp.branchKeys.use(acme, 'support', 'nosuchkey', 1, hex)).rejects.toThrow(new DecryptionFailed());
  });
});
