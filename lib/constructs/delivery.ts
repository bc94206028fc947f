// Firehose to the archive: `archive/<org>/<hour>/…` in its Object Lock bucket, partitioned by what each line says.
import { Aws } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { StageConfig } from '../config.ts';
import { throughService } from './grants.ts';
import type { Keys } from './keys.ts';
import { prefixOf, roleNameOf } from './names.ts';
import { logGroupOf } from './service-function.ts';

/** The longest that a line waits for company, and the least size of an object that dynamic partitioning allows. */
const bufferSeconds = 300;
const bufferMiB = 64;

export interface DeliveryProps {
  readonly config: StageConfig;
  readonly bucket: s3.Bucket;
  readonly keys: Pick<Keys, 'data'>;
}

export class Delivery extends Construct {
  readonly stream: firehose.CfnDeliveryStream;

  constructor(scope: Construct, id: string, { config, bucket, keys }: DeliveryProps) {
    super(scope, id);
    const dataKey = keys.data;
    const logGroup = logGroupOf(this, 'Logs', { name: `/${prefixOf(config.stage)}/delivery`, config, dataKey });
    const logStream = new logs.LogStream(this, 'LogStream', { logGroup, logStreamName: 's3' });
    const role = new iam.Role(this, 'Role', {
      roleName: roleNameOf(config.stage, 'delivery'),
      description: 'Firehose of the security plane',
      assumedBy: new iam.ServicePrincipal('firehose.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
      inlinePolicies: {
        // INVARIANT: no `s3:DeleteObject`, which `grantWrite` would have added.
        write: new iam.PolicyDocument({
          statements: [
            new iam.PolicyStatement({
              actions: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
              resources: [bucket.bucketArn],
            }),
            new iam.PolicyStatement({
              actions: ['s3:AbortMultipartUpload', 's3:PutObject'],
              resources: [bucket.arnForObjects('archive/*'), bucket.arnForObjects('archive-errors/*')],
            }),
            throughService('s3', ['kms:Decrypt', 'kms:GenerateDataKey'], dataKey),
            new iam.PolicyStatement({ actions: ['logs:PutLogEvents'], resources: [logGroup.logGroupArn] }),
          ],
        }),
      },
    });
    this.stream = new firehose.CfnDeliveryStream(this, 'Stream', {
      deliveryStreamType: 'DirectPut',
      deliveryStreamEncryptionConfigurationInput: { keyType: 'AWS_OWNED_CMK' },
      extendedS3DestinationConfiguration: {
        bucketArn: bucket.bucketArn,
        roleArn: role.roleArn,
        prefix: 'archive/!{partitionKeyFromQuery:org}/!{partitionKeyFromQuery:hour}/',
        errorOutputPrefix: 'archive-errors/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/',
        fileExtension: '.jsonl.gz',
        compressionFormat: 'GZIP',
        bufferingHints: { intervalInSeconds: bufferSeconds, sizeInMBs: bufferMiB },
        encryptionConfiguration: { kmsEncryptionConfig: { awskmsKeyArn: dataKey.keyArn } },
        cloudWatchLoggingOptions: { enabled: true, logGroupName: logGroup.logGroupName, logStreamName: logStream.logStreamName },
        dynamicPartitioningConfiguration: { enabled: true, retryOptions: { durationInSeconds: 300 } },
        processingConfiguration: {
          enabled: true,
          processors: [
            // Records arrive packed, many lines of one organization and hour in each.
            { type: 'RecordDeAggregation', parameters: [{ parameterName: 'SubRecordType', parameterValue: 'JSON' }] },
            {
              type: 'MetadataExtraction',
              parameters: [
                {
                  parameterName: 'MetadataExtractionQuery',
                  parameterValue: '{org: .org, hour: (.time[0:13] | gsub("[-T]"; "/"))}',
                },
                { parameterName: 'JsonParsingEngine', parameterValue: 'JQ-1.6' },
              ],
            },
            { type: 'AppendDelimiterToRecord', parameters: [{ parameterName: 'Delimiter', parameterValue: '\\n' }] },
          ],
        },
      },
    });
    this.stream.node.addDependency(role);
  }
}
