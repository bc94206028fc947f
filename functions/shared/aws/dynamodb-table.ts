// The table port on DynamoDB: attributes `pk`, `sk`, `version`, and `expiresAtSeconds` as the time to live; every read is consistent.
import { BatchGetCommand, type DynamoDBDocumentClient, GetCommand, QueryCommand, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { AppError } from '../kernel/errors.ts';
import type { Clock } from '../kernel/world.ts';
import type { Item, Key, Page, Query, Table } from '../ports/table.ts';
import { assertKey, assertQuery, assertWrites, type Bounds, boundsOf, keyText, startBehind } from '../ports/table-rules.ts';
import { asDependencyError, throttled } from './dependency-error.ts';
import { transactWrites } from './dynamodb-transact.ts';
import { jitteredPause, type Pause } from './pause.ts';

const batchSize = 100;
const batchTries = 8;

type SentQuery = Pick<QueryCommandInput, 'KeyConditionExpression' | 'ExpressionAttributeValues'>;

const keyCondition = (pk: string, { prefix, from, to }: Bounds): SentQuery => {
  const [condition, values] =
    prefix !== undefined
      ? [' AND begins_with(#sk, :prefix)', { ':prefix': prefix }]
      : from !== undefined && to !== undefined
        ? [' AND #sk BETWEEN :from AND :to', { ':from': from, ':to': to }]
        : from !== undefined
          ? [' AND #sk >= :from', { ':from': from }]
          : to !== undefined
            ? [' AND #sk <= :to', { ':to': to }]
            : ['', {}];
  return { KeyConditionExpression: `#pk = :pk${condition}`, ExpressionAttributeValues: { ':pk': pk, ...values } };
};

const chunksOf = <T>(values: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(values.length / size) }, (_, index) => values.slice(index * size, (index + 1) * size));

/**
 * @param documents made by `documentClient`
 * @param pause waits between tries; tests pass one that does not
 */
export const dynamodbTable = ({
  documents,
  tableName,
  clock,
  pause = jitteredPause,
}: {
  documents: DynamoDBDocumentClient;
  tableName: string;
  clock: Clock;
  pause?: Pause;
}): Table => {
  const alive = (item: Item | undefined): Item | undefined =>
    item?.expiresAtSeconds !== undefined && item.expiresAtSeconds * 1000 <= clock.nowMs() ? undefined : item;

  const sent = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw asDependencyError('the table', error);
    }
  };

  const getChunk = async (keys: readonly Key[]): Promise<Item[]> => {
    const found: Item[] = [];
    let asked: Record<string, unknown>[] = keys.map(({ pk, sk }) => ({ pk, sk }));
    for (let attempt = 1; ; attempt += 1) {
      const answer = await sent(
        documents.send(new BatchGetCommand({ RequestItems: { [tableName]: { Keys: asked, ConsistentRead: true } } })),
      );
      found.push(...((answer.Responses?.[tableName] ?? []) as Item[]));
      asked = answer.UnprocessedKeys?.[tableName]?.Keys ?? [];
      if (asked.length === 0) return found;
      if (attempt === batchTries) throw throttled('the table', new AppError('dependency-unavailable', 'keys of a batch stay unprocessed'));
      await pause(attempt);
    }
  };

  const query = async ({ pk, range, limit, descending = false, after }: Query): Promise<Page> => {
    const bounds = boundsOf(range);
    const start = startBehind(bounds, after, descending);
    if (bounds.empty || start.empty) return { items: [] };
    let behind = start.after;
    for (;;) {
      const answer = await sent(
        documents.send(
          new QueryCommand({
            TableName: tableName,
            ...keyCondition(pk, bounds),
            ExpressionAttributeNames: { '#pk': 'pk', ...((bounds.prefix ?? bounds.from ?? bounds.to) ? { '#sk': 'sk' } : {}) },
            ConsistentRead: true,
            ScanIndexForward: !descending,
            Limit: limit,
            ...(behind === undefined ? {} : { ExclusiveStartKey: { pk, sk: behind } }),
          }),
        ),
      );
      const items = ((answer.Items ?? []) as Item[]).filter((item) => alive(item) !== undefined);
      const next = answer.LastEvaluatedKey?.sk as string | undefined;
      if (next === undefined) return { items };
      if (items.length > 0) return { items, next };
      behind = next;
    }
  };

  return {
    async get(tenant, key) {
      assertKey(tenant, key);
      const { pk, sk } = key;
      const answer = await sent(documents.send(new GetCommand({ TableName: tableName, Key: { pk, sk }, ConsistentRead: true })));
      return alive(answer.Item as Item | undefined);
    },
    async batchGet(tenant, keys) {
      for (const key of keys) assertKey(tenant, key);
      const distinct = [...new Map(keys.map((key) => [keyText(key), key])).values()];
      const found = (await Promise.all(chunksOf(distinct, batchSize).map(getChunk))).flat();
      const byKey = new Map(found.map((item) => [keyText(item), alive(item)]));
      return keys.map((key) => byKey.get(keyText(key)));
    },
    async query(tenant, asked) {
      assertQuery(tenant, asked);
      return query(asked);
    },
    async transact(tenant, writes) {
      assertWrites(tenant, writes);
      if (writes.length > 0) await transactWrites({ documents, tableName, clock, pause }, writes);
    },
  };
};
