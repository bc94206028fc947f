// The one middy chain around every handler: request id, security headers, problem answers, one log line.
import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { AppError } from '../kernel/errors.ts';
import type { Log } from '../observability/log.ts';
import { problemOf } from './problem.ts';

export const securityHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
};

type Request = middy.Request<APIGatewayProxyEvent, APIGatewayProxyResult>;
type Middleware = middy.MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult>;

const withHeaders = (request: Request): Middleware['after'] & undefined => {
  const response = request.response;
  if (response !== null && response !== undefined) {
    response.headers = { ...securityHeaders, ...response.headers, 'x-request-id': request.event.requestContext.requestId };
  }
};

const headers: Middleware = { after: withHeaders, onError: withHeaders };

const problemAnswers: Middleware = {
  onError: (request) => {
    const { status, headers: own, body } = problemOf(request.error, request.event.requestContext.requestId);
    request.response = { statusCode: status, headers: { ...own }, body };
  },
};

const logLine = (log: Log, service: string, nowMs: () => number): Middleware => {
  const write = (request: Request): void => {
    const { event, response, error } = request;
    const started = event.requestContext.requestTimeEpoch;
    const code = error instanceof AppError ? error.code : error ? 'internal' : undefined;
    const fields = {
      requestId: event.requestContext.requestId,
      service,
      route: `${event.httpMethod} ${event.resource}`,
      ...(response ? { status: response.statusCode } : {}),
      ...(code === undefined ? {} : { code }),
      durationMs: nowMs() - started,
    };
    if (response !== null && response !== undefined && response.statusCode >= 500) log.error('request', { ...fields, error });
    else log.info('request', fields);
  };
  return { after: write, onError: write };
};

/** @returns the Lambda handler: `dispatch` inside the chain */
export const inChain = (
  { log, service, nowMs }: { log: Log; service: string; nowMs: () => number },
  dispatch: (event: APIGatewayProxyEvent) => Promise<APIGatewayProxyResult>,
) =>
  middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
    // INVARIANT: `after` and `onError` run from the last to the first: the problem is made, then headers, then the line.
    .use(logLine(log, service, nowMs))
    .use(headers)
    .use(problemAnswers)
    .handler(dispatch);
