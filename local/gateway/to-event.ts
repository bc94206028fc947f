// An HTTP request as the event that API Gateway (REST, Lambda proxy integration) sends.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html

import { createHash } from 'node:crypto';
import type { APIGatewayEventRequestContext, APIGatewayProxyEvent } from 'aws-lambda';
import { invalid } from '../../functions/shared/kernel/errors.ts';

/** A request that was taken in and belongs to a resource. */
export interface TakenRequest {
  readonly method: string;
  /** As sent, still percent-encoded, without query. */
  readonly path: string;
  /** As sent, without `?`. */
  readonly query: string;
  /** Names and values in turn, as node:http gives them. */
  readonly rawHeaders: readonly string[];
  readonly template: string;
  readonly params: Readonly<Record<string, string>>;
  /** The socket's other end, never a header's word. */
  readonly sourceIp: string;
  readonly protocol: string;
  readonly port: number;
  readonly requestId: string;
  readonly extendedRequestId: string;
  readonly receivedAtMs: number;
}

export interface EventBody {
  readonly body: string | null;
  readonly isBase64Encoded: boolean;
}

export type AuthorizerContext = Readonly<Record<string, string | number | null>>;

/** The names by which events and ARNs on a laptop call what an account would number. */
export const localApi = { accountId: '000000000000', apiId: 'local', stage: 'local', region: 'us-east-1' } as const;

/** Headers between two hops, and what the gateway makes itself: no event has them. */
const notForwarded = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-forwarded-port',
  'x-forwarded-proto',
]);

interface Values {
  readonly name: string;
  readonly values: string[];
}

/** Values of each name in the order they came; header names compare whatever their case and keep their first spelling. */
const headerValues = ({ rawHeaders, sourceIp, port }: TakenRequest): Values[] => {
  const byName = new Map<string, Values>();
  const add = (name: string, value: string): void => {
    const same = byName.get(name.toLowerCase());
    if (same === undefined) byName.set(name.toLowerCase(), { name, values: [value] });
    else same.values.push(value);
  };
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (!notForwarded.has(name.toLowerCase())) add(name, rawHeaders[index + 1] ?? '');
  }
  const forwarded = byName.get('x-forwarded-for');
  byName.delete('x-forwarded-for');
  add('X-Forwarded-For', [...(forwarded?.values ?? []), sourceIp].join(', '));
  add('X-Forwarded-Port', String(port));
  add('X-Forwarded-Proto', 'http');
  return [...byName.values()];
};

/** @throws AppError `validation-failed` for a query that is not percent-encoded UTF-8 */
const queryValues = (query: string): Values[] => {
  const byName = new Map<string, Values>();
  // API Gateway takes `;` for a separator too.
  for (const pair of query.split(/[&;]/)) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decodeQueryPart(equals === -1 ? pair : pair.slice(0, equals));
    const value = equals === -1 ? '' : decodeQueryPart(pair.slice(equals + 1));
    const same = byName.get(name);
    if (same === undefined) byName.set(name, { name, values: [value] });
    else same.values.push(value);
  }
  return [...byName.values()];
};

const decodeQueryPart = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw invalid({ pointer: '/query', detail: 'the query is not percent-encoded UTF-8' });
  }
};

/** `Object.fromEntries` makes an own property even of `__proto__`. */
const lastOf = (all: readonly Values[]): Record<string, string> =>
  Object.fromEntries(all.map(({ name, values }) => [name, values.at(-1) ?? '']));
const allOf = (all: readonly Values[]): Record<string, string[]> => Object.fromEntries(all.map(({ name, values }) => [name, values]));

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Common Log Format: `24/Apr/2026:11:31:44 +0000`. */
const logTime = (ms: number): string => {
  const [, year, month, day, time] = /^(\d+)-(\d+)-(\d+)T(\d+:\d+:\d+)/.exec(new Date(ms).toISOString()) ?? [];
  return `${day}/${months[Number(month) - 1]}/${year}:${time} +0000`;
};

const contextOf = (request: TakenRequest, headers: readonly Values[], authorizer: AuthorizerContext | undefined) => {
  const header = (name: string) => headers.find((each) => each.name.toLowerCase() === name)?.values.at(-1);
  const domainName = (header('host') ?? '').replace(/:\d+$/, '');
  const context = {
    resourceId: createHash('sha256').update(request.template).digest('hex').slice(0, 6),
    resourcePath: request.template,
    httpMethod: request.method,
    extendedRequestId: request.extendedRequestId,
    requestTime: logTime(request.receivedAtMs),
    path: request.path,
    accountId: localApi.accountId,
    protocol: request.protocol,
    stage: localApi.stage,
    domainPrefix: domainName.split('.', 1)[0] ?? '',
    requestTimeEpoch: request.receivedAtMs,
    requestId: request.requestId,
    identity: {
      cognitoIdentityPoolId: null,
      accountId: null,
      cognitoIdentityId: null,
      caller: null,
      sourceIp: request.sourceIp,
      principalOrgId: null,
      accessKey: null,
      cognitoAuthenticationType: null,
      cognitoAuthenticationProvider: null,
      userArn: null,
      userAgent: header('user-agent') ?? null,
      user: null,
      apiKey: null,
      apiKeyId: null,
      clientCert: null,
    },
    domainName,
    apiId: localApi.apiId,
  };
  // The type has `authorizer` always; the event has it only where an authorizer ran.
  return { ...context, ...(authorizer ? { authorizer } : {}) } as APIGatewayEventRequestContext;
};

/**
 * @param authorizer what the authorizer passed on; absent on public methods
 * @throws AppError `validation-failed` for a query that cannot be decoded
 */
export const toEvent = (request: TakenRequest, body: EventBody, authorizer?: AuthorizerContext): APIGatewayProxyEvent => {
  const headers = headerValues(request);
  const query = queryValues(request.query);
  return {
    resource: request.template,
    path: request.path,
    httpMethod: request.method,
    headers: lastOf(headers),
    multiValueHeaders: allOf(headers),
    queryStringParameters: query.length > 0 ? lastOf(query) : null,
    multiValueQueryStringParameters: query.length > 0 ? allOf(query) : null,
    pathParameters: Object.keys(request.params).length > 0 ? { ...request.params } : null,
    stageVariables: null,
    requestContext: contextOf(request, headers, authorizer),
    body: body.body,
    isBase64Encoded: body.isBase64Encoded,
  };
};
