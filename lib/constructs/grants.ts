// From a row of rights to IAM statements: each action and resource by name, no wildcard actions, nothing that deletes from the log.
import { Aws } from 'aws-cdk-lib';
import type * as cognito from 'aws-cdk-lib/aws-cognito';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { FunctionName } from '../config.ts';
import { type Rights, rightsOf, type WrappingKeyName } from '../rights.ts';
import { dataKeyUse, type Keys } from './keys.ts';

/** What rights are about. */
export interface Resources {
  readonly tables: Readonly<Record<'table' | 'keyTable' | 'indexTable', dynamodb.ITable>>;
  readonly keys: Pick<Keys, 'wrapping' | 'log' | 'data'>;
  /** The Merkle log's files. */
  readonly log: s3.IBucket;
  /** Delivered events. */
  readonly archive: s3.IBucket;
  readonly delivery: firehose.CfnDeliveryStream;
  readonly userPool: cognito.IUserPool;
  readonly userPoolClient: cognito.IUserPoolClient;
}

const readItems = ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'];
const writeItems = ['dynamodb:ConditionCheckItem', 'dynamodb:DeleteItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'];

const allow = (actions: readonly string[], resource: string, conditions?: Record<string, Record<string, string>>) =>
  new iam.PolicyStatement({ actions: [...actions], resources: [resource], ...(conditions ? { conditions } : {}) });

/** Use of the data key, by way of a service only. */
export const throughService = (service: string, actions: readonly string[], key: kms.IKey) =>
  allow(actions, key.keyArn, { StringEquals: { 'kms:ViaService': `${service}.${Aws.REGION}.${Aws.URL_SUFFIX}` } });

const tableStatements = (rights: Rights, { tables, keys }: Resources): iam.PolicyStatement[] => {
  const named = (['table', 'keyTable', 'indexTable'] as const).flatMap((name) => {
    const right = rights[name];
    return right === undefined ? [] : [allow(right === 'write' ? [...readItems, ...writeItems] : readItems, tables[name].tableArn)];
  });
  const tokenUses = { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': '*#token-uses' }, Null: { 'dynamodb:LeadingKeys': 'false' } };
  if (rights.tokenUses === 'write') named.push(allow(['dynamodb:PutItem'], tables.table.tableArn, tokenUses));
  return named.length === 0 ? [] : [...named, throughService('dynamodb', dataKeyUse, keys.data)];
};

const keyStatements = (rights: Rights, { keys }: Resources): iam.PolicyStatement[] => [
  ...Object.entries(rights.keys ?? {}).map(([name, uses]) =>
    allow(
      uses.map((use) => `kms:${use}`),
      keys.wrapping[name as WrappingKeyName].keyArn,
    ),
  ),
  ...(rights.logKey === undefined
    ? []
    : [allow(rights.logKey === 'sign' ? ['kms:GetPublicKey', 'kms:Sign'] : ['kms:GetPublicKey'], keys.log.keyArn)]),
];

const readBucket = (bucket: s3.IBucket, dataKey: kms.IKey): iam.PolicyStatement[] => [
  allow(['s3:ListBucket'], bucket.bucketArn),
  allow(['s3:GetObject', 's3:GetObjectRetention'], bucket.arnForObjects('*')),
  throughService('s3', ['kms:Decrypt'], dataKey),
];

const bucketStatements = (rights: Rights, { log, archive, keys }: Resources): iam.PolicyStatement[] => [
  ...(rights.log === undefined ? [] : readBucket(log, keys.data)),
  ...(rights.archive === undefined ? [] : readBucket(archive, keys.data)),
  ...(rights.log === 'seal'
    ? [allow(['s3:PutObject', 's3:PutObjectRetention'], log.arnForObjects('*')), throughService('s3', ['kms:GenerateDataKey'], keys.data)]
    : []),
];

/** @returns all that a function's role may do, its logs and traces aside */
export const statementsOf = (name: FunctionName, resources: Resources): iam.PolicyStatement[] => {
  const rights = rightsOf[name];
  return [
    ...tableStatements(rights, resources),
    ...keyStatements(rights, resources),
    ...bucketStatements(rights, resources),
    ...(rights.deliver ? [allow(['firehose:PutRecordBatch'], resources.delivery.attrArn)] : []),
  ];
};
