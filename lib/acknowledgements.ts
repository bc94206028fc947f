// The one register of findings that we leave: each names the rule with its exact finding, where it stands, and why it stays.
import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

export interface Acknowledgement {
  /** Rule and finding, for example `AwsSolutions-IAM5[Resource::*]`; `{prefix}` stands for the stage's. */
  readonly finding: string;
  /** Construct paths without the stage's prefix, each of which covers what is below it. */
  readonly paths: readonly string[];
  readonly reason: string;
}

const gateway = 'api/Rest/Api';

export const acknowledgements: readonly Acknowledgement[] = [
  {
    finding: 'AwsSolutions-IAM5[Resource::*]',
    paths: [
      'api/authorizer/Role',
      'api/authz/Role',
      'api/vault/Role',
      'api/protect/Role',
      'api/audit/Role',
      'api/identity/Role',
      'api/resolver/Role',
      'audit/Sealing/Worker/sealer/Role',
      'audit/Shipping/Worker/shipper/Role',
    ],
    reason: 'X-Ray knows no resources: PutTraceSegments and PutTelemetryRecords are granted on `*`, and nothing else is (held by a test).',
  },
  {
    finding: 'AwsSolutions-IAM5[Resource::<logBucket7AEFA31D.Arn>/*]',
    paths: ['audit/Sealing/Worker/sealer/Role', 'audit/Shipping/Worker/shipper/Role'],
    reason: 'The files of every log are in this bucket, and their names are not known beforehand. Neither role can delete.',
  },
  {
    finding: 'AwsSolutions-IAM5[Resource::<archiveBucket946D2EE3.Arn>/*]',
    paths: ['audit/Shipping/Worker/shipper/Role'],
    reason: 'The shipper reads delivered objects back, to confirm what they hold; Firehose names them.',
  },
  {
    finding: 'AwsSolutions-IAM5[Resource::{prefix}-audit:ExportsOutputFnGetAttlogBucket7AEFA31DArn8D912970/*]',
    paths: ['api/audit/Role'],
    reason: 'The audit service reads tiles, checkpoints and bundles of every log in this bucket; their names are not known beforehand.',
  },
  {
    finding: 'AwsSolutions-IAM5[Resource::<archiveBucket946D2EE3.Arn>/archive/*]',
    paths: ['audit/Delivery/Role'],
    reason: 'Firehose names its objects itself, below this one prefix of its one bucket.',
  },
  {
    finding: 'AwsSolutions-IAM5[Resource::<archiveBucket946D2EE3.Arn>/archive-errors/*]',
    paths: ['audit/Delivery/Role'],
    reason: 'Firehose names the objects of lines that it could not file itself, below this one prefix of its one bucket.',
  },
  {
    finding: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]',
    paths: [`${gateway}/CloudWatchRole`],
    reason: 'The managed policy that API Gateway documents for its one logging role an account; the role is its alone.',
  },
  {
    finding: 'AwsSolutions-APIG2',
    paths: [gateway],
    reason: 'Handlers validate every request against the route table and name each fault by JSON pointer, which the gateway cannot.',
  },
  {
    finding: 'AwsSolutions-APIG4',
    paths: [`${gateway}/Default/{proxy+}/ANY`],
    reason: 'Answers 404 to every path that no route knows, and reads nothing.',
  },
  {
    finding: 'AwsSolutions-APIG4',
    paths: [`${gateway}/Default/v1/orgs/{org}/audit/exports/{id}/files/{name}`],
    reason: 'A download link of an export is signed for one file and one person, ends after ten minutes, and its use is recorded.',
  },
  {
    finding: 'AwsSolutions-COG4',
    paths: [`${gateway}/Default`],
    reason: 'Our own request authorizer verifies Cognito access tokens and API tokens; a Cognito authorizer would refuse the latter.',
  },
  {
    finding: 'AwsSolutions-DDB3',
    paths: ['data/IndexTable'],
    reason: 'Holds 90 days of what the archive holds, and is rebuilt from it; a recovery copy would keep what an erasure has to remove.',
  },
  {
    finding: 'AwsSolutions-SQS3',
    paths: ['audit/Sealing/Outbox/Unreadable', 'audit/Sealing/Worker/Failures', 'audit/Shipping/Worker/Failures'],
    reason: 'Is itself where a pipe or a function leaves what failed for good, which the rule sees for queues only.',
  },
];

/**
 * Writes the register onto the constructs that it names.
 * @throws Error for a path where nothing stands
 */
export const acknowledge = (app: IConstruct, prefix: string): void => {
  for (const { finding, paths, reason } of acknowledgements) {
    for (const path of paths) {
      const construct = `${prefix}-${path}`.split('/').reduce<IConstruct | undefined>((at, id) => at?.node.tryFindChild(id), app);
      if (construct === undefined) throw new Error(`the acknowledgement of \`${finding}\` names \`${path}\`, where nothing stands`);
      Validations.of(construct).acknowledge({ id: finding.replaceAll('{prefix}', prefix), reason });
    }
  }
};
