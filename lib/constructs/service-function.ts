// One Lambda function with a role of its own, made from its row of rights.
import { fileURLToPath } from 'node:url';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { FunctionName, StageConfig } from '../config.ts';
import { type Resources, statementsOf } from './grants.ts';
import { prefixOf, roleNameOf } from './names.ts';

const root = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export interface ServiceFunctionProps {
  readonly name: FunctionName;
  /** The file with `handler`, from the project's root. */
  readonly entry: string;
  readonly config: StageConfig;
  readonly resources: Resources;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMiB?: number;
  /** What it needs besides its rights: taking messages off its own queue. */
  readonly statements?: readonly iam.PolicyStatement[];
}

export class ServiceFunction extends Construct {
  readonly function: lambda.Function;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id);
    const { name, config, resources } = props;
    const logGroup = logGroupOf(this, 'Logs', { name: `/${prefixOf(config.stage)}/${name}`, config, dataKey: resources.keys.data });
    const statements = [writeLogs(logGroup), trace(), ...statementsOf(name, resources), ...(props.statements ?? [])];
    const role = new iam.Role(this, 'Role', {
      roleName: roleNameOf(config.stage, name),
      description: `${name} of the security plane`,
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { rights: new iam.PolicyDocument({ statements: statements }) },
    });
    const reserved = config.reservedConcurrency[name];
    this.function = new NodejsFunction(this, 'Function', {
      description: `${name} of the security plane`,
      entry: root(props.entry),
      projectRoot: root(''),
      depsLockFilePath: root('package-lock.json'),
      handler: 'handler',
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      memorySize: props.memoryMiB ?? 1_024,
      timeout: Duration.seconds(props.timeoutSeconds),
      // INVARIANT: the rights above are all there is; nothing that is wired to the function later widens them.
      role: role.withoutPolicyUpdates(),
      logGroup,
      loggingFormat: lambda.LoggingFormat.TEXT,
      tracing: lambda.Tracing.ACTIVE,
      environment: props.environment,
      ...(reserved === undefined ? {} : { reservedConcurrentExecutions: reserved }),
      bundling: {
        format: OutputFormat.CJS,
        target: 'node24',
        minify: true,
        mainFields: ['module', 'main'],
        externalModules: [],
      },
    });
  }
}

/** A log group with retention, encrypted under the data key. */
export const logGroupOf = (
  scope: Construct,
  id: string,
  { name, config, dataKey }: { name: string; config: StageConfig; dataKey: kms.IKey },
): logs.LogGroup =>
  new logs.LogGroup(scope, id, {
    logGroupName: name,
    retention: config.logRetentionDays,
    encryptionKey: dataKey,
    removalPolicy: RemovalPolicy.RETAIN,
  });

const writeLogs = (logGroup: logs.LogGroup) =>
  new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] });

/** X-Ray has no resources to name. */
const trace = () => new iam.PolicyStatement({ actions: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'], resources: ['*'] });
