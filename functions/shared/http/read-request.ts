// What an API Gateway proxy event says, checked: path, credential, query, body, preconditions.
import type { APIGatewayProxyEvent } from 'aws-lambda';
import * as z from 'zod';
import type { Caller, Source } from '../kernel/call.ts';
import { AppError, type FieldError, invalid, notFound } from '../kernel/errors.ts';
import { orgId } from '../kernel/ids.ts';
import { principal } from '../kernel/principal.ts';
import { parseStrictJson } from './json.ts';
import { pointerTo } from './pointer.ts';
import { maxErrors } from './problem.ts';
import type { Route } from './route.ts';

/** Bytes of a body where a route does not say otherwise. */
const defaultMaxBodyBytes = 1024 * 1024;
const maxUserAgentLength = 256;

const authorizerContext = z.object({
  org: orgId,
  principal,
  tokenId: z.string().optional(),
  session: z.string().optional(),
  name: z.string().optional(),
  email: z.string().optional(),
  mfa: z.union([z.boolean(), z.literal('true').transform(() => true), z.literal('false').transform(() => false)]).optional(),
});

/** @throws AppError `unauthenticated` when the authorizer's context is not there or not whole */
export const callerOf = (event: APIGatewayProxyEvent): Caller => {
  const parsed = authorizerContext.safeParse(event.requestContext.authorizer ?? undefined);
  if (!parsed.success) throw new AppError('unauthenticated', 'send a valid credential as `Authorization: Bearer …`');
  return parsed.data;
};

export const sourceOf = (event: APIGatewayProxyEvent): Source => {
  const { sourceIp, userAgent } = event.requestContext.identity;
  return { ...(sourceIp ? { ip: sourceIp } : {}), ...(userAgent ? { userAgent: userAgent.slice(0, maxUserAgentLength) } : {}) };
};

const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);

/** The address that was asked, without its query, as the gateway saw it: `http` on this machine itself, `https` everywhere else. */
export const addressOf = (event: APIGatewayProxyEvent): string | undefined => {
  const { domainName, path } = event.requestContext;
  if (!domainName) return undefined;
  return loopback.has(domainName) ? `http://${headerOf(event, 'host') ?? domainName}${path}` : `https://${domainName}${path}`;
};

/** A header's value, whatever the case of its name. */
export const headerOf = (event: APIGatewayProxyEvent, name: string): string | undefined => {
  for (const [key, value] of Object.entries(event.headers ?? {})) if (key.toLowerCase() === name) return value;
  return undefined;
};

/** @throws AppError `not-found`: a path parameter that cannot be an identifier names nothing */
export const paramsOf = (route: Route<never>, event: APIGatewayProxyEvent): Record<string, string> => {
  const { org, ...own } = event.pathParameters ?? {};
  const parsed = (route.params ?? z.object({})).safeParse(own);
  if (!parsed.success) throw notFound();
  return { ...(parsed.data as Record<string, string>), ...(org === undefined ? {} : { org }) };
};

const faultsOf = (error: z.ZodError, base: string): FieldError[] =>
  error.issues.slice(0, maxErrors).flatMap((issue): FieldError[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.slice(0, maxErrors).map((key) => ({
        pointer: base + pointerTo([...issue.path, key]),
        detail: 'this field is not known here',
      }));
    }
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      const inner = issue.errors.filter((branch) => branch.length > 0).sort((a, b) => a.length - b.length)[0];
      if (inner !== undefined)
        return faultsOf(new z.ZodError(inner.map((each) => ({ ...each, path: [...issue.path, ...each.path] }))), base);
    }
    return [{ pointer: base + pointerTo(issue.path) || '/', detail: issue.message }];
  });

/** The first issues of zod as JSON pointers; the value at fault is never repeated. */
export const fieldErrors = (error: z.ZodError, base = ''): FieldError[] => faultsOf(error, base).slice(0, maxErrors);

/** @throws AppError `validation-failed` naming the parameter, also for one that the route does not know */
export const queryOf = (route: Route<never>, event: APIGatewayProxyEvent): Record<string, unknown> => {
  const entries = Object.entries(event.multiValueQueryStringParameters ?? {});
  // INVARIANT: `fromEntries` makes own properties whatever their names, so that `__proto__` is a parameter like any other.
  const given = Object.fromEntries(entries.map(([name, values = []]) => [name, values.length === 1 ? values[0] : values]));
  const parsed = (route.query ?? z.strictObject({})).safeParse(given);
  if (!parsed.success) throw invalid(...fieldErrors(parsed.error, '/query'));
  return parsed.data;
};

/** The body's text; @throws AppError `payload-too-large`, `unsupported-media-type`, `malformed-json` */
export const bodyTextOf = (route: Route<never>, event: APIGatewayProxyEvent): string => {
  const text = event.isBase64Encoded ? Buffer.from(event.body ?? '', 'base64').toString('utf8') : (event.body ?? '');
  const limit = route.maxBodyBytes ?? defaultMaxBodyBytes;
  if (Buffer.byteLength(text) > limit) throw new AppError('payload-too-large', `the body is larger than ${limit} bytes`);
  const accepts = route.accepts ?? 'application/json';
  const given = (headerOf(event, 'content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const isJson = accepts === 'application/json' && /^application\/([a-z0-9.-]+\+)?json$/.test(given);
  if (text !== '' && given !== accepts && !isJson) throw new AppError('unsupported-media-type', `send \`content-type: ${accepts}\``);
  return text;
};

/** @throws AppError `validation-failed` with a pointer for each fault */
export const bodyOf = (route: Route<never>, text: string): unknown => {
  if (route.body === undefined) {
    if (text !== '') throw invalid({ pointer: '/', detail: 'this request takes no body' });
    return undefined;
  }
  if (route.accepts !== undefined && route.accepts !== 'application/json') return text;
  if (text === '') throw invalid({ pointer: '/', detail: 'this request needs a body' });
  const value = parseStrictJson(text);
  if (route.readOnly !== undefined && typeof value === 'object' && value !== null) {
    for (const field of route.readOnly) delete (value as Record<string, unknown>)[field];
  }
  const parsed = route.body.safeParse(value);
  if (!parsed.success) throw invalid(...fieldErrors(parsed.error));
  return parsed.data;
};

/** @returns the version in `If-Match`, undefined without one or for `*` */
export const ifMatchOf = (event: APIGatewayProxyEvent): number | undefined => {
  const text = headerOf(event, 'if-match')?.trim();
  if (text === undefined || text === '*') return undefined;
  const version = /^"(\d{1,15})"$/.exec(text)?.[1];
  if (version === undefined) throw new AppError('version-mismatch', '`If-Match` does not name a version of this item');
  return Number(version);
};
