// What the sealer and the shipper have in common: a sweep on a schedule, and a queue for what they could not do.
import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as destinations from 'aws-cdk-lib/aws-lambda-destinations';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { StageConfig } from '../config.ts';
import type { Resources } from './grants.ts';
import { ServiceFunction } from './service-function.ts';

/** How often everything is looked through, whatever woke or did not wake a worker. */
const sweepMinutes = 5;

/** What every queue of the pipeline is. */
export const safeQueue = { encryption: sqs.QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: Duration.days(14) };

export interface WorkerProps {
  readonly name: 'sealer' | 'shipper';
  readonly entry: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly config: StageConfig;
  readonly resources: Resources;
  readonly timeoutSeconds: number;
  /** Taking from what wakes it. */
  readonly statements: readonly iam.PolicyStatement[];
}

export class Worker extends Construct {
  readonly function: lambda.Function;
  /** What failed for good. The outbox still has it, and the next sweep tries again. */
  readonly failures: sqs.Queue;

  constructor(scope: Construct, id: string, props: WorkerProps) {
    super(scope, id);
    this.failures = new sqs.Queue(this, 'Failures', safeQueue);
    const failing = new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.failures.queueArn] });
    const statements = [...props.statements, failing];
    this.function = new ServiceFunction(this, props.name, { ...props, statements }).function;
    new lambda.EventInvokeConfig(this, 'Async', {
      function: this.function,
      onFailure: new destinations.SqsDestination(this.failures),
      retryAttempts: 2,
      maxEventAge: Duration.hours(6),
    });
    new events.Rule(this, 'Sweep', {
      description: `sweep of the security plane's ${props.name}`,
      schedule: events.Schedule.rate(Duration.minutes(sweepMinutes)),
      targets: [new targets.LambdaFunction(this.function, { event: events.RuleTargetInput.fromObject({ sweep: true }) })],
    });
  }
}
