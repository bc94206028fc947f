// Who may do what below the code: roles, key use and bucket policies of all stacks together (truths 2, 3, 4 and 5).
import { describe, expect, test } from 'vitest';
import { tokenUseKey } from '../../functions/authz/adapters/keys.ts';
import { functionNames } from '../../lib/config.ts';
import { keyOf } from './keys-of.ts';
import { type Granted, grantsOf, type Statement, synthesize } from './synthesize.ts';

const dev = synthesize('dev');
const { resources, resolve } = dev;
const grants = grantsOf(dev);
const allows = grants.filter(({ effect }) => effect === 'Allow');
const arnOfKey = (alias: string): string => {
  const { stack, id } = keyOf(dev, alias);
  return `${stack}:${id}.Arn`;
};
const rolesThat = (holds: (grant: Granted) => boolean): string[] => [...new Set(allows.filter(holds).map(({ role }) => role))].sort();
const may = (action: string) => (grant: Granted) => grant.actions.includes(action);
const on = (resource: string) => (grant: Granted) => grant.resources.some((each) => each === resource);
const both = (a: (grant: Granted) => boolean, b: (grant: Granted) => boolean) => (grant: Granted) => a(grant) && b(grant);
const mayWriteBuckets = both(may('s3:PutObject'), () => true);

describe('roles', () => {
  test('are one a function, shared by none', () => {
    const roles = resources('AWS::Lambda::Function').map(({ stack, Properties }) => resolve(stack, Properties.Role));
    expect(roles).toHaveLength(functionNames.length);
    expect(new Set(roles).size).toBe(roles.length);
  });

  test('name every action: no wildcard', () => {
    expect(allows.filter(({ actions }) => actions.some((action) => action.includes('*')))).toEqual([]);
  });

  test('name every resource, traces and the names of objects aside', () => {
    const wild = allows.filter(({ resources: named }) => named.some((resource) => resource.includes('*')));
    for (const { actions, resources: named } of wild) {
      const traces = actions.every((action) => action.startsWith('xray:'));
      const objects = actions.every((action) => action.startsWith('s3:')) && named.every((resource) => /^\w+:\w+\.Arn\//.test(resource));
      expect(traces || objects, JSON.stringify({ actions, named })).toBe(true);
    }
  });

  test('read tables by key only: no scan, no PartiQL, no table settings', () => {
    const used = new Set(allows.flatMap(({ actions }) => actions).filter((action) => action.startsWith('dynamodb:')));
    const known = ['BatchGetItem', 'GetItem', 'Query', 'ConditionCheckItem', 'DeleteItem', 'PutItem', 'UpdateItem'];
    const stream = ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'];
    expect([...used].filter((action) => ![...known, ...stream].includes(action.slice('dynamodb:'.length)))).toEqual([]);
  });

  test('use the data key by way of a service only', () => {
    for (const { condition } of allows.filter(on(arnOfKey('data')))) {
      expect(Object.keys(condition?.StringEquals ?? {})).toEqual(['kms:ViaService']);
    }
  });

  test('cannot be widened by what is wired to functions later', () => {
    expect(resources('AWS::IAM::Policy')).toEqual([]);
  });

  test('of the authorizer opens no key and writes nothing but when tokens were used', () => {
    const own = allows.filter((grant) => grant.role === 'authorizer' && !on(arnOfKey('data'))(grant));
    const writing = own.filter(({ actions }) =>
      actions.some((action) => /^(dynamodb:(Put|Update|Delete)|s3:Put|kms:|firehose:|sqs:)/.test(action)),
    );
    const { pk } = tokenUseKey('acme', 'id');
    expect(writing.map(({ actions, condition }) => ({ actions, condition }))).toEqual([
      {
        actions: ['dynamodb:PutItem'],
        condition: {
          'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': pk.replace('acme', '*') },
          Null: { 'dynamodb:LeadingKeys': 'false' },
        },
      },
    ]);
  });
});

describe('secrets', () => {
  test('are opened by the vault and the resolver, and by no other role', () => {
    expect(rolesThat(both(may('kms:Decrypt'), on(arnOfKey('vault'))))).toEqual(['resolver', 'vault']);
  });

  test('are never within reach of a role that writes to the audit log’s buckets or its delivery', () => {
    const opening = rolesThat(both(may('kms:Decrypt'), on(arnOfKey('vault'))));
    const writing = rolesThat((grant) => mayWriteBuckets(grant) || may('firehose:PutRecordBatch')(grant));
    expect(opening.filter((role) => writing.includes(role))).toEqual([]);
    expect(writing.length).toBeGreaterThan(0);
  });

  test('stand in no environment', () => {
    for (const { stack, Properties } of resources('AWS::Lambda::Function')) {
      const variables = (Properties.Environment as { Variables: Record<string, unknown> } | undefined)?.Variables ?? {};
      for (const [name, value] of Object.entries(variables)) {
        expect(name).not.toMatch(/secret|password|token|private/i);
        expect(resolve(stack, value)).not.toMatch(/resolve:(secretsmanager|ssm-secure)/);
      }
    }
  });
});

describe('the audit log', () => {
  test('is signed by the sealer alone', () => {
    expect(rolesThat(may('kms:Sign'))).toEqual(['sealer']);
  });

  test('is locked by the sealer alone', () => {
    expect(rolesThat(may('s3:PutObjectRetention'))).toEqual(['sealer']);
  });

  test('is written by the sealer and by Firehose alone, each in a bucket of its own', () => {
    expect(rolesThat(mayWriteBuckets)).toEqual(['delivery', 'sealer']);
    const buckets = (role: string) =>
      new Set(
        allows
          .filter((grant) => grant.role === role && mayWriteBuckets(grant))
          .flatMap((grant) => grant.resources.map((each) => each.split('.')[0])),
      );
    expect([...buckets('delivery')].filter((bucket) => buckets('sealer').has(bucket))).toEqual([]);
  });

  test('is deleted by nobody, and nobody passes by its retention', () => {
    const forbidden = /^s3:(Delete|Bypass|PutLifecycle|PutBucketObjectLock|PutBucketPolicy|PutObjectLegalHold|\*)/;
    expect(allows.flatMap(({ actions }) => actions).filter((action) => forbidden.test(action))).toEqual([]);
  });

  const policies = resources('AWS::S3::BucketPolicy').map(({ stack, Properties }) => ({
    bucket: resolve(stack, Properties.Bucket),
    statements: (Properties.PolicyDocument as { Statement: (Statement & { Principal: unknown })[] }).Statement,
  }));
  const locked = resources('AWS::S3::Bucket')
    .filter(({ Properties }) => Properties.ObjectLockEnabled === true)
    .map(({ stack, id }) => `${stack}:${id}`);
  const denied = (bucket: string, action: string) =>
    policies
      .filter((policy) => policy.bucket === bucket)
      .flatMap(({ statements }) => statements)
      .filter(({ Effect, Action }) => Effect === 'Deny' && [Action].flat().includes(action));

  test.each(['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:BypassGovernanceRetention'])('both buckets deny %s to everyone', (action) => {
    expect(locked).toHaveLength(2);
    for (const bucket of locked) {
      expect(denied(bucket, action)).toHaveLength(1);
      expect(denied(bucket, action)[0]).toMatchObject({ Principal: { AWS: '*' } });
      expect(denied(bucket, action)[0]?.Condition).toBeUndefined();
    }
  });

  test('both buckets deny writing to whoever is not their one writer, whatever other policies say', () => {
    const writers = locked.map((bucket) => {
      const [statement] = denied(bucket, 's3:PutObject');
      return [statement?.Condition?.ArnNotEquals?.['aws:PrincipalArn']].flat().map((arn) => resolve('audit', arn));
    });
    expect(
      writers
        .flat()
        .map((arn) => arn.replace(/^.*:role\/security-plane-dev-|-<AWS::Region>$/g, ''))
        .sort(),
    ).toEqual(['delivery', 'sealer']);
  });

  test('both buckets bound or deny the setting of retention', () => {
    for (const bucket of locked) expect(denied(bucket, 's3:PutObjectRetention').length).toBeGreaterThan(0);
    const bounds = locked
      .flatMap((bucket) => denied(bucket, 's3:PutObjectRetention'))
      .filter(({ Condition }) => Condition?.NumericGreaterThan);
    expect(bounds).toHaveLength(1);
  });
});
