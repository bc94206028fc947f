// A bucket under S3 Object Lock: nobody deletes, only the named roles write, and what is locked stays until its retention ends.
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { StageConfig } from '../config.ts';
import { type RoleName, roleArnOf } from './names.ts';

/** Days that a replaced version of an object without a lock is kept. */
const replacedDays = 30;

/** What no bucket of this project allows less than. */
export const safeBucket = {
  blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
  objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  removalPolicy: RemovalPolicy.RETAIN,
};

export interface LockBucketProps {
  readonly config: StageConfig;
  readonly dataKey: kms.IKey;
  readonly accessLogs: s3.IBucket;
  /** The roles that may write. */
  readonly writers: readonly RoleName[];
  /** The one role that locks its objects itself; without it every object is locked as it arrives, by the bucket's default. */
  readonly locker?: RoleName;
  /** Whether EventBridge is told of new objects. */
  readonly announces?: true;
}

export class LockBucket extends Construct {
  readonly bucket: s3.Bucket;

  constructor(scope: Construct, id: string, props: LockBucketProps) {
    super(scope, id);
    const { mode, days } = props.config.auditRetention;
    const retention = Duration.days(days);
    const byDefault = mode === 'COMPLIANCE' ? s3.ObjectLockRetention.compliance(retention) : s3.ObjectLockRetention.governance(retention);
    this.bucket = new s3.Bucket(this, 'Bucket', {
      ...safeBucket,
      versioned: true,
      encryption: s3.BucketEncryption.KMS,
      encryptionKey: props.dataKey,
      bucketKeyEnabled: true,
      objectLockEnabled: true,
      ...(props.locker === undefined ? { objectLockDefaultRetention: byDefault } : {}),
      serverAccessLogsBucket: props.accessLogs,
      serverAccessLogsPrefix: `${id}/`,
      // What is locked stays, whatever a lifecycle says.
      lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(replacedDays), abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    });
    if (props.announces) {
      // Said to the resource itself: the construct would say it by a function of its own, with a role of its own.
      (this.bucket.node.defaultChild as s3.CfnBucket).notificationConfiguration = {
        eventBridgeConfiguration: { eventBridgeEnabled: true },
      };
    }
    for (const statement of this.denials(props, days)) this.bucket.addToResourcePolicy(statement);
  }

  private denials({ config, writers, locker }: LockBucketProps, maxRetentionDays: number): iam.PolicyStatement[] {
    const arnsOf = (names: readonly RoleName[]) => names.map((name) => roleArnOf(config.stage, name));
    const deny = (sid: string, actions: string[], conditions?: Record<string, Record<string, unknown>>) =>
      new iam.PolicyStatement({
        sid,
        effect: iam.Effect.DENY,
        principals: [new iam.AnyPrincipal()],
        actions,
        resources: [this.bucket.arnForObjects('*')],
        ...(conditions ? { conditions } : {}),
      });
    const setRetention = ['s3:PutObjectRetention'];
    return [
      deny('NobodyDeletes', ['s3:BypassGovernanceRetention', 's3:DeleteObject', 's3:DeleteObjectVersion', 's3:PutObjectLegalHold']),
      deny('OnlyWritersWrite', ['s3:PutObject'], { ArnNotEquals: { 'aws:PrincipalArn': arnsOf(writers) } }),
      ...(locker === undefined
        ? [deny('NobodySetsRetention', setRetention)]
        : [
            deny('OnlyTheLockerSetsRetention', setRetention, { ArnNotEquals: { 'aws:PrincipalArn': arnsOf([locker]) } }),
            deny('RetentionIsBounded', setRetention, {
              NumericGreaterThan: { 's3:object-lock-remaining-retention-days': `${maxRetentionDays + 1}` },
            }),
          ]),
    ];
  }
}
