import { describe, expect, test } from 'vitest';
import { authorize } from '../../../local/gateway/authorize.ts';
import { lambdaContext } from '../../../local/gateway/invoke.ts';
import { toAuthorizerEvent } from '../../../local/gateway/to-authorizer-event.ts';
import { type TakenRequest, toEvent } from '../../../local/gateway/to-event.ts';
import { countingWorld } from '../../support/gateway.ts';

const world = countingWorld();
const context = lambdaContext('authorizer', world, new AbortController().signal);

const request: TakenRequest = {
  method: 'POST',
  path: '/v1/orgs/acme/roles/%61uthor',
  query: 'tag=a&tag=b%2Bc&q=two+words&empty',
  rawHeaders: [
    'Host',
    '127.0.0.1:8787',
    'User-Agent',
    'curl/8',
    'accept',
    'text/plain',
    'Accept',
    'application/json',
    'Content-Type',
    'application/json',
    'Content-Length',
    '2',
    'Connection',
    'keep-alive',
    'X-Forwarded-For',
    '203.0.113.9',
    'X-Forwarded-Proto',
    'https',
  ],
  template: '/v1/orgs/{org}/roles/{role}',
  params: { org: 'acme', role: 'author' },
  sourceIp: '127.0.0.1',
  protocol: 'HTTP/1.1',
  port: 8787,
  requestId: 'request-1',
  extendedRequestId: 'D4VJDGZOoAMFRmQ=',
  receivedAtMs: Date.UTC(2026, 3, 24, 11, 31, 44, 32),
};

const headers = {
  Host: '127.0.0.1:8787',
  'User-Agent': 'curl/8',
  accept: 'application/json',
  'Content-Type': 'application/json',
  'X-Forwarded-For': '203.0.113.9, 127.0.0.1',
  'X-Forwarded-Port': '8787',
  'X-Forwarded-Proto': 'http',
};
const requestContext = {
  resourceId: expect.stringMatching(/^[0-9a-f]{6}$/),
  resourcePath: '/v1/orgs/{org}/roles/{role}',
  httpMethod: 'POST',
  extendedRequestId: 'D4VJDGZOoAMFRmQ=',
  requestTime: '24/Apr/2026:11:31:44 +0000',
  path: '/v1/orgs/acme/roles/%61uthor',
  accountId: '000000000000',
  protocol: 'HTTP/1.1',
  stage: 'local',
  domainPrefix: '127',
  requestTimeEpoch: 1777030304032,
  requestId: 'request-1',
  identity: {
    cognitoIdentityPoolId: null,
    accountId: null,
    cognitoIdentityId: null,
    caller: null,
    sourceIp: '127.0.0.1',
    principalOrgId: null,
    accessKey: null,
    cognitoAuthenticationType: null,
    cognitoAuthenticationProvider: null,
    userArn: null,
    userAgent: 'curl/8',
    user: null,
    apiKey: null,
    apiKeyId: null,
    clientCert: null,
  },
  domainName: '127.0.0.1',
  apiId: 'local',
};

describe('the proxy event', () => {
  test('is the one that API Gateway sends, member by member', () => {
    const event = toEvent(request, { body: '{}', isBase64Encoded: false }, { principalId: 'user:ada', integrationLatency: 3, org: 'acme' });
    expect(event).toStrictEqual({
      resource: '/v1/orgs/{org}/roles/{role}',
      path: '/v1/orgs/acme/roles/%61uthor',
      httpMethod: 'POST',
      headers,
      multiValueHeaders: {
        ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
        accept: ['text/plain', 'application/json'],
      },
      queryStringParameters: { tag: 'b+c', q: 'two words', empty: '' },
      multiValueQueryStringParameters: { tag: ['a', 'b+c'], q: ['two words'], empty: [''] },
      pathParameters: { org: 'acme', role: 'author' },
      stageVariables: null,
      requestContext: { ...requestContext, authorizer: { principalId: 'user:ada', integrationLatency: 3, org: 'acme' } },
      body: '{}',
      isBase64Encoded: false,
    });
  });

  test('is plain JSON, with null where there is nothing and no authorizer on a public method', () => {
    const event = toEvent({ ...request, query: '', params: {} }, { body: null, isBase64Encoded: false });
    expect(JSON.parse(JSON.stringify(event))).toStrictEqual(event);
    expect(event.queryStringParameters).toBeNull();
    expect(event.multiValueQueryStringParameters).toBeNull();
    expect(event.pathParameters).toBeNull();
    expect(event.requestContext).not.toHaveProperty('authorizer');
  });

  test('holds a header or parameter named `__proto__` as its own, and nobody’s prototype changes', () => {
    const event = toEvent({ ...request, query: '__proto__=x', rawHeaders: ['__proto__', 'y'] }, { body: null, isBase64Encoded: false });
    expect(Object.getOwnPropertyDescriptor(event.queryStringParameters, '__proto__')?.value).toBe('x');
    expect(Object.getOwnPropertyDescriptor(event.headers, '__proto__')?.value).toBe('y');
    expect(Object.getPrototypeOf(event.headers)).toBe(Object.prototype);
  });

  test.each(['q=%', 'q=%ff', '%c3=1'])('a query like %s is refused, not guessed', (query) => {
    expect(() => toEvent({ ...request, query }, { body: null, isBase64Encoded: false })).toThrow('not valid');
  });
});

describe('the authorizer', () => {
  const allow = (Resource: unknown, extra: object = {}) => ({
    principalId: 'user:ada',
    policyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource, ...extra }] },
  });
  const arn = 'arn:aws:execute-api:us-east-1:000000000000:local/local/POST/v1/orgs/acme/roles/%61uthor';
  const ask = (result: unknown) => authorize(async () => result as never, request, context, { nowMs: () => 5, deadlineMs: 1_000 });

  test('gets the event without body, with the ARN of the very method', () => {
    const event = toAuthorizerEvent({ ...request, query: '' });
    expect(event).toMatchObject({ type: 'REQUEST', methodArn: arn, headers, pathParameters: { org: 'acme', role: 'author' } });
    expect(event).toMatchObject({ queryStringParameters: {}, multiValueQueryStringParameters: {}, stageVariables: {} });
    expect(event.requestContext).toStrictEqual(requestContext);
    expect(event).not.toHaveProperty('body');
    expect(event).not.toHaveProperty('isBase64Encoded');
  });

  test('passes its context on as strings, with the principal', async () => {
    const passed = await ask({ ...allow(arn), context: { org: 'acme', mfa: true, count: 2, nothing: null, missing: undefined } });
    expect(passed).toStrictEqual({ org: 'acme', mfa: 'true', count: '2', nothing: null, principalId: 'user:ada', integrationLatency: 0 });
  });

  test.each([['*'], ['arn:aws:execute-api:*:*:local/local/*'], [['arn:other', arn]]])(
    'allows what its policy names: %j',
    async (Resource) => {
      await expect(ask(allow(Resource))).resolves.toMatchObject({ principalId: 'user:ada' });
    },
  );

  const deny = { Effect: 'Deny', Action: '*', Resource: '*' };
  test.each([
    ['nothing', undefined],
    ['no policy', { principalId: 'user:ada' }],
    ['no statement', { principalId: 'user:ada', policyDocument: { Version: '2012-10-17', Statement: [] } }],
    ['no principal', { ...allow('*'), principalId: undefined }],
    ['another method’s ARN', allow(arn.replace('POST', 'GET'))],
    ['an ARN that only begins alike', allow(arn.slice(0, -1))],
    ['another action', allow('*', { Action: 'execute-api:ManageConnections' })],
    ['a condition that the gateway does not know', allow('*', { Condition: { Bool: { x: 'true' } } })],
    ['a deny beside its allow', { ...allow('*'), policyDocument: { Statement: [...allow('*').policyDocument.Statement, deny] } }],
    ['a context that is not flat', { ...allow('*'), context: { groups: ['a'] } }],
  ])('that answers %s lets nobody in', async (_, result) => {
    await expect(ask(result)).rejects.toMatchObject({ code: 'unauthenticated', headers: { 'www-authenticate': 'Bearer' } });
  });
});
