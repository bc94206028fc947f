// From the outbox to the archive, and sign-in: what truth 2 rests on below the code.
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { headKey, pendingPrefix } from '../../functions/audit/adapters/keys.ts';
import { encodeArchiveLine } from '../../functions/audit/domain/archive-line.ts';
import type { AuditEvent } from '../../functions/audit/public.ts';
import { outboxPut } from '../../functions/audit/use-cases/commit-change.ts';
import { synthesize } from './synthesize.ts';

const { templates, resources, resolve } = synthesize('dev');

describe('the outbox', () => {
  const queues = resources('AWS::SQS::Queue');
  const queueOf = (arn: string) => queues.find(({ stack, id }) => arn === `${stack}:${id}.Arn`)?.Properties;
  const [pipe] = resources('AWS::Pipes::Pipe');
  if (pipe === undefined) throw new Error('there is no pipe');
  const target = resolve(pipe.stack, pipe.Properties.Target);
  const source = pipe.Properties.SourceParameters as {
    FilterCriteria: { Filters: { Pattern: string }[] };
    DynamoDBStreamParameters: Record<string, unknown>;
  };
  const mappings = resources('AWS::Lambda::EventSourceMapping');

  test('wakes the sealer by the very sort keys that waiting rows have', () => {
    const patterns = source.FilterCriteria.Filters.map(({ Pattern }) => JSON.parse(Pattern) as unknown);
    expect(patterns).toEqual([{ eventName: ['INSERT'], dynamodb: { Keys: { sk: { S: [{ prefix: pendingPrefix }] } } } }]);
    expect(resolve(pipe.stack, pipe.Properties.Source)).toMatch(/^data:Table.*\.StreamArn$/);
  });

  test('keeps an organization’s messages in one group, loses none that looks like another, and passes nothing else of an event on', () => {
    expect(pipe.Properties.TargetParameters).toEqual({
      InputTemplate: '{"org": <$.dynamodb.NewImage.event.M.org.S>}',
      SqsQueueParameters: { MessageGroupId: '$.dynamodb.NewImage.event.M.org.S', MessageDeduplicationId: '$.eventID' },
    });
    expect(queueOf(target)).toMatchObject({ FifoQueue: true, ContentBasedDeduplication: false });
  });

  test('has events where the pipe reads their organization', () => {
    const event = { id: '01990000-0000-7000-8000-000000000000', org: 'acme' } as AuditEvent;
    expect(outboxPut(event)).toMatchObject({ kind: 'put', item: { event: { org: 'acme' } } });
  });

  test('starts with the oldest change that the stream keeps, and drops none without a dead-letter queue', () => {
    expect(source.DynamoDBStreamParameters).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      OnPartialBatchItemFailure: 'AUTOMATIC_BISECT',
    });
    expect(source.DynamoDBStreamParameters.DeadLetterConfig).toBeDefined();
  });

  test('reaches a sealer that tells which messages failed, from a queue that outwaits it and keeps what keeps failing', () => {
    const mapping = mappings.find(({ stack, Properties }) => target === resolve(stack, Properties.EventSourceArn));
    expect(mapping?.Properties.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
    const name = mapping && resolve(mapping.stack, mapping.Properties.FunctionName);
    const sealer = resources('AWS::Lambda::Function').find(({ stack, id }) => name === `${stack}:${id}`);
    expect(Number(queueOf(target)?.VisibilityTimeout)).toBeGreaterThanOrEqual(6 * Number(sealer?.Properties.Timeout));
    expect(queueOf(target)?.RedrivePolicy).toMatchObject({ maxReceiveCount: 5 });
  });

  test('wakes the shipper by the very key that heads of logs have', () => {
    const mapping = mappings.find(({ stack, Properties }) => resolve(stack, Properties.EventSourceArn).endsWith('.StreamArn'));
    const filters = (mapping?.Properties.FilterCriteria ?? { Filters: [] }) as { Filters: { Pattern: string }[] };
    const { pk, sk } = headKey('acme');
    const keys = { pk: { S: [{ suffix: pk.slice('acme'.length) }] }, sk: { S: [sk] } };
    expect(filters.Filters.map(({ Pattern }) => JSON.parse(Pattern) as unknown)).toEqual([
      { eventName: ['INSERT', 'MODIFY'], dynamodb: { Keys: keys } },
    ]);
    expect(mapping?.Properties).toMatchObject({ BisectBatchOnFunctionError: true, StartingPosition: 'TRIM_HORIZON' });
    expect(mapping?.Properties.DestinationConfig).toBeDefined();
  });

  test('tells the shipper of each object that arrives in the archive, in the shape of S3’s own events', () => {
    const rule = resources('AWS::Events::Rule').find(({ Properties }) => Properties.EventPattern !== undefined);
    expect(rule?.Properties.EventPattern).toMatchObject({
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      detail: { object: { key: [{ prefix: 'archive/' }] } },
    });
    const [told] = (rule?.Properties.Targets ?? []) as { InputTransformer: Record<string, unknown>; DeadLetterConfig: unknown }[];
    expect(told?.InputTransformer).toEqual({
      InputPathsMap: { 'detail-object-key': '$.detail.object.key' },
      InputTemplate: '{"Records":[{"s3":{"object":{"key":<detail-object-key>}}}]}',
    });
    expect(told?.DeadLetterConfig).toBeDefined();
    const announced = resources('AWS::S3::Bucket').flatMap(({ Properties }) => Properties.NotificationConfiguration ?? []);
    expect(announced).toEqual([{ EventBridgeConfiguration: { EventBridgeEnabled: true } }]);
  });

  test('is swept by both workers every five minutes, whatever woke or did not wake them', () => {
    const sweeps = resources('AWS::Events::Rule').filter(({ Properties }) => Properties.ScheduleExpression === 'rate(5 minutes)');
    expect(sweeps).toHaveLength(2);
    for (const { Properties } of sweeps) expect((Properties.Targets as { Input: string }[])[0]?.Input).toBe('{"sweep":true}');
  });

  test('keeps what a worker failed at for good where somebody can look', () => {
    const configured = resources('AWS::Lambda::EventInvokeConfig');
    expect(configured).toHaveLength(2);
    for (const { Properties } of configured) expect(JSON.stringify(Properties.DestinationConfig)).toContain('Failures');
  });

  test('travels encrypted, over TLS only', () => {
    for (const { Properties } of queues) expect(Properties.SqsManagedSseEnabled).toBe(true);
    expect(
      resources('AWS::SQS::QueuePolicy').filter(({ Properties }) => JSON.stringify(Properties).includes('aws:SecureTransport')),
    ).toHaveLength(queues.length);
  });
});

describe('the delivery', () => {
  const [stream] = resources('AWS::KinesisFirehose::DeliveryStream');
  const destination = stream?.Properties.ExtendedS3DestinationConfiguration as Record<string, unknown>;
  const parameters = (type: string): Record<string, string> => {
    const { Processors } = destination.ProcessingConfiguration as {
      Processors: { Type: string; Parameters: { ParameterName: string; ParameterValue: string }[] }[];
    };
    const found = Processors.find(({ Type }) => Type === type);
    return Object.fromEntries((found?.Parameters ?? []).map(({ ParameterName, ParameterValue }) => [ParameterName, ParameterValue]));
  };

  test('files each organization’s hours apart, as the laptop does, and what it cannot file under a prefix of its own', () => {
    expect(destination.DynamicPartitioningConfiguration).toMatchObject({ Enabled: true });
    expect(destination.Prefix).toBe('archive/!{partitionKeyFromQuery:org}/!{partitionKeyFromQuery:hour}/');
    expect(destination.ErrorOutputPrefix).toMatch(/^archive-errors\/!\{firehose:error-output-type\}\//);
  });

  test('takes packed records apart before it reads where they belong, and ends each line', () => {
    const { Processors } = destination.ProcessingConfiguration as { Processors: { Type: string }[] };
    expect(Processors.map(({ Type }) => Type)).toEqual(['RecordDeAggregation', 'MetadataExtraction', 'AppendDelimiterToRecord']);
    expect(parameters('AppendDelimiterToRecord')).toEqual({ Delimiter: '\\n' });
  });

  test('reads organization and time where a line has them', () => {
    const entry = Buffer.from(JSON.stringify({ org: 'acme', time: '2026-11-22T05:06:07.008Z' }));
    const line = JSON.parse(encodeArchiveLine({ leafIndex: 7, entry }).toString()) as Record<string, string>;
    const query = parameters('MetadataExtraction').MetadataExtractionQuery ?? '';
    const paths = [...query.matchAll(/\.(\w+)/g)].map(([, name = '']) => line[name]);
    expect(paths).toEqual(['acme', '2026-11-22T05:06:07.008Z']);
    expect(query).toContain('[0:13] | gsub("[-T]"; "/")');
  });

  test('rests encrypted on its way', () => {
    expect(stream?.Properties.DeliveryStreamEncryptionConfigurationInput).toBeDefined();
    expect(destination.EncryptionConfiguration).toMatchObject({ KMSEncryptionConfig: {} });
  });
});

describe('sign-in', () => {
  test('is by invitation, with a second factor, in a pool that cannot be deleted by mistake', () => {
    templates.identity.hasResourceProperties('AWS::Cognito::UserPool', {
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      MfaConfiguration: 'ON',
      EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
      DeletionProtection: 'ACTIVE',
    });
    templates.identity.resourceCountIs('AWS::Cognito::UserPoolDomain', 1);
  });

  test('gives the console codes only, to a client without a secret', () => {
    templates.identity.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      AllowedOAuthFlows: ['code'],
      GenerateSecret: false,
      ExplicitAuthFlows: Match.absent(),
      EnableTokenRevocation: true,
      PreventUserExistenceErrors: 'ENABLED',
    });
  });
});
