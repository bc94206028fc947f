// The delivery port's contract.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Delivery, DeliveryRecord } from '../../functions/shared/ports/delivery.ts';
import { testStartMs } from '../support/ports.ts';

export interface DeliveryUnderTest {
  readonly delivery: Delivery;
  /** Whether taken records are in the archive at once. */
  readonly archived: boolean;
  /** @returns every line that has arrived so far */
  lines(): Promise<readonly string[]>;
  close(): Promise<void> | void;
}

const recordOf = (org: string, text: string, timeMs = testStartMs): DeliveryRecord => ({
  org,
  timeMs,
  line: new Uint8Array(Buffer.from(JSON.stringify({ org, text }))),
});

const textOf = ({ line }: DeliveryRecord): string => Buffer.from(line).toString();

export const deliveryContract = (open: () => Promise<DeliveryUnderTest> | DeliveryUnderTest): void => {
  let opened: DeliveryUnderTest;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened?.close());

  /** @returns which of the records have arrived as a line of their own, whole */
  const arrived = async (records: readonly DeliveryRecord[]): Promise<boolean[]> => {
    const lines = new Set(await opened.lines());
    return records.map((record) => lines.has(textOf(record)));
  };

  test('records of several organizations and hours arrive, each a whole line', async () => {
    const records = [
      recordOf('acme', 'one'),
      recordOf('zeta', 'two'),
      recordOf('acme', 'ünïcode 🎉'),
      recordOf('acme', 'an hour later', testStartMs + 60 * 60_000),
    ];
    expect(await opened.delivery.deliver(records)).toEqual({ failed: [], archived: opened.archived });
    expect(await arrived(records)).toEqual([true, true, true, true]);
  });

  test('a record delivered twice is no error', async () => {
    const records = [recordOf('acme', 'again')];
    await opened.delivery.deliver(records);
    expect((await opened.delivery.deliver(records)).failed).toEqual([]);
    expect(await arrived(records)).toEqual([true]);
  });

  test('a thousand and more records and lines of the largest size arrive', async () => {
    const many = Array.from({ length: 1100 }, (_, index) => recordOf(`org-${index % 3}`, `many-${index}`));
    const empty = textOf(recordOf('acme', '')).length;
    const large = ['a', 'b', 'c', 'd', 'e'].map((letter) => recordOf('acme', letter.repeat(1_000_000 - empty)));
    const records = [...many, ...large];
    expect((await opened.delivery.deliver(records)).failed).toEqual([]);
    expect(await arrived(records)).toEqual(records.map(() => true));
  });

  test('no record at all is no error', async () => {
    expect((await opened.delivery.deliver([])).failed).toEqual([]);
  });

  test.each<[string, DeliveryRecord]>([
    ['no organization', { ...recordOf('acme', 'x'), org: '' }],
    ['a path as organization', { ...recordOf('acme', 'x'), org: '../acme' }],
    ['no time', { ...recordOf('acme', 'x'), timeMs: Number.NaN }],
    ['a line end inside', { ...recordOf('acme', 'x'), line: new Uint8Array(Buffer.from('{}\n{}')) }],
    ['nothing in it', { ...recordOf('acme', 'x'), line: Uint8Array.of() }],
    ['too many bytes', { ...recordOf('acme', 'x'), line: new Uint8Array(1_000_001).fill(97) }],
  ])('a record with %s is refused and nothing of its batch is sent', async (name, bad) => {
    const good = recordOf('acme', `beside ${name}`);
    await expect(opened.delivery.deliver([good, bad])).rejects.toThrow('a delivery record');
    expect(await arrived([good])).toEqual([false]);
  });
};
