// The API: one function a service, the authorizer, the resolver with its function URL, and the gateway before them.
import { CfnOutput, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config.ts';
import type { Keys } from '../constructs/keys.ts';
import { RestApi, type Service } from '../constructs/rest-api.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import { valuesOf } from '../environment.ts';
import { type ServiceName, services, workers } from '../services.ts';
import type { AuditStack } from './audit-stack.ts';

/** Seconds; each below its caller's: the gateway waits 29. */
const serviceTimeoutSeconds = 20;
const authorizerTimeoutSeconds = 5;
const resolverTimeoutSeconds = 15;
/** With this much memory Lambda gives one whole processor, which scans need. */
const wholeProcessorMiB = 1_769;

export interface ApiStackProps {
  readonly config: StageConfig;
  readonly keys: Keys;
  readonly audit: AuditStack;
}

export class ApiStack extends Stack {
  constructor(scope: Construct, id: string, { config, keys, audit }: ApiStackProps) {
    super(scope, id, { terminationProtection: config.stage === 'prod', description: 'Security plane: API' });
    const { resources } = audit;
    const values = valuesOf({ config, resources });
    const common = { config, resources };
    const made = (name: ServiceName, memoryMiB?: number): Service => {
      const { entry, environment, routes } = services[name];
      const { function: handler } = new ServiceFunction(this, name, {
        ...common,
        name,
        entry,
        environment: environment(values),
        timeoutSeconds: serviceTimeoutSeconds,
        ...(memoryMiB === undefined ? {} : { memoryMiB }),
      });
      return { function: handler, routes };
    };
    const byName = {
      authz: made('authz'),
      vault: made('vault'),
      protect: made('protect', wholeProcessorMiB),
      audit: made('audit'),
      identity: made('identity'),
    };
    const authorizer = new ServiceFunction(this, 'authorizer', {
      ...common,
      name: 'authorizer',
      entry: workers.authorizer.entry,
      environment: workers.authorizer.environment(values),
      timeoutSeconds: authorizerTimeoutSeconds,
    });
    const { api } = new RestApi(this, 'Rest', {
      config,
      dataKey: keys.data,
      authorizer: authorizer.function,
      services: Object.values(byName),
      fallback: byName.identity.function,
    });
    const resolver = new ServiceFunction(this, 'resolver', {
      ...common,
      name: 'resolver',
      entry: workers.resolver.entry,
      environment: workers.resolver.environment(values),
      timeoutSeconds: resolverTimeoutSeconds,
    });
    new CfnOutput(this, 'ApiUrl', { value: api.url, description: 'the API' });
    new CfnOutput(this, 'ResolverUrl', {
      value: this.openTo(config.resolverCallers, resolver.function),
      description: 'the resolver, for callers with IAM rights',
    });
  }

  /** A function URL that only signed requests of the named roles (or of roles that IAM of this account allows) reach. */
  private openTo(callers: readonly string[], resolver: lambda.Function): string {
    const url = resolver.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.AWS_IAM, invokeMode: lambda.InvokeMode.BUFFERED });
    for (const [index, arn] of callers.entries()) {
      const principal = new iam.ArnPrincipal(arn);
      resolver.addPermission(`Caller${index}`, {
        principal,
        action: 'lambda:InvokeFunctionUrl',
        functionUrlAuthType: lambda.FunctionUrlAuthType.AWS_IAM,
      });
      resolver.addPermission(`CallerInvoke${index}`, { principal, action: 'lambda:InvokeFunction', invokedViaFunctionUrl: true });
    }
    return url.url;
  }
}
