// Tables, keys and buckets: what truths 1, 2 and 4 rest on below the code.
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { dataKeyAlias, keyOf, statementsOfKey } from './keys-of.ts';
import { synthesize } from './synthesize.ts';

const dev = synthesize('dev');
const { templates, resources } = dev;

describe('the tables', () => {
  const tables = resources('AWS::DynamoDB::Table');

  test('are three, on demand, encrypted under our key, protected from deletion and kept when the stack goes', () => {
    expect(tables).toHaveLength(3);
    for (const { Properties, DeletionPolicy } of tables) {
      expect(Properties).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: true,
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
        TimeToLiveSpecification: { AttributeName: 'expiresAtSeconds', Enabled: true },
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      });
      expect(DeletionPolicy).toBe('Retain');
    }
  });

  test('one has a stream of new images and recovery to any second of 35 days', () => {
    templates.data.resourcePropertiesCountIs(
      'AWS::DynamoDB::Table',
      {
        StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 35 },
      },
      1,
    );
  });

  test('that of wrapped keys is recoverable for one day only, and no backup plan is there to keep it longer', () => {
    templates.data.resourcePropertiesCountIs(
      'AWS::DynamoDB::Table',
      {
        StreamSpecification: Match.absent(),
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 1 },
      },
      1,
    );
    expect(resources('AWS::Backup::BackupSelection')).toEqual([]);
  });

  test('that of recent events keeps no recovery copy', () => {
    templates.data.resourcePropertiesCountIs('AWS::DynamoDB::Table', { PointInTimeRecoverySpecification: Match.absent() }, 1);
  });
});

describe('the keys', () => {
  test('are five, kept when the stack goes, those that encrypt rotated every year', () => {
    const keys = resources('AWS::KMS::Key');
    expect(keys).toHaveLength(5);
    for (const { DeletionPolicy, Properties } of keys) {
      expect(DeletionPolicy).toBe('Retain');
      expect(Properties.PendingWindowInDays).toBe(30);
      expect(Properties.EnableKeyRotation ?? false).toBe(Properties.KeyUsage !== 'SIGN_VERIFY');
    }
  });

  test('the log is signed with Ed25519', () => {
    expect(keyOf(dev, 'log').Properties).toMatchObject({ KeySpec: 'ECC_NIST_EDWARDS25519', KeyUsage: 'SIGN_VERIFY' });
  });

  test('administering a key gives no use of it', () => {
    for (const name of ['vault', 'subjects', 'service', 'log', dataKeyAlias]) {
      const unconditional = statementsOfKey(dev, name).filter(({ condition }) => condition === undefined);
      const use = /^kms:(Decrypt|Encrypt|Sign|GenerateDataKey|ReEncrypt|CreateGrant|DeriveSharedSecret|GenerateMac)/;
      expect(unconditional.flatMap(({ actions }) => actions).filter((action) => use.test(action))).toEqual([]);
    }
  });

  test('a wrapping key is used by named roles only, and never without naming the organization', () => {
    for (const name of ['vault', 'subjects', 'service']) {
      const uses = statementsOfKey(dev, name).filter(({ actions }) => actions.some((action) => /Decrypt|GenerateDataKey/.test(action)));
      expect(uses.length).toBeGreaterThan(0);
      for (const { roles, condition } of uses) {
        expect(roles.length).toBeGreaterThan(0);
        expect(condition?.Null).toEqual({ 'kms:EncryptionContext:organization': 'false' });
      }
    }
  });

  test('the vault key is unwrapped by the vault and the resolver, and by nobody else', () => {
    const decrypting = statementsOfKey(dev, 'vault').filter(({ actions }) => actions.includes('kms:Decrypt'));
    expect(decrypting.flatMap(({ roles }) => roles).sort()).toEqual(['resolver', 'vault']);
  });

  test('the log key signs for the sealer, and for nobody else', () => {
    const signing = statementsOfKey(dev, 'log').filter(({ actions }) => actions.includes('kms:Sign'));
    expect(signing.flatMap(({ roles }) => roles)).toEqual(['sealer']);
  });

  test('the data key serves tables, buckets and our own log groups, and nobody directly', () => {
    for (const { condition } of statementsOfKey(dev, dataKeyAlias).filter(({ actions }) => actions.includes('kms:Decrypt'))) {
      expect(Object.keys(condition?.StringEquals ?? condition?.ArnLike ?? {})[0]).toMatch(
        /^kms:(ViaService|EncryptionContext:aws:logs:arn)$/,
      );
    }
  });
});

describe('the buckets', () => {
  const locked = (stage: ReturnType<typeof synthesize>) =>
    stage.resources('AWS::S3::Bucket').filter(({ Properties }) => Properties.ObjectLockEnabled === true);

  test('all refuse the public, ACLs and what is not TLS 1.2', () => {
    for (const { Properties } of resources('AWS::S3::Bucket')) {
      expect(Properties).toMatchObject({
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      });
    }
    for (const { Properties } of resources('AWS::S3::BucketPolicy')) {
      const text = JSON.stringify(Properties.PolicyDocument);
      expect(text).toContain('"aws:SecureTransport":"false"');
      expect(text).toContain('"s3:TlsVersion"');
    }
  });

  test('two are under Object Lock, versioned, encrypted under our key and kept', () => {
    expect(locked(dev)).toHaveLength(2);
    for (const { Properties, DeletionPolicy } of locked(dev)) {
      expect(Properties.VersioningConfiguration).toEqual({ Status: 'Enabled' });
      expect(JSON.stringify(Properties.BucketEncryption)).toContain('aws:kms');
      expect(DeletionPolicy).toBe('Retain');
    }
  });

  test.each([
    ['dev', 'GOVERNANCE', 1],
    ['prod', 'COMPLIANCE', 2557],
  ])('on stage %s what Firehose writes is locked as it arrives: %s for %i days', (stage, mode, days) => {
    const rules = locked(synthesize(stage)).map(({ Properties }) => (Properties.ObjectLockConfiguration as { Rule?: unknown })?.Rule);
    expect(rules.filter((rule) => rule !== undefined)).toEqual([{ DefaultRetention: { Mode: mode, Days: days } }]);
  });

  test('no lifecycle ends a current object of theirs', () => {
    for (const { Properties } of locked(dev)) {
      expect(JSON.stringify(Properties.LifecycleConfiguration)).not.toContain('"ExpirationInDays"');
    }
  });
});
