// The REST API, made from the services' route tables: a method a route, `ANY` a resource for 405, `{proxy+}` for 404.
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { StageConfig } from '../config.ts';
import { addGatewayProblems } from './gateway-problems.ts';
import { prefixOf } from './names.ts';
import { logGroupOf } from './service-function.ts';
import { WebAcl } from './web-acl.ts';

/** What the gateway needs to know of a route; `permission` is `'public'` where nobody has to sign in. */
export interface RouteRow {
  readonly method: string;
  readonly path: string;
  readonly permission: unknown;
}

export interface Service {
  readonly function: lambda.Function;
  readonly routes: readonly RouteRow[];
}

export interface RestApiProps {
  readonly config: StageConfig;
  readonly dataKey: kms.IKey;
  readonly authorizer: lambda.Function;
  readonly services: readonly Service[];
  /** Answers paths that no route knows. */
  readonly fallback: lambda.Function;
}

/** Who, what, when and how it went; of the caller nothing but the source address. */
const accessLogFields = {
  time: '$context.requestTime',
  requestId: '$context.requestId',
  ip: '$context.identity.sourceIp',
  method: '$context.httpMethod',
  resource: '$context.resourcePath',
  status: '$context.status',
  bytes: '$context.responseLength',
  latencyMs: '$context.responseLatency',
  integrationLatencyMs: '$context.integration.latency',
  authorizerLatencyMs: '$context.authorizer.latency',
  authorizerStatus: '$context.authorizer.status',
  firewall: '$context.waf.status',
  error: '$context.error.responseType',
};

/** API Gateway takes one variable name a level; a second one fails only when it is deployed. */
const refuseVariablesApart = (rows: readonly RouteRow[]): void => {
  const variables = new Map<string, string>();
  for (const { path } of rows) {
    const parts = path.split('/');
    for (const [index, part] of parts.entries()) {
      if (!part.startsWith('{')) continue;
      const parent = parts.slice(0, index).join('/');
      const other = variables.get(parent) ?? part;
      if (other !== part) throw new Error(`\`${parent}\` is followed by both \`${other}\` and \`${part}\`: API Gateway takes one name`);
      variables.set(parent, part);
    }
  }
};

export class RestApi extends Construct {
  readonly api: apigateway.RestApi;
  private readonly integrations = new Map<lambda.Function, apigateway.LambdaIntegration>();

  constructor(scope: Construct, id: string, props: RestApiProps) {
    super(scope, id);
    const { config, services } = props;
    refuseVariablesApart(services.flatMap(({ routes }) => routes));
    this.api = this.gateway(config, props.dataKey);
    addGatewayProblems(this.api);
    const authorizer = new apigateway.RequestAuthorizer(this, 'Authorizer', {
      handler: props.authorizer,
      // INVARIANT: no decision is cached, and none is made by the absence of a header: both would outlive a revocation or answer without us.
      resultsCacheTtl: Duration.seconds(0),
      identitySources: [],
    });
    // The construct writes an empty source, which is not the same as none.
    (authorizer.node.defaultChild as apigateway.CfnAuthorizer).addPropertyDeletionOverride('IdentitySource');
    const signedIn = { authorizationType: apigateway.AuthorizationType.CUSTOM, authorizer };
    const open = { authorizationType: apigateway.AuthorizationType.NONE };
    for (const service of services) this.addService(service, signedIn, open);
    this.api.root.addResource('{proxy+}').addMethod('ANY', this.integrationOf(props.fallback), open);
    this.protect(config, props.dataKey);
  }

  private addService(service: Service, signedIn: apigateway.MethodOptions, open: apigateway.MethodOptions): void {
    const integration = this.integrationOf(service.function);
    for (const path of new Set(service.routes.map((route) => route.path))) {
      const routes = service.routes.filter((route) => route.path === path);
      const resource = this.api.root.resourceForPath(path);
      for (const { method, permission } of routes) resource.addMethod(method, integration, permission === 'public' ? open : signedIn);
      const allPublic = routes.every(({ permission }) => permission === 'public');
      resource.addMethod('ANY', integration, allPublic ? open : signedIn);
    }
  }

  private integrationOf(handler: lambda.Function): apigateway.LambdaIntegration {
    const known = this.integrations.get(handler);
    // INVARIANT: one permission a function; one a method would pass the 20 KB that a function's policy may have.
    const made = known ?? new apigateway.LambdaIntegration(handler, { scopePermissionToMethod: false });
    this.integrations.set(handler, made);
    return made;
  }

  private gateway(config: StageConfig, dataKey: kms.IKey): apigateway.RestApi {
    const logGroup = logGroupOf(this, 'AccessLogs', { name: `/${prefixOf(config.stage)}/access`, config, dataKey });
    return new apigateway.RestApi(this, 'Api', {
      restApiName: prefixOf(config.stage),
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      // Tiles and entries of the log. INVARIANT: not `*/*`, under which bodies arrive a third larger, and large imports pass what a function takes.
      binaryMediaTypes: ['application/octet-stream'],
      // One role an account and region, that other APIs may use as well: it stays.
      cloudWatchRole: true,
      cloudWatchRoleRemovalPolicy: RemovalPolicy.RETAIN,
      deployOptions: {
        stageName: 'live',
        accessLogDestination: new apigateway.LogGroupLogDestination(logGroup),
        accessLogFormat: apigateway.AccessLogFormat.custom(JSON.stringify(accessLogFields)),
        loggingLevel: apigateway.MethodLoggingLevel.ERROR,
        // INVARIANT: bodies and headers never reach the gateway's own log.
        dataTraceEnabled: false,
        metricsEnabled: true,
        tracingEnabled: true,
        throttlingRateLimit: config.throttle.requestsPerSecond,
        throttlingBurstLimit: config.throttle.burst,
      },
    });
  }

  private protect(config: StageConfig, dataKey: kms.IKey): void {
    const logGroupName = `aws-waf-logs-${prefixOf(config.stage)}`;
    const logGroup = logGroupOf(this, 'FirewallLogs', { name: logGroupName, config, dataKey });
    const acl = new WebAcl(this, 'Firewall', { config, resourceArn: this.api.deploymentStage.stageArn, logGroupName });
    acl.node.addDependency(logGroup);
  }
}
