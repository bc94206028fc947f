// Records of a DynamoDB stream, as Lambda receives them, turned into the change feed's changes.
import type { AttributeValue, DynamoDBRecord } from 'aws-lambda';
import type { Change, Item, Key, Value } from '../ports/table.ts';

type Attributes = Readonly<Record<string, AttributeValue>>;

const nativeValue = (value: AttributeValue): Value => {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.B !== undefined) return Uint8Array.from(Buffer.from(value.B, 'base64'));
  if (value.L !== undefined) return value.L.map(nativeValue);
  if (value.M !== undefined) return attributesOf(value.M);
  if (value.NULL) return null;
  throw new Error('a stream record holds a type that this project never writes');
};

const attributesOf = (attributes: Attributes): Record<string, Value> =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, nativeValue(value)]));

const keyOf = ({ pk, sk }: Attributes): Key => {
  if (pk?.S === undefined || sk?.S === undefined) throw new Error('a stream record has no key');
  return { pk: pk.S, sk: sk.S };
};

/**
 * @param record of a stream with new images; a row that its time to live deleted is a deletion too
 * @throws Error when the record is none of our table's
 */
export const streamChange = ({ eventName, dynamodb }: DynamoDBRecord): Change => {
  const key = keyOf(dynamodb?.Keys ?? {});
  if (eventName === 'REMOVE') return { kind: 'delete', key };
  const image = dynamodb?.NewImage;
  if (image === undefined) throw new Error('a stream record has no new image: the stream must show new images');
  return { kind: 'put', key, item: { ...attributesOf(image), ...key } as Item };
};
