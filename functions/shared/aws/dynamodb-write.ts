// Writes of the table port as entries of `TransactWriteItems`. A row past its time counts as absent, though DynamoDB may still hold it.
import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Condition, Item, Write } from '../ports/table.ts';

export type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

const names = { '#pk': 'pk', '#expires': 'expiresAtSeconds' };
const absent = 'attribute_not_exists(#pk) OR #expires <= :now';
const present = 'attribute_exists(#pk) AND (attribute_not_exists(#expires) OR #expires > :now)';

const conditionOf = (condition: Condition | undefined, nowSeconds: number) => {
  if (condition === undefined) return {};
  const version = 'version' in condition;
  return {
    ConditionExpression: 'absent' in condition ? absent : version ? `(${present}) AND #version = :version` : present,
    ExpressionAttributeNames: { ...names, ...(version ? { '#version': 'version' } : {}) },
    ExpressionAttributeValues: { ':now': nowSeconds, ...(version ? { ':version': condition.version } : {}) },
  };
};

type Addition = Write & { readonly kind: 'add' };

const assigned = ({ set, expiresAtSeconds }: Addition): Record<string, unknown> => ({
  ...set,
  ...(expiresAtSeconds === undefined ? {} : { expiresAtSeconds }),
});

const updateOf = (write: Addition, TableName: string, nowSeconds: number): TransactItem => {
  const added = Object.entries(write.amounts);
  const set = Object.entries(assigned(write));
  const clauses = [
    ...(added.length > 0 ? [`ADD ${added.map((_, index) => `#a${index} :a${index}`).join(', ')}`] : []),
    ...(set.length > 0 ? [`SET ${set.map((_, index) => `#s${index} = :s${index}`).join(', ')}`] : []),
  ];
  const each = <T>(prefix: string, values: readonly T[]) => values.map((value, index) => [`${prefix}${index}`, value] as const);
  return {
    Update: {
      TableName,
      Key: write.key,
      UpdateExpression: clauses.join(' '),
      ConditionExpression: 'attribute_not_exists(#expires) OR #expires > :now',
      ExpressionAttributeNames: {
        '#expires': 'expiresAtSeconds',
        ...Object.fromEntries([...each('#a', added), ...each('#s', set)].map(([name, [attribute]]) => [name, attribute])),
      },
      ExpressionAttributeValues: {
        ':now': nowSeconds,
        ...Object.fromEntries([...each(':a', added), ...each(':s', set)].map(([name, [, value]]) => [name, value])),
      },
    },
  };
};

/** @returns the row that an addition makes where there is none, to be put in place of one past its time */
export const freshRow = (write: Addition): Write => ({
  kind: 'put',
  item: { ...write.amounts, ...assigned(write), ...write.key } as Item,
  condition: { absent: true },
});

export const transactItem = (write: Write, TableName: string, nowSeconds: number): TransactItem => {
  if (write.kind === 'add') return updateOf(write, TableName, nowSeconds);
  const condition = conditionOf(write.condition, nowSeconds);
  if (write.kind === 'put') return { Put: { TableName, Item: write.item, ...condition } };
  if (write.kind === 'delete') return { Delete: { TableName, Key: write.key, ...condition } };
  return { ConditionCheck: { TableName, Key: write.key, ConditionExpression: present, ...condition } };
};
