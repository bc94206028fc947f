// The resolver behind a function URL with IAM: the one place that hands values out.
import type { LambdaFunctionURLEvent, LambdaFunctionURLResult } from 'aws-lambda';
import { securityHeaders } from '../shared/http/chain.ts';
import { parseStrictJson } from '../shared/http/json.ts';
import { problemOf } from '../shared/http/problem.ts';
import { fieldErrors } from '../shared/http/read-request.ts';
import { AppError, invalid, notFound } from '../shared/kernel/errors.ts';
import { resolveBody } from './schemas.ts';
import { type ResolverDependencies, resolveSecrets } from './use-cases/resolve-secrets.ts';

/** The parts of a function URL's event (payload 2.0) that the resolver reads. */
export type ResolverEvent = Pick<LambdaFunctionURLEvent, 'rawPath' | 'headers' | 'body' | 'isBase64Encoded'> & {
  readonly requestContext: {
    readonly requestId: string;
    readonly timeEpoch: number;
    readonly http: { readonly method: string; readonly sourceIp: string; readonly userAgent: string };
    /** Who signed the call. */
    readonly authorizer?: { readonly iam?: { readonly userArn?: string | null } };
  };
};

export type ResolverResult = Exclude<LambdaFunctionURLResult, string> & { readonly statusCode: number; readonly body: string };

const maxBodyBytes = 1024 * 1024;
const maxUserAgentLength = 256;

const bodyOf = (event: ResolverEvent) => {
  if (event.rawPath !== '/') throw notFound();
  if (event.requestContext.http.method !== 'POST') {
    throw new AppError('method-not-allowed', 'this path takes POST', { headers: { allow: 'POST' } });
  }
  const type = event.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json') throw new AppError('unsupported-media-type', 'send `content-type: application/json`');
  const text = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8').toString('utf8');
  if (Buffer.byteLength(text) > maxBodyBytes) throw new AppError('payload-too-large', `the body is larger than ${maxBodyBytes} bytes`);
  const parsed = resolveBody.safeParse(parseStrictJson(text));
  if (!parsed.success) throw invalid(...fieldErrors(parsed.error));
  return parsed.data;
};

const sourceOf = ({ requestContext: { http, authorizer } }: ResolverEvent) => ({
  ip: http.sourceIp,
  userAgent: http.userAgent.slice(0, maxUserAgentLength),
  ...(authorizer?.iam?.userArn ? { client: authorizer.iam.userArn } : {}),
});

/** @returns the handler: every answer is a whole success or a problem, and no log line holds anything of a body */
export const createResolver =
  (dependencies: ResolverDependencies) =>
  async (event: ResolverEvent): Promise<ResolverResult> => {
    const { log } = dependencies;
    const { requestId, timeEpoch: timeMs } = event.requestContext;
    const fields = { requestId, service: 'resolver', route: 'POST /' };
    const headers = { ...securityHeaders, 'x-request-id': requestId };
    try {
      const answer = await resolveSecrets(dependencies, { ...bodyOf(event), source: sourceOf(event), requestId, timeMs });
      log.info('request', { ...fields, status: 200, durationMs: dependencies.world.nowMs() - timeMs });
      return { statusCode: 200, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(answer) };
    } catch (error) {
      const { status, headers: own, body } = problemOf(error, requestId);
      const code = error instanceof AppError ? error.code : 'internal';
      log[status >= 500 ? 'error' : 'info']('request', { ...fields, status, code, ...(status >= 500 ? { error } : {}) });
      return { statusCode: status, headers: { ...headers, ...own }, body };
    }
  };
