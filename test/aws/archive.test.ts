import { CreateBucketCommand, DeleteObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { s3Client } from '../../functions/shared/aws/clients.ts';
import { s3Archive } from '../../functions/shared/aws/s3-archive.ts';
import { archiveContract } from '../contract/archive.contract.ts';
import { testClock } from '../support/ports.ts';
import { missingEndpoint, uniqueName } from '../support/ports-aws.ts';

const missing = missingEndpoint('S3');

const openArchive = async () => {
  const client = s3Client({ forcePathStyle: true });
  const bucket = uniqueName('archive');
  await client.send(
    new CreateBucketCommand({
      Bucket: bucket,
      ObjectLockEnabledForBucket: true,
      CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' },
    }),
  );
  const clock = testClock();
  return { client, bucket, clock, archive: s3Archive({ client, bucket, lockMode: 'GOVERNANCE', clock }) };
};

if (missing === undefined) {
  describe('the archive port on S3', () => {
    archiveContract(async () => ({ ...(await openArchive()), close: () => undefined }));

    test('a locked object bears its mode and the end of its retention, also when it was replaceable before', async () => {
      const { client, bucket, clock, archive } = await openArchive();
      const until = clock.nowMs() + 60_000;
      await archive.putLocked('locked', Uint8Array.of(1), until);
      await archive.putReplaceable('later', Uint8Array.of(2));
      await archive.putLocked('later', Uint8Array.of(2), until);
      for (const Key of ['locked', 'later']) {
        const object = await client.send(new HeadObjectCommand({ Bucket: bucket, Key }));
        expect(object.ObjectLockMode).toBe('GOVERNANCE');
        expect(object.ObjectLockRetainUntilDate?.getTime()).toBe(until);
      }
    });

    test('a bucket keeps a locked version from whoever goes round the adapter', async () => {
      const { client, bucket, clock, archive } = await openArchive();
      await archive.putLocked('locked', Uint8Array.of(1), clock.nowMs() + 60_000);
      const { VersionId } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: 'locked' }));
      await expect(client.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'locked', VersionId }))).rejects.toThrow();
      expect(await archive.get('locked')).toEqual(Uint8Array.of(1));
    });
  });
} else {
  test.skip(`the archive port on S3: ${missing}`);
}
