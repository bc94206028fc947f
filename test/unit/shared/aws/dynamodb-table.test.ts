import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from 'vitest';
import { dynamodbTable } from '../../../../functions/shared/aws/dynamodb-table.ts';
import { AppError } from '../../../../functions/shared/kernel/errors.ts';
import { ConditionFailed, TransactionConflict, type Write } from '../../../../functions/shared/ports/table.ts';
import { testClock } from '../../../support/ports.ts';
import { awsError, cancelled, countedPause, stubClient, withStatus } from '../../../support/ports-stub.ts';

const open = (...answers: unknown[]) => {
  const { client, sent } = stubClient<DynamoDBDocumentClient>(...answers);
  const { pause, attempts } = countedPause();
  const clock = testClock();
  return { sent, attempts, clock, table: dynamodbTable({ documents: client, tableName: 'main', clock, pause }) };
};

const key = (sk: string) => ({ pk: 'acme#rows', sk });
const put = (sk: string): Write => ({ kind: 'put', item: key(sk), condition: { absent: true } });
const add = (sk: string): Write => ({ kind: 'add', key: key(sk), amounts: { n: 1 }, set: { by: 'x' } });

describe('a transaction whose answer was lost', () => {
  test.each([
    ['a timeout', awsError('TimeoutError')],
    ['a lost connection', awsError('Error', { code: 'ECONNRESET' })],
    ['a failing service', awsError('InternalServerError', withStatus(500))],
    ['a transaction in progress', awsError('TransactionInProgressException', withStatus(400))],
  ])('after %s is sent again with the same token and the same writes', async (_, error) => {
    const { table, sent, attempts } = open(error, error, {});
    await table.transact('acme', [put('a'), add('b')]);
    expect(sent).toHaveLength(3);
    expect(sent[0]?.input.ClientRequestToken).toMatch(/^[0-9a-f-]{36}$/);
    expect(sent[1]).toEqual(sent[0]);
    expect(sent[2]).toEqual(sent[0]);
    expect(attempts).toEqual([1, 2]);
  });

  test('each transaction has a token of its own', async () => {
    const { table, sent } = open({});
    await table.transact('acme', [put('a')]);
    await table.transact('acme', [put('a')]);
    expect(sent[0]?.input.ClientRequestToken).not.toBe(sent[1]?.input.ClientRequestToken);
  });

  test('is given up after a few tries', async () => {
    const { table, sent } = open(awsError('TimeoutError'));
    await expect(table.transact('acme', [put('a')])).rejects.toMatchObject({ code: 'dependency-timeout' });
    expect(sent).toHaveLength(4);
  });
});

describe('a cancelled transaction', () => {
  test('names the first write whose condition failed', async () => {
    const { table, sent } = open(cancelled('None', 'ConditionalCheckFailed', 'ConditionalCheckFailed'));
    const error = await table.transact('acme', [put('a'), put('b'), put('c')]).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConditionFailed);
    expect((error as ConditionFailed).index).toBe(1);
    expect(sent).toHaveLength(1);
  });

  test("throws the failed write's own error", async () => {
    const mine = new AppError('already-exists', 'mine');
    const { table } = open(cancelled('ConditionalCheckFailed'));
    await expect(table.transact('acme', [{ ...put('a'), orElse: () => mine }])).rejects.toBe(mine);
  });

  test('is a conflict when another transaction was in the way, and is not sent again by the adapter', async () => {
    const { table, sent } = open(cancelled('None', 'TransactionConflict'));
    await expect(table.transact('acme', [put('a'), put('b')])).rejects.toThrow(TransactionConflict);
    expect(sent).toHaveLength(1);
  });

  test('answers a failed condition before a conflict: it would fail again', async () => {
    const { table } = open(cancelled('TransactionConflict', 'ConditionalCheckFailed'));
    await expect(table.transact('acme', [put('a'), put('b')])).rejects.toThrow(ConditionFailed);
  });

  test.each(['ThrottlingError', 'ProvisionedThroughputExceeded'])('by %s is an unavailable dependency', async (code) => {
    const { table } = open(cancelled('None', code));
    await expect(table.transact('acme', [put('a'), put('b')])).rejects.toMatchObject({ code: 'dependency-unavailable' });
  });

  test('by an invalid write is thrown as it came', async () => {
    const error = cancelled('ValidationError');
    const { table } = open(error);
    await expect(table.transact('acme', [add('a')])).rejects.toBe(error);
  });
});

describe('an addition to a row past its time', () => {
  test('becomes a fresh row under a new token, and the other writes stay as they are', async () => {
    const { table, sent } = open(cancelled('None', 'ConditionalCheckFailed'), {});
    await table.transact('acme', [put('a'), add('window')]);
    expect(sent).toHaveLength(2);
    expect(sent[1]?.input.TransactItems[0]).toEqual(sent[0]?.input.TransactItems[0]);
    expect(sent[0]?.input.TransactItems[1]).toHaveProperty('Update');
    expect(sent[1]?.input.TransactItems[1].Put.Item).toEqual({ ...key('window'), n: 1, by: 'x' });
    expect(sent[1]?.input.TransactItems[1].Put.ConditionExpression).toContain('attribute_not_exists');
    expect(sent[1]?.input.ClientRequestToken).not.toBe(sent[0]?.input.ClientRequestToken);
  });

  test('that somebody else renewed meanwhile is a conflict', async () => {
    const { table } = open(cancelled('ConditionalCheckFailed'));
    await expect(table.transact('acme', [add('window')])).rejects.toThrow(TransactionConflict);
  });

  test('does not hide a condition that failed beside it', async () => {
    const { table, sent } = open(cancelled('ConditionalCheckFailed', 'ConditionalCheckFailed'));
    const error = await table.transact('acme', [add('window'), put('b')]).catch((thrown: unknown) => thrown);
    expect((error as ConditionFailed).index).toBe(1);
    expect(sent).toHaveLength(1);
  });
});

describe('reads', () => {
  test('are strongly consistent, all of them', async () => {
    const { table, sent } = open({ Responses: { main: [] }, Items: [] });
    await table.get('acme', key('a'));
    await table.query('acme', { pk: 'acme#rows', limit: 1 });
    await table.batchGet('acme', [key('a')]);
    expect(sent.map(({ input }) => input.ConsistentRead ?? input.RequestItems.main.ConsistentRead)).toEqual([true, true, true]);
  });

  test('never show a row past its time that DynamoDB still holds', async () => {
    const { clock } = open();
    const expired = { ...key('old'), expiresAtSeconds: clock.nowMs() / 1000 };
    const { table } = open({ Item: expired, Responses: { main: [expired] }, Items: [expired] });
    expect(await table.get('acme', key('old'))).toBeUndefined();
    expect(await table.batchGet('acme', [key('old')])).toEqual([undefined]);
    expect(await table.query('acme', { pk: 'acme#rows', limit: 1 })).toEqual({ items: [] });
  });

  test('go on over a page that holds only rows past their time', async () => {
    const expired = { ...key('old'), expiresAtSeconds: 1 };
    const { table, sent } = open({ Items: [expired], LastEvaluatedKey: key('old') }, { Items: [key('new')], LastEvaluatedKey: key('new') });
    expect(await table.query('acme', { pk: 'acme#rows', limit: 1 })).toEqual({ items: [key('new')], next: 'new' });
    expect(sent[1]?.input.ExclusiveStartKey).toEqual(key('old'));
  });

  test('of a batch ask again for the keys that were not processed, and for those alone', async () => {
    const left = { UnprocessedKeys: { main: { Keys: [key('b')] } } };
    const { table, sent, attempts } = open({ Responses: { main: [key('a')] }, ...left }, left, { Responses: { main: [key('b')] } });
    expect(await table.batchGet('acme', [key('b'), key('a'), key('b')])).toEqual([key('b'), key('a'), key('b')]);
    expect(sent.map(({ input }) => input.RequestItems.main.Keys)).toEqual([[key('b'), key('a')], [key('b')], [key('b')]]);
    expect(attempts).toEqual([1, 2]);
  });

  test('of a batch whose keys stay unprocessed end as an unavailable dependency, not as rows that are missing', async () => {
    const { table } = open({ UnprocessedKeys: { main: { Keys: [key('b')] } } });
    await expect(table.batchGet('acme', [key('b')])).rejects.toMatchObject({ code: 'dependency-unavailable' });
  });

  test('that are throttled, denied, timed out or cut off each say so', async () => {
    const detailOf = async (error: Error) => {
      const thrown = await open(error)
        .table.get('acme', key('a'))
        .catch((caught: unknown) => caught);
      expect(thrown).toBeInstanceOf(AppError);
      expect((thrown as AppError).cause).toBe(error);
      return `${(thrown as AppError).code}: ${(thrown as AppError).message}`;
    };
    expect(await detailOf(awsError('ProvisionedThroughputExceededException'))).toBe(
      'dependency-unavailable: the table is throttled; try again',
    );
    expect(await detailOf(awsError('AccessDeniedException'))).toBe('dependency-unavailable: the table denies access to this service');
    expect(await detailOf(awsError('TimeoutError'))).toBe('dependency-timeout: the table did not answer in time');
    expect(await detailOf(awsError('Error', { code: 'ECONNREFUSED' }))).toBe('dependency-unavailable: the table cannot be reached');
    expect(await detailOf(awsError('Unheard', withStatus(502)))).toBe('dependency-unavailable: the table is failing; try again');
  });
});

test("another tenant's key is refused before anything is sent", async () => {
  const { table, sent } = open({});
  const foreign = { pk: 'other#rows', sk: 'a' };
  await expect(table.get('acme', foreign)).rejects.toThrow('another tenant');
  await expect(table.batchGet('acme', [key('a'), foreign])).rejects.toThrow('another tenant');
  await expect(table.query('acme', { pk: foreign.pk, limit: 1 })).rejects.toThrow('another tenant');
  await expect(table.transact('acme', [put('a'), { kind: 'delete', key: foreign }])).rejects.toThrow('another tenant');
  expect(sent).toEqual([]);
});
