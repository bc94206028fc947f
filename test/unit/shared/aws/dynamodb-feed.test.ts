import type { DynamoDBRecord } from 'aws-lambda';
import { expect, test } from 'vitest';
import { streamChange } from '../../../../functions/shared/aws/dynamodb-feed.ts';

/** The shape that Lambda documents for a stream record. */
const record = (eventName: 'INSERT' | 'MODIFY' | 'REMOVE', dynamodb: DynamoDBRecord['dynamodb']): DynamoDBRecord => ({
  eventID: 'c4ca4238a0b923820dcc509a6f75849b',
  eventName,
  eventVersion: '1.1',
  eventSource: 'aws:dynamodb',
  awsRegion: 'eu-west-1',
  eventSourceARN: 'arn:aws:dynamodb:eu-west-1:123456789012:table/main/stream/2026-01-01T00:00:00.000',
  dynamodb: {
    Keys: { pk: { S: 'acme#outbox:1' }, sk: { S: 'pending#1' } },
    SequenceNumber: '4421584500000000017450439091',
    SizeBytes: 26,
    StreamViewType: 'NEW_IMAGE',
    ...dynamodb,
  },
});

const key = { pk: 'acme#outbox:1', sk: 'pending#1' };
const keys = { pk: { S: key.pk }, sk: { S: key.sk } };

test('an inserted or changed row comes with its values as the table reads them', () => {
  const NewImage = {
    ...keys,
    version: { N: '3' },
    fraction: { N: '-1.25' },
    yes: { BOOL: false },
    nothing: { NULL: true },
    empty: { S: '' },
    bytes: { B: 'AAH/' },
    list: { L: [{ N: '1' }, { S: 'two' }, { L: [] }] },
    map: { M: { inner: { M: { deep: { B: '' } } } } },
  };
  const item = {
    ...key,
    version: 3,
    fraction: -1.25,
    yes: false,
    nothing: null,
    empty: '',
    bytes: Uint8Array.of(0, 1, 255),
    list: [1, 'two', []],
    map: { inner: { deep: Uint8Array.of() } },
  };
  for (const eventName of ['INSERT', 'MODIFY'] as const) {
    const change = streamChange(record(eventName, { NewImage }));
    expect(change).toEqual({ kind: 'put', key, item });
    expect(Buffer.isBuffer(change.item?.bytes)).toBe(false);
  }
});

test('a deleted row is its key alone, whoever deleted it', () => {
  const deleted = record('REMOVE', { OldImage: keys });
  expect(streamChange(deleted)).toEqual({ kind: 'delete', key });
  const byTimeToLive = { ...deleted, userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' } };
  expect(streamChange(byTimeToLive)).toEqual({ kind: 'delete', key });
});

test('a record without key or new image, or with a set, is refused', () => {
  expect(() => streamChange(record('INSERT', {}))).toThrow('no new image');
  expect(() => streamChange(record('INSERT', { Keys: { pk: { S: 'acme#x' } }, NewImage: keys }))).toThrow('no key');
  expect(() => streamChange(record('INSERT', { NewImage: { ...keys, set: { SS: ['a'] } } }))).toThrow('never writes');
});
