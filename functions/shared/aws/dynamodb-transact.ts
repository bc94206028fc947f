// Transactions of the table port on DynamoDB: the request token that makes retries harmless, and what cancellation reasons mean.
import { randomUUID } from 'node:crypto';
import { type DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { Clock } from '../kernel/world.ts';
import { failCondition, TransactionConflict, type Write } from '../ports/table.ts';
import { asDependencyError, errorName, isTransient, throttled } from './dependency-error.ts';
import { freshRow, transactItem } from './dynamodb-write.ts';
import type { Pause } from './pause.ts';

/** Tries of one request token, the SDK's own retries aside; DynamoDB remembers a token for ten minutes. */
const tokenTries = 4;

interface Reason {
  readonly Code?: string | undefined;
}

const reasonsOf = (error: unknown): readonly Reason[] =>
  errorName(error) === 'TransactionCanceledException' ? ((error as { CancellationReasons?: Reason[] }).CancellationReasons ?? []) : [];

const isThrottling = (code: string | undefined): boolean =>
  code === 'ThrottlingError' || code === 'ProvisionedThroughputExceeded' || code === 'RequestLimitExceeded';

export interface Transaction {
  readonly documents: DynamoDBDocumentClient;
  readonly tableName: string;
  readonly clock: Clock;
  readonly pause: Pause;
}

/**
 * One token's worth of tries. INVARIANT: every try sends the same bytes under the same token, so a try whose answer was lost is
 * never carried out twice, and its success is answered as success.
 */
const sendOnce = async ({ documents, tableName, clock, pause }: Transaction, writes: readonly Write[]): Promise<void> => {
  const nowSeconds = Math.floor(clock.nowMs() / 1000);
  const input = { TransactItems: writes.map((write) => transactItem(write, tableName, nowSeconds)), ClientRequestToken: randomUUID() };
  for (let attempt = 1; ; attempt += 1) {
    try {
      await documents.send(new TransactWriteCommand(input));
      return;
    } catch (error) {
      const again = errorName(error) === 'TransactionInProgressException' || isTransient(error);
      if (!again || attempt === tokenTries) throw error;
      await pause(attempt);
    }
  }
};

/** @returns indexes of additions that failed because their row is past its time, when nothing else failed */
const expiredAdditions = (writes: readonly Write[], reasons: readonly Reason[]): number[] => {
  const failed = reasons.flatMap(({ Code }, index) => (Code === 'ConditionalCheckFailed' ? [index] : []));
  const other = failed.find((index) => writes[index]?.kind !== 'add');
  if (other !== undefined) failCondition(writes, other);
  return failed;
};

const asTableError = (error: unknown): unknown => {
  const name = errorName(error);
  const codes = reasonsOf(error).map(({ Code }) => Code);
  if (codes.includes('TransactionConflict') || name === 'TransactionConflictException') return new TransactionConflict(error);
  if (codes.some(isThrottling) || name === 'TransactionInProgressException') return throttled('the table', error);
  return asDependencyError('the table', error);
};

/** @throws as `Table.transact` says */
export const transactWrites = async (transaction: Transaction, writes: readonly Write[]): Promise<void> => {
  let expired: number[];
  try {
    return await sendOnce(transaction, writes);
  } catch (error) {
    expired = expiredAdditions(writes, reasonsOf(error));
    if (expired.length === 0) throw asTableError(error);
  }
  const renewed = writes.map((write, index) => (write.kind === 'add' && expired.includes(index) ? freshRow(write) : write));
  try {
    await sendOnce(transaction, renewed);
  } catch (error) {
    const failed = expiredAdditions(writes, reasonsOf(error));
    throw failed.length > 0 ? new TransactionConflict(error) : asTableError(error);
  }
};
