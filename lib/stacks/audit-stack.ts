// The audit log below the API: its buckets, delivery, the outbox's way to the sealer, sealer and shipper.
import { Duration, Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config.ts';
import { Delivery } from '../constructs/delivery.ts';
import type { Resources } from '../constructs/grants.ts';
import type { Keys } from '../constructs/keys.ts';
import { LockBucket, safeBucket } from '../constructs/lock-bucket.ts';
import { Sealing } from '../constructs/sealing.ts';
import { Shipping } from '../constructs/shipping.ts';
import { valuesOf } from '../environment.ts';
import { workers } from '../services.ts';
import type { Tables } from './data-stack.ts';
import type { IdentityStack } from './identity-stack.ts';

/** Days that the record of who read the log is kept. */
const accessLogDays = 400;
/** Seconds that one run of sealing or shipping may take. */
const workerTimeoutSeconds = 120;

export interface AuditStackProps {
  readonly config: StageConfig;
  readonly keys: Keys;
  readonly tables: Tables;
  readonly identity: IdentityStack;
}

export class AuditStack extends Stack {
  /** All that rights can be about, the audit log's own included. */
  readonly resources: Resources;

  constructor(scope: Construct, id: string, { config, keys, tables, identity }: AuditStackProps) {
    super(scope, id, { terminationProtection: config.stage === 'prod', description: 'Security plane: audit log' });
    const accessLogs = new s3.Bucket(this, 'AccessLogs', {
      ...safeBucket,
      // Server access logs can be delivered under the service's own key only.
      encryption: s3.BucketEncryption.S3_MANAGED,
      lifecycleRules: [{ expiration: Duration.days(accessLogDays) }],
    });
    const locked = { config, dataKey: keys.data, accessLogs };
    const log = new LockBucket(this, 'log', { ...locked, writers: ['sealer'], locker: 'sealer' });
    const archive = new LockBucket(this, 'archive', { ...locked, writers: ['delivery'], announces: true });
    const { stream } = new Delivery(this, 'Delivery', { config, keys, bucket: archive.bucket });
    const { userPool, client: userPoolClient } = identity;
    this.resources = { tables, keys, log: log.bucket, archive: archive.bucket, delivery: stream, userPool, userPoolClient };
    const common = { config, resources: this.resources, timeoutSeconds: workerTimeoutSeconds };
    const values = valuesOf({ config, resources: this.resources });
    new Sealing(this, 'Sealing', { ...common, entry: workers.sealer.entry, environment: workers.sealer.environment(values) });
    new Shipping(this, 'Shipping', { ...common, entry: workers.shipper.entry, environment: workers.shipper.environment(values) });
  }
}
