// What wakes the sealer: events that wait in the outbox, one organization at a time.
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { OutboxPipe } from './outbox-pipe.ts';
import { Worker, type WorkerProps } from './worker.ts';

export class Sealing extends Construct {
  constructor(scope: Construct, id: string, props: Omit<WorkerProps, 'name' | 'statements'>) {
    super(scope, id);
    const { config, resources, timeoutSeconds } = props;
    const { queue } = new OutboxPipe(this, 'Outbox', { config, keys: resources.keys, table: resources.tables.table, timeoutSeconds });
    const take = new iam.PolicyStatement({
      actions: ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
      resources: [queue.queueArn],
    });
    const worker = new Worker(this, 'Worker', { ...props, name: 'sealer', statements: [take] });
    new lambda.EventSourceMapping(this, 'Waiting', {
      target: worker.function,
      eventSourceArn: queue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
    });
  }
}
