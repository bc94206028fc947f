import type { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { s3Archive } from '../../../../functions/shared/aws/s3-archive.ts';
import { ArchiveConflict } from '../../../../functions/shared/ports/archive.ts';
import { testClock, testStartMs } from '../../../support/ports.ts';
import { awsError, countedPause, stubClient, withStatus } from '../../../support/ports-stub.ts';

const open = (...answers: unknown[]) => {
  const { client, sent } = stubClient<S3Client>(...answers);
  const { pause } = countedPause();
  return { sent, archive: s3Archive({ client, bucket: 'logs', lockMode: 'COMPLIANCE', clock: testClock(), pause }) };
};

const bytes = Uint8Array.of(1, 2, 3);
const until = testStartMs + 60_000;
const taken = awsError('PreconditionFailed', withStatus(412));
const busy = awsError('ConditionalRequestConflict', withStatus(409));
const missing = awsError('NotFound', withStatus(404));
const object = (content: Uint8Array, ObjectLockRetainUntilDate?: Date) => () => ({
  Body: { transformToByteArray: async () => content },
  ETag: '"tag"',
  ObjectLockRetainUntilDate,
});

describe('a locked write', () => {
  test('never overwrites, carries its mode, the end of its retention and a checksum', async () => {
    const { archive, sent } = open({});
    await archive.putLocked('a/b', bytes, until);
    expect(sent).toMatchObject([
      {
        command: 'PutObjectCommand',
        input: {
          Bucket: 'logs',
          Key: 'a/b',
          IfNoneMatch: '*',
          ObjectLockMode: 'COMPLIANCE',
          ObjectLockRetainUntilDate: new Date(until),
          ChecksumAlgorithm: 'SHA256',
          ChecksumSHA256: 'A5BYxvLAy0ksUzsKTRTvd8wPeKvMztUofYShogEc+4E=',
        },
      },
    ]);
  });

  test('that finds the same bytes locked changes nothing', async () => {
    const { archive, sent } = open(taken, object(bytes, new Date(until)));
    await archive.putLocked('a', bytes, until);
    expect(sent.map(({ command }) => command)).toEqual(['PutObjectCommand', 'GetObjectCommand']);
  });

  test('that finds the same bytes unlocked locks them', async () => {
    const { archive, sent } = open(taken, object(bytes), {});
    await archive.putLocked('a', bytes, until);
    expect(sent[2]).toMatchObject({
      command: 'PutObjectRetentionCommand',
      input: { Key: 'a', Retention: { Mode: 'COMPLIANCE', RetainUntilDate: new Date(until) } },
    });
  });

  test('that finds other bytes is refused', async () => {
    const { archive } = open(taken, object(Uint8Array.of(9), new Date(until)));
    await expect(archive.putLocked('a', bytes, until)).rejects.toThrow(ArchiveConflict);
  });

  test('that meets another write under way tries again, and gives up at last', async () => {
    const again = open(busy, missing, {});
    await again.archive.putLocked('a', bytes, until);
    expect(again.sent.map(({ command }) => command)).toEqual(['PutObjectCommand', 'GetObjectCommand', 'PutObjectCommand']);
    const never = open(...[1, 2, 3, 4, 5].flatMap(() => [busy, missing]));
    await expect(never.archive.putLocked('a', bytes, until)).rejects.toMatchObject({ code: 'dependency-unavailable' });
  });
});

describe('a replaceable write', () => {
  test('replaces only what it has just seen unlocked', async () => {
    const { archive, sent } = open({ ETag: '"tag"' }, {});
    await archive.putReplaceable('a', bytes);
    expect(sent[1]?.input).toMatchObject({ IfMatch: '"tag"' });
    expect(sent[1]?.input).not.toHaveProperty('ObjectLockMode');
  });

  test('makes a new object only where there still is none', async () => {
    const { archive, sent } = open(missing, {});
    await archive.putReplaceable('a', bytes);
    expect(sent[1]?.input).toMatchObject({ IfNoneMatch: '*' });
  });

  test('that loses the race looks again, and stops at a lock that appeared', async () => {
    const { archive, sent } = open(missing, taken, { ETag: '"tag"', ObjectLockRetainUntilDate: new Date(until) });
    await expect(archive.putReplaceable('a', bytes)).rejects.toThrow(ArchiveConflict);
    expect(sent).toHaveLength(3);
  });
});

test('a locked object is not even asked to be deleted', async () => {
  const { archive, sent } = open({ ObjectLockRetainUntilDate: new Date(until) });
  await expect(archive.delete('a')).rejects.toThrow(ArchiveConflict);
  expect(sent.map(({ command }) => command)).toEqual(['HeadObjectCommand']);
});

test('a bucket that cannot be read is an error, not an absent object', async () => {
  await expect(open(awsError('AccessDenied', withStatus(403))).archive.get('a')).rejects.toMatchObject({ code: 'dependency-unavailable' });
  await expect(open(awsError('NoSuchBucket', withStatus(404))).archive.get('a')).rejects.toThrow('NoSuchBucket');
  await expect(open(awsError('TimeoutError')).archive.list('a')).rejects.toMatchObject({ code: 'dependency-timeout' });
  await expect(open(awsError('SlowDown', withStatus(503))).archive.putLocked('a', bytes, until)).rejects.toMatchObject({
    code: 'dependency-unavailable',
  });
});
