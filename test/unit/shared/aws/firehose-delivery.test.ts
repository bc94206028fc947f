import type { FirehoseClient } from '@aws-sdk/client-firehose';
import { describe, expect, test } from 'vitest';
import { firehoseDelivery } from '../../../../functions/shared/aws/firehose-delivery.ts';
import type { DeliveryRecord } from '../../../../functions/shared/ports/delivery.ts';
import { testStartMs } from '../../../support/ports.ts';
import { awsError, countedPause, stubClient, withStatus } from '../../../support/ports-stub.ts';

interface Input {
  readonly Records: { readonly Data: Uint8Array }[];
}

const takesAll = ({ Records }: Input) => ({
  FailedPutCount: 0,
  RequestResponses: Records.map((_, index) => ({ RecordId: `id-${index}` })),
});
const takesAllBut =
  (...failing: number[]) =>
  ({ Records }: Input) => ({
    FailedPutCount: failing.length,
    RequestResponses: Records.map((_, index) =>
      failing.includes(index) ? { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'slow down' } : { RecordId: `id-${index}` },
    ),
  });

const open = (...answers: unknown[]) => {
  const { client, sent } = stubClient<FirehoseClient>(...answers);
  const { pause, attempts } = countedPause();
  const texts = () => sent.map(({ input }) => (input as Input).Records.map(({ Data }) => Buffer.from(Data).toString()));
  return { sent, attempts, texts, delivery: firehoseDelivery({ client, streamName: 'archive', pause }) };
};

const record = (org: string, text: string, timeMs = testStartMs): DeliveryRecord => ({
  org,
  timeMs,
  line: new Uint8Array(Buffer.from(text)),
});

describe('packing', () => {
  test('puts lines of one organization and hour into one record, each with its line end, and never mixes', async () => {
    const { delivery, texts } = open(takesAll);
    const later = testStartMs + 60 * 60_000;
    const result = await delivery.deliver([
      record('acme', 'a1'),
      record('zeta', 'z1'),
      record('acme', 'a2'),
      record('acme', 'late', later),
      record('zeta', 'z2'),
    ]);
    expect(result).toEqual({ failed: [], archived: false });
    expect(texts()).toEqual([['a1\na2\n', 'z1\nz2\n', 'late\n']]);
  });

  test('keeps records under 900 KB and 500 lines, calls under 4 MiB and 500 records, and loses nothing', async () => {
    const { delivery, sent } = open(takesAll);
    const large = Array.from({ length: 12 }, () => record('acme', 'x'.repeat(400_000)));
    const alone = record('acme', 'y'.repeat(1_000_000));
    const small = Array.from({ length: 1201 }, () => record('zeta', '{}'));
    const many = Array.from({ length: 700 }, (_, index) => record(`org-${index}`, '{}'));
    await delivery.deliver([...large, alone, ...small, ...many]);
    const calls = sent.map(({ input }) => (input as Input).Records.map(({ Data }) => Buffer.from(Data)));
    for (const call of calls) {
      expect(call.length).toBeLessThanOrEqual(500);
      expect(call.reduce((sum, data) => sum + data.length, 0)).toBeLessThanOrEqual(4 * 1024 * 1024);
      for (const data of call) {
        const lines = data.toString().split('\n').length - 1;
        expect(lines).toBeLessThanOrEqual(500);
        expect(data.length <= 900_000 || lines === 1).toBe(true);
      }
    }
    const lines = calls.flat().reduce((sum, data) => sum + data.toString().split('\n').length - 1, 0);
    expect(lines).toBe(12 + 1 + 1201 + 700);
  });
});

describe('records that were not taken', () => {
  const records = [record('a', '1'), record('b', '2'), record('c', '3'), record('b', '4')];

  test('are sent again one by one, and only those', async () => {
    const { delivery, texts, attempts } = open(takesAllBut(1, 2), takesAll, takesAllBut(0), takesAll);
    expect((await delivery.deliver(records)).failed).toEqual([]);
    expect(texts()).toEqual([['1\n', '2\n4\n', '3\n'], ['2\n4\n'], ['3\n'], ['3\n']]);
    expect(attempts).toEqual([1, 2]);
  });

  test('at last are named by index, each line of them', async () => {
    const { delivery, attempts } = open(takesAllBut(1), takesAllBut(0));
    expect((await delivery.deliver(records)).failed).toEqual([1, 3]);
    expect(attempts).toEqual([1, 2, 3, 4]);
  });

  test('include those of which the answer says nothing', async () => {
    const { delivery } = open({ FailedPutCount: 0, RequestResponses: [{ RecordId: 'x' }] }, {});
    expect((await delivery.deliver(records)).failed).toEqual([1, 2, 3]);
  });

  test('because the stream is throttled or out of reach are tried again, then named', async () => {
    for (const error of [awsError('ServiceUnavailableException', withStatus(503)), awsError('TimeoutError')]) {
      const recovering = open(error, takesAll);
      expect((await recovering.delivery.deliver(records)).failed).toEqual([]);
      expect((await open(error).delivery.deliver(records)).failed).toEqual([0, 1, 2, 3]);
    }
  });
});

test('a stream that does not exist or denies access is an error at once', async () => {
  const denied = open(awsError('AccessDeniedException', withStatus(400)));
  await expect(denied.delivery.deliver([record('a', '1')])).rejects.toMatchObject({ code: 'dependency-unavailable' });
  const absent = open(awsError('ResourceNotFoundException', withStatus(400)));
  await expect(absent.delivery.deliver([record('a', '1')])).rejects.toThrow('ResourceNotFoundException');
  expect(absent.sent).toHaveLength(1);
});
