// The KMS keys: policies separate administration from use, and name the roles that may use each.
import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { functionNames } from '../config.ts';
import { type KeyUse, rightsOf, type WrappingKeyName } from '../rights.ts';
import { prefixOf, roleArnOf } from './names.ts';

/** Managing a key, without using it. */
const administration = [
  'CancelKeyDeletion',
  'CreateAlias',
  'DeleteAlias',
  'DescribeKey',
  'DisableKey',
  'DisableKeyRotation',
  'EnableKey',
  'EnableKeyRotation',
  'GetKeyPolicy',
  'GetKeyRotationStatus',
  'GetPublicKey',
  'ListAliases',
  'ListGrants',
  'ListKeyPolicies',
  'ListKeyRotations',
  'ListResourceTags',
  'PutKeyPolicy',
  'RevokeGrant',
  'ScheduleKeyDeletion',
  'TagResource',
  'UntagResource',
  'UpdateAlias',
  'UpdateKeyDescription',
];

/** What AWS services do with the data key on behalf of whoever calls them. */
export const dataKeyUse = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

const administer = () =>
  new iam.PolicyStatement({
    sid: 'AdministrationWithoutUse',
    principals: [new iam.AccountRootPrincipal()],
    actions: administration.map((action) => `kms:${action}`),
    resources: ['*'],
  });

/** INVARIANT: use is open to the named roles alone, whatever IAM policies others of the account have; and it needs an IAM policy as well. */
const useBy = (action: string, roleArns: readonly string[], conditions: Record<string, Record<string, string>> = {}) =>
  new iam.PolicyStatement({
    sid: `${action}ByNamedRoles`,
    principals: [new iam.AccountRootPrincipal()],
    actions: [`kms:${action}`],
    resources: ['*'],
    conditions: { ...conditions, ArnEquals: { 'aws:PrincipalArn': roleArns } },
  });

const throughServices = (services: readonly string[]) =>
  new iam.PolicyStatement({
    sid: 'UseThroughServices',
    principals: [new iam.AccountRootPrincipal()],
    actions: [...dataKeyUse, 'kms:CreateGrant'],
    resources: ['*'],
    conditions: { StringEquals: { 'kms:ViaService': services.map((service) => `${service}.${Aws.REGION}.${Aws.URL_SUFFIX}`) } },
  });

const byLogGroups = (stage: string) => {
  const logGroups = `arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:log-group:`;
  return new iam.PolicyStatement({
    sid: 'UseByLogGroups',
    principals: [new iam.ServicePrincipal(`logs.${Aws.REGION}.amazonaws.com`)],
    actions: dataKeyUse,
    resources: ['*'],
    conditions: {
      ArnLike: {
        'kms:EncryptionContext:aws:logs:arn': [`${logGroups}/${prefixOf(stage)}/*`, `${logGroups}aws-waf-logs-${prefixOf(stage)}`],
      },
    },
  });
};

const rolesWith = (stage: string, key: WrappingKeyName, use: KeyUse): string[] =>
  functionNames.filter((name) => rightsOf[name].keys?.[key]?.includes(use)).map((name) => roleArnOf(stage, name));

const signers = (stage: string): string[] =>
  functionNames.filter((name) => rightsOf[name].logKey === 'sign').map((name) => roleArnOf(stage, name));

export class Keys extends Construct {
  readonly wrapping: Readonly<Record<WrappingKeyName, kms.Key>>;
  /** Signs checkpoints: Ed25519. */
  readonly log: kms.Key;
  /** Encrypts tables, buckets and log groups at rest. */
  readonly data: kms.Key;

  constructor(scope: Construct, id: string, { stage }: { stage: string }) {
    super(scope, id);
    const wrapping = (name: WrappingKeyName, description: string) =>
      this.key(stage, name, description, [
        ...(['GenerateDataKey', 'Decrypt'] as const).map((use) =>
          useBy(use, rolesWith(stage, name, use), { Null: { 'kms:EncryptionContext:organization': 'false' } }),
        ),
      ]);
    this.wrapping = {
      vault: wrapping('vault', 'wraps the branch keys of secrets'),
      subjects: wrapping('subjects', 'wraps the keys of persons and workspaces in the audit log'),
      service: wrapping('service', 'wraps the keys of cursors, tickets and MACs'),
    };
    const ed25519 = { StringEquals: { 'kms:SigningAlgorithm': 'ED25519_SHA_512', 'kms:MessageType': 'RAW' } };
    this.log = this.key(stage, 'log', 'signs the checkpoints of the audit log', [useBy('Sign', signers(stage), ed25519)], {
      keySpec: kms.KeySpec.ECC_NIST_EDWARDS25519,
      keyUsage: kms.KeyUsage.SIGN_VERIFY,
    });
    this.data = this.key(stage, 'data', 'encrypts tables, buckets and log groups at rest', [
      throughServices(['dynamodb', 's3']),
      byLogGroups(stage),
    ]);
  }

  private key(stage: string, name: string, description: string, uses: iam.PolicyStatement[], spec?: kms.KeyProps): kms.Key {
    return new kms.Key(this, name, {
      alias: `${prefixOf(stage)}/${name}`,
      description,
      policy: new iam.PolicyDocument({ statements: [administer(), ...uses] }),
      pendingWindow: Duration.days(30),
      removalPolicy: RemovalPolicy.RETAIN,
      ...(spec ?? { enableKeyRotation: true }),
    });
  }
}
