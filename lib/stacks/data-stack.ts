// The tables: one for everything that lives, one for wrapped keys, one for the audit log's recent events.
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config.ts';

export interface Tables {
  readonly table: dynamodb.Table;
  readonly keyTable: dynamodb.Table;
  readonly indexTable: dynamodb.Table;
}

/** Days that a shredded key can still be brought back: the least that DynamoDB allows. */
const keyRecoveryDays = 1;
const tableRecoveryDays = 35;

export class DataStack extends Stack {
  readonly tables: Tables;

  constructor(scope: Construct, id: string, { config, dataKey }: { config: StageConfig; dataKey: kms.IKey }) {
    super(scope, id, { terminationProtection: config.stage === 'prod', description: 'Security plane: tables' });
    const table = (name: string, props: Partial<dynamodb.TableProps>): dynamodb.Table =>
      new dynamodb.Table(this, name, {
        partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
        sortKey: { name: 'sk', type: dynamodb.AttributeType.STRING },
        billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
        encryption: dynamodb.TableEncryption.CUSTOMER_MANAGED,
        encryptionKey: dataKey,
        deletionProtection: true,
        removalPolicy: RemovalPolicy.RETAIN,
        timeToLiveAttribute: 'expiresAtSeconds',
        ...props,
      });
    const recoverable = (recoveryPeriodInDays: number) => ({
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true, recoveryPeriodInDays },
    });
    this.tables = {
      // INVARIANT: the stream carries new images, from which the sealer learns of the outbox.
      table: table('Table', { ...recoverable(tableRecoveryDays), stream: dynamodb.StreamViewType.NEW_IMAGE }),
      // INVARIANT: no backup plan ever selects this table: what was shredded in it must stay gone.
      keyTable: table('KeyTable', recoverable(keyRecoveryDays)),
      // Rebuilt from the archive; a recovery copy would keep what an erasure has to remove.
      indexTable: table('IndexTable', {}),
    };
  }
}
