// What wakes the shipper: heads of logs that moved (the table's stream), and delivered objects that arrived (EventBridge, in the shape of S3's own events).
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import { Worker, type WorkerProps } from './worker.ts';

/** Tries of a batch of moved heads; the sweep has it after that. */
const streamRetries = 20;

export class Shipping extends Construct {
  constructor(scope: Construct, id: string, props: Omit<WorkerProps, 'name' | 'statements'>) {
    super(scope, id);
    const { table } = props.resources.tables;
    const streamArn = table.tableStreamArn;
    if (streamArn === undefined) throw new Error('the table has no stream');
    const readStream = new iam.PolicyStatement({
      actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'],
      resources: [streamArn],
    });
    const worker = new Worker(this, 'Worker', { ...props, name: 'shipper', statements: [readStream] });
    new lambda.EventSourceMapping(this, 'Heads', {
      target: worker.function,
      eventSourceArn: streamArn,
      startingPosition: lambda.StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      parallelizationFactor: 10,
      bisectBatchOnError: true,
      retryAttempts: streamRetries,
      onFailure: new SqsDlq(worker.failures),
      filters: [
        lambda.FilterCriteria.filter({
          eventName: ['INSERT', 'MODIFY'],
          dynamodb: { Keys: { pk: { S: [{ suffix: '#audit-log' }] }, sk: { S: ['head'] } } },
        }),
      ],
    });
    this.confirm(props.resources.archive.bucketName, worker);
  }

  private confirm(bucketName: string, worker: Worker): void {
    const key = events.EventField.fromPath('$.detail.object.key');
    const event = events.RuleTargetInput.fromObject({ Records: [{ s3: { object: { key } } }] });
    new events.Rule(this, 'Arrivals', {
      description: 'delivered objects of the security plane to the shipper',
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: { bucket: { name: [bucketName] }, object: { key: [{ prefix: 'archive/' }] } },
      },
      targets: [new targets.LambdaFunction(worker.function, { event, deadLetterQueue: worker.failures })],
    });
  }
}
