// One SDK client a service, with timeouts that fit inside a function's own; region, credentials and endpoints come from the environment.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { FirehoseClient } from '@aws-sdk/client-firehose';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** What tests and unusual networks may set; normally all of it comes from the environment. */
export interface ClientOptions {
  readonly region?: string;
  readonly endpoint?: string;
}

const settings = (requestTimeout: number, maxAttempts: number) => ({
  maxAttempts,
  retryMode: 'standard',
  // Without `throwOnRequestTimeout` the handler only warns and waits on.
  requestHandler: {
    connectionTimeout: 1_000,
    requestTimeout,
    throwOnRequestTimeout: true,
    httpsAgent: { keepAlive: true, maxSockets: 100 },
  },
});

/** For {@link dynamodbTable}: drops undefined attributes and refuses class instances. */
export const documentClient = (options: ClientOptions = {}): DynamoDBDocumentClient =>
  DynamoDBDocumentClient.from(new DynamoDBClient({ ...settings(3_000, 4), ...options }), {
    marshallOptions: { removeUndefinedValues: true },
  });

export const kmsClient = (options: ClientOptions = {}): KMSClient => new KMSClient({ ...settings(3_000, 4), ...options });

/** @param options `forcePathStyle` is for endpoints that have no host name a bucket */
export const s3Client = (options: ClientOptions & { readonly forcePathStyle?: boolean } = {}): S3Client =>
  new S3Client({ ...settings(10_000, 4), ...options });

export const firehoseClient = (options: ClientOptions = {}): FirehoseClient => new FirehoseClient({ ...settings(10_000, 3), ...options });
