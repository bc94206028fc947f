// The one middy chain around every handler: request id, security headers, problem answers, one log line.
import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { AppError } from '../kernel/errors.ts';
import type { Log } from '../observability/log.ts';
import { problemOf } from './problem.ts';
import { headerOf } from './read-request.ts';

export const securityHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
};

type Request = middy.Request<APIGatewayProxyEvent, APIGatewayProxyResult>;
type Middleware = middy.MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult>;

type Speaks = (event: APIGatewayProxyEvent) => boolean;

/** A request id of the client's own that can stand in a header. */
const clientRequestId = /^[\x20-\x7e]{1,256}$/;

const headers = (speaksAuthzen: Speaks): Middleware => {
  const write = ({ event, response }: Request): void => {
    if (response === null || response === undefined) return;
    const own = speaksAuthzen(event) ? headerOf(event, 'x-request-id') : undefined;
    const requestId = own !== undefined && clientRequestId.test(own) ? own : event.requestContext.requestId;
    response.headers = { ...securityHeaders, ...response.headers, 'x-request-id': requestId };
  };
  return { after: write, onError: write };
};

const problemAnswers = (speaksAuthzen: Speaks): Middleware => ({
  onError: (request) => {
    const { event, error } = request;
    const { status, headers: own, body } = problemOf(error, event.requestContext.requestId, speaksAuthzen(event));
    request.response = { statusCode: status, headers: { ...own }, body };
  },
});

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
  { log, service, nowMs, speaksAuthzen }: { log: Log; service: string; nowMs: () => number; speaksAuthzen: Speaks },
  dispatch: (event: APIGatewayProxyEvent) => Promise<APIGatewayProxyResult>,
) =>
  middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
    // INVARIANT: `after` and `onError` run from the last to the first: the problem is made, then headers, then the line.
    .use(logLine(log, service, nowMs))
    .use(headers(speaksAuthzen))
    .use(problemAnswers(speaksAuthzen))
    .handler(dispatch);
