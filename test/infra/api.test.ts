// The gateway and the functions: every route of every table, the authorizer before it, and problems for what the gateway answers itself.
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { securityHeaders } from '../../functions/shared/http/chain.ts';
import { problemContentType, problemOf, problems } from '../../functions/shared/http/problem.ts';
import { AppError, type ErrorCode, notFound } from '../../functions/shared/kernel/errors.ts';
import { functionNames } from '../../lib/config.ts';
import { services } from '../../lib/services.ts';
import { synthesize } from './synthesize.ts';

const dev = synthesize('dev');
const { templates, resources, resolve } = dev;
const routes = Object.values(services).flatMap(
  ({ routes: rows }) => rows as readonly { method: string; path: string; permission: unknown }[],
);

/** Each method of the gateway by `METHOD /path`. */
const methods = new Map<string, Record<string, unknown>>(
  resources('AWS::ApiGateway::Method').map(({ stack, Properties }) => {
    const parts: string[] = [];
    for (let at = resolve(stack, Properties.ResourceId); !at.endsWith('.RootResourceId'); ) {
      const resource = resources('AWS::ApiGateway::Resource').find(({ id }) => at === `${stack}:${id}`);
      if (resource === undefined) throw new Error(`no resource ${at}`);
      parts.unshift(String(resource.Properties.PathPart));
      at = resolve(stack, resource.Properties.ParentId);
    }
    return [`${String(Properties.HttpMethod)} /${parts.join('/')}`, Properties];
  }),
);
const authorizationOf = (name: string): unknown => methods.get(name)?.AuthorizationType;

describe('the methods', () => {
  test('are there for every route of every table, behind the authorizer unless the route is public', () => {
    expect(routes.length).toBeGreaterThan(0);
    for (const { method, path, permission } of routes) {
      expect(authorizationOf(`${method} ${path}`), `${method} ${path}`).toBe(permission === 'public' ? 'NONE' : 'CUSTOM');
    }
  });

  test('serve every other method of a path, for 405, behind the authorizer unless the whole path is public', () => {
    for (const path of new Set(routes.map((route) => route.path))) {
      const open = routes.filter((route) => route.path === path).every(({ permission }) => permission === 'public');
      expect(authorizationOf(`ANY ${path}`), path).toBe(open ? 'NONE' : 'CUSTOM');
    }
  });

  test('serve what no route knows, for 404', () => {
    expect(authorizationOf('ANY /{proxy+}')).toBe('NONE');
  });

  test('are no more than these', () => {
    const known = new Set(['ANY /{proxy+}', ...routes.flatMap(({ method, path }) => [`${method} ${path}`, `ANY ${path}`])]);
    expect([...methods.keys()].filter((name) => !known.has(name))).toEqual([]);
  });

  test('all name the one authorizer, where they name one', () => {
    const authorizers = new Set(
      [...methods.values()]
        .filter(({ AuthorizationType }) => AuthorizationType === 'CUSTOM')
        .map(({ AuthorizerId }) => JSON.stringify(AuthorizerId)),
    );
    expect(authorizers.size).toBe(1);
    expect([...methods.values()].filter(({ AuthorizationType }) => AuthorizationType !== 'CUSTOM' && AuthorizationType !== 'NONE')).toEqual(
      [],
    );
  });

  test('take one name of a path variable a level', () => {
    const children = Map.groupBy(
      resources('AWS::ApiGateway::Resource').filter(({ Properties }) => String(Properties.PathPart).startsWith('{')),
      ({ stack, Properties }) => resolve(stack, Properties.ParentId),
    );
    for (const variables of children.values()) expect(variables).toHaveLength(1);
  });

  test('leave the stack room below the 500 resources that CloudFormation allows', () => {
    expect(Object.keys(templates.api.toJSON().Resources).length).toBeLessThan(450);
  });
});

describe('the authorizer', () => {
  test('sees every request, caches nothing, and no header’s absence answers for it', () => {
    templates.api.resourceCountIs('AWS::ApiGateway::Authorizer', 1);
    templates.api.hasResourceProperties('AWS::ApiGateway::Authorizer', {
      Type: 'REQUEST',
      AuthorizerResultTtlInSeconds: 0,
      IdentitySource: Match.absent(),
    });
  });
});

describe('the gateway', () => {
  test('is regional, and hands bodies over as text, the bytes of the log aside', () => {
    templates.api.hasResourceProperties('AWS::ApiGateway::RestApi', {
      EndpointConfiguration: { Types: ['REGIONAL'] },
      MinimumCompressionSize: Match.absent(),
      BinaryMediaTypes: ['application/octet-stream'],
    });
  });

  test('traces, throttles and logs, but never bodies or headers', () => {
    templates.api.hasResourceProperties('AWS::ApiGateway::Stage', {
      TracingEnabled: true,
      MethodSettings: [
        Match.objectLike({
          DataTraceEnabled: false,
          LoggingLevel: 'ERROR',
          ThrottlingRateLimit: 100,
          ThrottlingBurstLimit: 200,
          HttpMethod: '*',
        }),
      ],
    });
  });

  test('logs of a caller its address, and nothing else', () => {
    const [stage] = resources('AWS::ApiGateway::Stage');
    const Format = JSON.stringify(stage?.Properties.AccessLogSetting);
    expect(Format).toContain('$context.identity.sourceIp');
    expect(Format).not.toMatch(
      /identity\.(?!sourceIp)|authorizer\.(?!latency|status)|context\.path|userAgent|principal|queryString|header/,
    );
  });

  test('stands behind a firewall that limits each address and only counts what bodies match', () => {
    const [acl] = resources('AWS::WAFv2::WebACL');
    const text = JSON.stringify(acl?.Properties);
    expect(text).toContain('"AggregateKeyType":"IP"');
    const overrides = [...text.matchAll(/"ActionToUse":\{"(\w+)":\{\}\},"Name":"(\w+)"/g)].map(([, action, rule]) => `${rule} ${action}`);
    const bodies = [
      'CrossSiteScripting_BODY',
      'EC2MetaDataSSRF_BODY',
      'GenericLFI_BODY',
      'GenericRFI_BODY',
      'JavaDeserializationRCE_BODY',
      'Log4JRCE_BODY',
      'ReactJSRCE_BODY',
      'SizeRestrictions_BODY',
    ];
    for (const rule of bodies) expect(overrides).toContain(`${rule} Count`);
    templates.api.resourceCountIs('AWS::WAFv2::WebACLAssociation', 1);
    templates.api.hasResourceProperties('AWS::Logs::LogGroup', { LogGroupName: 'aws-waf-logs-security-plane-dev' });
  });
});

describe('what the gateway answers itself', () => {
  const answers = resources('AWS::ApiGateway::GatewayResponse').map(({ Properties }) => ({
    type: String(Properties.ResponseType),
    status: Number(Properties.StatusCode),
    headers: Properties.ResponseParameters as Record<string, string>,
    templates: Properties.ResponseTemplates as Record<string, string>,
  }));
  const bodyOf = ({ templates: bodies }: (typeof answers)[number]) =>
    JSON.parse(bodies['application/json'] ?? '') as Record<string, unknown>;

  test('is a problem of the one table, with the request’s id, in every case', () => {
    expect(answers).toHaveLength(21);
    for (const answer of answers) {
      const body = bodyOf(answer);
      const code = body.code as ErrorCode;
      expect(Object.keys(body)).toEqual(['type', 'title', 'status', 'detail', 'code', 'requestId']);
      expect({ status: body.status, title: body.title }).toEqual(problems[code]);
      expect(body).toMatchObject({ type: `urn:problem:${code}`, status: answer.status, requestId: '$context.requestId' });
    }
  });

  test('has the headers of every other answer', () => {
    for (const { headers } of answers) {
      for (const [name, value] of Object.entries({ ...securityHeaders, 'content-type': problemContentType })) {
        expect(headers[`gatewayresponse.header.${name}`]).toBe(`'${value}'`);
      }
      expect(headers['gatewayresponse.header.x-request-id']).toBe('context.requestId');
    }
  });

  test('is 401 with a challenge for a refusal of the authorizer', () => {
    for (const type of ['ACCESS_DENIED', 'UNAUTHORIZED']) {
      const answer = answers.find((each) => each.type === type);
      expect(answer?.status).toBe(401);
      expect(answer?.headers['gatewayresponse.header.www-authenticate']).toBe("'Bearer'");
    }
  });

  test('is, for what is not there, the bytes that handlers answer', () => {
    const answer = answers.find(({ type }) => type === 'MISSING_AUTHENTICATION_TOKEN');
    expect(answer?.templates['application/json']).toBe(problemOf(notFound(), '$context.requestId').body);
  });

  test('is, for failures, the constant text that handlers answer', () => {
    for (const answer of answers.filter(({ status }) => status >= 500)) {
      const code = bodyOf(answer).code as ErrorCode;
      expect(answer.templates['application/json']).toBe(problemOf(new AppError(code, ''), '$context.requestId').body);
    }
  });
});

describe('the functions', () => {
  const functions = resources('AWS::Lambda::Function');
  const nameOf = (found: (typeof functions)[number]): string =>
    resolve(found.stack, found.Properties.Role).replace(/^.*/, (role) => {
      const made = resources('AWS::IAM::Role').find(({ stack, id }) => role === `${stack}:${id}.Arn`);
      return made === undefined ? role : resolve(made.stack, made.Properties.RoleName).replace(/^security-plane-dev-|-<AWS::Region>$/g, '');
    });

  test('are those that the design names', () => {
    expect(functions.map(nameOf).sort()).toEqual([...functionNames].sort());
  });

  test('run Node.js 24 on arm64, traced, each with a log group of its own', () => {
    const groups = functions.map(({ Properties }) => JSON.stringify((Properties.LoggingConfig as { LogGroup: unknown }).LogGroup));
    expect(new Set(groups).size).toBe(functions.length);
    for (const { Properties } of functions) {
      expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], TracingConfig: { Mode: 'Active' } });
      expect(Number(Properties.Timeout)).toBeLessThanOrEqual(120);
    }
  });

  test('that answer the gateway end before it stops waiting', () => {
    const answering = functions.filter((found) => !['sealer', 'shipper'].includes(nameOf(found)));
    for (const { Properties } of answering) expect(Number(Properties.Timeout)).toBeLessThan(29);
  });

  test('and everything else log into groups with retention, encrypted under our key', () => {
    const groups = resources('AWS::Logs::LogGroup');
    expect(groups.length).toBeGreaterThanOrEqual(functionNames.length);
    for (const { Properties } of groups) {
      expect(Properties.RetentionInDays).toBeGreaterThan(0);
      expect(Properties.KmsKeyId).toBeDefined();
    }
  });

  test('each have a resource policy well below the 20 KB that Lambda allows', () => {
    const permissions = Map.groupBy(resources('AWS::Lambda::Permission'), ({ stack, Properties }) =>
      resolve(stack, Properties.FunctionName),
    );
    for (const [name, found] of permissions) {
      const bytes = found.reduce(
        (sum, { stack, Properties }) => sum + 300 + resolve(stack, Properties.SourceArn ?? '').length + JSON.stringify(Properties).length,
        0,
      );
      expect(found.length, name).toBeLessThan(8);
      expect(bytes, name).toBeLessThan(20 * 1024);
    }
  });

  test('are invoked by our own gateway and nobody else’s', () => {
    for (const { stack, Properties } of resources('AWS::Lambda::Permission').filter(
      (each) => each.Properties.Principal === 'apigateway.amazonaws.com',
    )) {
      expect(resolve(stack, Properties.SourceArn)).toContain('api:Rest');
    }
  });

  test('hold the resolver behind signatures', () => {
    templates.api.resourceCountIs('AWS::Lambda::Url', 1);
    templates.api.hasResourceProperties('AWS::Lambda::Url', { AuthType: 'AWS_IAM', Cors: Match.absent() });
    const open = resources('AWS::Lambda::Permission').filter(({ Properties }) => Properties.Principal === '*');
    expect(open).toEqual([]);
  });

  test('reserve concurrency as the stage says', () => {
    const reserved = synthesize('prod')
      .resources('AWS::Lambda::Function')
      .flatMap(({ Properties }) => Properties.ReservedConcurrentExecutions ?? []);
    expect(reserved.length).toBeGreaterThan(0);
    expect(functions.flatMap(({ Properties }) => Properties.ReservedConcurrentExecutions ?? [])).toEqual([]);
  });
});
