// API Gateway proxy events for tests of apps.
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';

export interface EventWords {
  readonly method: string;
  readonly resource: string;
  readonly params?: Record<string, string>;
  readonly query?: Record<string, string | string[]>;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  /** The authorizer's context; absent: no credential. */
  readonly authorizer?: Record<string, string | boolean>;
  readonly ip?: string;
}

let count = 0;

/** An object body is serialised and gets its content type; a string is sent as it is. */
export const proxyEvent = ({
  method,
  resource,
  params = {},
  query = {},
  headers = {},
  body,
  authorizer,
  ip,
}: EventWords): APIGatewayProxyEvent => {
  const multi = Object.fromEntries(Object.entries(query).map(([name, value]) => [name, Array.isArray(value) ? value : [value]]));
  const text = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body);
  const sent: Record<string, string> = { ...(text === null ? {} : { 'Content-Type': 'application/json' }), ...headers };
  count += 1;
  return {
    resource,
    path: resource.replace(/\{(\w+)\+?\}/g, (_, name: string) => params[name] ?? ''),
    httpMethod: method,
    headers: sent,
    multiValueHeaders: Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, [value]])),
    queryStringParameters: Object.fromEntries(Object.entries(multi).map(([name, values]) => [name, values.at(-1)])),
    multiValueQueryStringParameters: multi,
    pathParameters: params,
    stageVariables: null,
    body: text,
    isBase64Encoded: false,
    requestContext: {
      requestId: `request-${count}`,
      requestTimeEpoch: Date.now(),
      identity: { sourceIp: ip ?? '203.0.113.7', userAgent: 'vitest' },
      ...(authorizer === undefined ? {} : { authorizer }),
    } as unknown as APIGatewayProxyEvent['requestContext'],
  };
};

export const lambdaContext = { awsRequestId: 'test', getRemainingTimeInMillis: () => 10_000 } as Context;
