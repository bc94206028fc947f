// What API Gateway answers by itself, worded as RFC 9457 problems: the same fields in the same order as the handlers' own.
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { problemContentType, problems } from '../../functions/shared/http/problem.ts';

interface GatewayProblem {
  readonly code: keyof typeof problems;
  readonly detail: string;
}

const unauthenticated: GatewayProblem = { code: 'unauthenticated', detail: 'send a valid credential as `Authorization: Bearer …`' };
const notFound: GatewayProblem = { code: 'not-found', detail: 'there is nothing here that you may see' };
const notValid: GatewayProblem = { code: 'validation-failed', detail: 'the request cannot be read' };
const throttled: GatewayProblem = { code: 'throttled', detail: 'slow down and try again' };
const internal: GatewayProblem = { code: 'internal', detail: 'something failed on our side; quote the request id' };

/** Every response type of a REST API. */
const gatewayProblems: Readonly<Record<string, GatewayProblem>> = {
  ACCESS_DENIED: unauthenticated,
  UNAUTHORIZED: unauthenticated,
  EXPIRED_TOKEN: unauthenticated,
  INVALID_API_KEY: unauthenticated,
  INVALID_SIGNATURE: unauthenticated,
  MISSING_AUTHENTICATION_TOKEN: notFound,
  RESOURCE_NOT_FOUND: notFound,
  BAD_REQUEST_BODY: notValid,
  BAD_REQUEST_PARAMETERS: notValid,
  REQUEST_TOO_LARGE: { code: 'payload-too-large', detail: 'the request is larger than the gateway takes' },
  UNSUPPORTED_MEDIA_TYPE: { code: 'unsupported-media-type', detail: 'send `content-type: application/json`' },
  WAF_FILTERED: { code: 'forbidden', detail: 'the firewall refused this request' },
  THROTTLED: throttled,
  QUOTA_EXCEEDED: throttled,
  API_CONFIGURATION_ERROR: internal,
  AUTHORIZER_CONFIGURATION_ERROR: internal,
  AUTHORIZER_FAILURE: internal,
  INTEGRATION_FAILURE: internal,
  INTEGRATION_TIMEOUT: { code: 'dependency-timeout', detail: 'something that this needs did not answer in time; try again' },
  DEFAULT_4XX: notValid,
  DEFAULT_5XX: internal,
};

/** The headers of every answer, as `functions/shared/http/chain.ts` sets them. */
const answerHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
};

const templateOf = ({ code, detail }: GatewayProblem): string =>
  JSON.stringify({ type: `urn:problem:${code}`, ...shown(code), detail, code, requestId: '$context.requestId' });

const shown = (code: GatewayProblem['code']) => ({ title: problems[code].title, status: problems[code].status });

/** Response parameters are literals in single quotes. */
const literal = (text: string): string => `'${text}'`;

export const addGatewayProblems = (api: apigateway.RestApi): void => {
  for (const [type, problem] of Object.entries(gatewayProblems)) {
    const { status } = problems[problem.code];
    const fixed = Object.entries({ ...answerHeaders, 'content-type': problemContentType }).map(([name, value]) => [name, literal(value)]);
    api.addGatewayResponse(`Problem-${type}`, {
      type: apigateway.ResponseType.of(type),
      statusCode: `${status}`,
      responseHeaders: {
        ...Object.fromEntries(fixed),
        'x-request-id': 'context.requestId',
        ...(status === 401 ? { 'www-authenticate': literal('Bearer') } : {}),
      },
      templates: { 'application/json': templateOf(problem) },
    });
  }
};
