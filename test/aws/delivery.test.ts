import { CreateDeliveryStreamCommand, DeleteDeliveryStreamCommand } from '@aws-sdk/client-firehose';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { describe, test } from 'vitest';
import { firehoseClient, s3Client } from '../../functions/shared/aws/clients.ts';
import { firehoseDelivery } from '../../functions/shared/aws/firehose-delivery.ts';
import { deliveryContract } from '../contract/delivery.contract.ts';
import { isMoto, missingEndpoint, uniqueName } from '../support/ports-aws.ts';

/** A real stream buffers for a minute and more before it writes; only an emulator shows the lines at once. */
const missing = missingEndpoint('FIREHOSE', 'S3') ?? (isMoto ? undefined : 'its lines are read back at once, which only moto allows');

const openDelivery = async () => {
  const client = firehoseClient();
  const s3 = s3Client({ forcePathStyle: true });
  const bucket = uniqueName('delivery');
  await s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }));
  const RoleARN = 'arn:aws:iam::123456789012:role/firehose';
  await client.send(
    new CreateDeliveryStreamCommand({
      DeliveryStreamName: bucket,
      ExtendedS3DestinationConfiguration: { RoleARN, BucketARN: `arn:aws:s3:::${bucket}` },
    }),
  );
  const lines = async (): Promise<string[]> => {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
    const texts = Contents.map(async ({ Key }) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
      return (await Body?.transformToString()) ?? '';
    });
    return (await Promise.all(texts)).flatMap((text) => text.split('\n'));
  };
  const close = async () => {
    await client.send(new DeleteDeliveryStreamCommand({ DeliveryStreamName: bucket }));
  };
  return { delivery: firehoseDelivery({ client, streamName: bucket }), archived: false, lines, close };
};

if (missing === undefined) {
  describe('the delivery port on Firehose', () => {
    deliveryContract(openDelivery);
  });
} else {
  test.skip(`the delivery port on Firehose: ${missing}`);
}
