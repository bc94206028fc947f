// From the table's stream to the sealer's queue: one message an event that waits, in a FIFO group an organization (EventBridge Pipes).
import { Aws, Duration } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as pipes from 'aws-cdk-lib/aws-pipes';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { StageConfig } from '../config.ts';
import { throughService } from './grants.ts';
import type { Keys } from './keys.ts';
import { roleNameOf } from './names.ts';
import { safeQueue } from './worker.ts';

/** Tries before a message goes to the dead-letter queue. The rows stay in the outbox whatever happens to messages. */
const maxReceives = 5;

export interface OutboxPipeProps {
  readonly config: StageConfig;
  readonly table: dynamodb.ITable;
  readonly keys: Pick<Keys, 'data'>;
  /** Of the queue's consumer. */
  readonly timeoutSeconds: number;
}

export class OutboxPipe extends Construct {
  readonly queue: sqs.Queue;

  constructor(scope: Construct, id: string, props: OutboxPipeProps) {
    super(scope, id);
    const { table, timeoutSeconds } = props;
    this.queue = new sqs.Queue(this, 'Queue', {
      ...safeQueue,
      fifo: true,
      // INVARIANT: identical messages are distinct wake-ups; each bears its stream record's id.
      contentBasedDeduplication: false,
      deduplicationScope: sqs.DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
      visibilityTimeout: Duration.seconds(6 * timeoutSeconds),
      deadLetterQueue: { queue: new sqs.Queue(this, 'DeadLetters', { ...safeQueue, fifo: true }), maxReceiveCount: maxReceives },
    });
    const unreadable = new sqs.Queue(this, 'Unreadable', safeQueue);
    const streamArn = table.tableStreamArn;
    if (streamArn === undefined) throw new Error('the table has no stream');
    const role = this.role(props, streamArn, unreadable);
    new pipes.CfnPipe(this, 'Pipe', {
      description: 'outbox rows of the security plane to the sealer',
      roleArn: role.roleArn,
      source: streamArn,
      sourceParameters: {
        dynamoDbStreamParameters: {
          startingPosition: 'TRIM_HORIZON',
          batchSize: 10,
          maximumBatchingWindowInSeconds: 1,
          maximumRetryAttempts: 1_000,
          onPartialBatchItemFailure: 'AUTOMATIC_BISECT',
          parallelizationFactor: 10,
          deadLetterConfig: { arn: unreadable.queueArn },
        },
        filterCriteria: {
          filters: [{ pattern: JSON.stringify({ eventName: ['INSERT'], dynamodb: { Keys: { sk: { S: [{ prefix: 'pending#' }] } } } }) }],
        },
      },
      target: this.queue.queueArn,
      targetParameters: {
        // No part of an event but its organization enters the queue.
        inputTemplate: '{"org": <$.dynamodb.NewImage.event.M.org.S>}',
        sqsQueueParameters: { messageGroupId: '$.dynamodb.NewImage.event.M.org.S', messageDeduplicationId: '$.eventID' },
      },
    });
  }

  private role({ config, keys }: OutboxPipeProps, streamArn: string, unreadable: sqs.Queue): iam.Role {
    return new iam.Role(this, 'Role', {
      roleName: roleNameOf(config.stage, 'outbox-pipe'),
      description: 'outbox pipe of the security plane',
      assumedBy: new iam.ServicePrincipal('pipes.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } } }),
      inlinePolicies: {
        move: new iam.PolicyDocument({
          statements: [
            new iam.PolicyStatement({
              actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'],
              resources: [streamArn],
            }),
            throughService('dynamodb', ['kms:Decrypt'], keys.data),
            new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.queue.queueArn, unreadable.queueArn] }),
          ],
        }),
      },
    });
  }
}
