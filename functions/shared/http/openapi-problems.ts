// Problem answers in the OpenAPI document: their schema, one response a status, and which of them a route may give.
import * as z from 'zod';
import { problemContentType, problems } from './problem.ts';
import type { Route } from './route.ts';

/** RFC 9457, as `problem.ts` writes it. */
export const problemSchema = z.object({
  type: z.string().describe('`urn:problem:` and the code'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum(Object.keys(problems) as [string, ...string[]]),
  requestId: z.string(),
  errors: z
    .array(z.object({ pointer: z.string(), detail: z.string() }))
    .optional()
    .describe('where the request is at fault, as JSON pointers'),
});

const described = {
  MalformedJson: ['malformed-json', 'The body is not JSON.'],
  Unauthenticated: ['unauthenticated', 'No valid credential.'],
  Forbidden: ['forbidden', 'The caller knows of the place and may not do this there.'],
  NotFound: ['not-found', 'There is nothing here that the caller may see.'],
  MethodNotAllowed: ['method-not-allowed', 'The path takes other methods: see `Allow`.'],
  Conflict: ['conflict', 'It does not fit what is there: it exists already, is in use, or is locked.'],
  VersionMismatch: ['version-mismatch', 'The item is not at the version that `If-Match` names.'],
  PayloadTooLarge: ['payload-too-large', 'The body is too large.'],
  UnsupportedMediaType: ['unsupported-media-type', 'The body is of another media type.'],
  ValidationFailed: ['validation-failed', 'Query or body are not valid: `errors` says where.'],
  Other: ['internal', 'Too many requests, or something failed on our side. The text is constant.'],
} as const;
type ProblemName = keyof typeof described;

const exampleRequestId = '0198c3a2-7b1e-7c40-9d53-5f0a1b2c3d4e';

const responseOf = ([code, description]: (typeof described)[ProblemName], name: string) => {
  const { status, title } = problems[code];
  const allow = name === 'MethodNotAllowed' ? { Allow: { description: 'The methods of this path.', schema: { type: 'string' } } } : {};
  const challenge = name === 'Unauthenticated' ? { 'WWW-Authenticate': { description: '`Bearer`.', schema: { type: 'string' } } } : {};
  const example = { type: `urn:problem:${code}`, title, status, detail: description, code, requestId: exampleRequestId };
  return {
    description,
    headers: { 'X-Request-Id': { $ref: '#/components/headers/RequestId' }, ...allow, ...challenge },
    content: { [problemContentType]: { schema: { $ref: '#/components/schemas/Problem' }, example } },
  };
};

/** `components.responses`. Any path answers `MethodNotAllowed` to methods that it does not list. */
export const problemResponses = Object.fromEntries(Object.entries(described).map(([name, each]) => [name, responseOf(each, name)]));

export const isJson = (mediaType: string): boolean => /^application\/([a-z0-9.-]+\+)?json$/.test(mediaType);

/** @returns status and response of each problem that the route may answer, `default` for whatever is no fault of the request */
export const problemStatuses = (route: Route<never>): (readonly [status: string, name: ProblemName])[] => {
  const open = route.permission === 'public';
  const hasBody = route.body !== undefined;
  const writes = route.method !== 'GET';
  const usual = route.speaks === undefined;
  const all: readonly (readonly [boolean, string, ProblemName])[] = [
    [hasBody && isJson(route.accepts ?? 'application/json'), '400', usual ? 'MalformedJson' : 'ValidationFailed'],
    [!open, '401', 'Unauthenticated'],
    [typeof route.permission === 'object', '403', 'Forbidden'],
    [!open || route.path.includes('{'), '404', 'NotFound'],
    [writes && usual, '409', 'Conflict'],
    [writes && route.method !== 'POST', '412', 'VersionMismatch'],
    [hasBody && usual, '413', 'PayloadTooLarge'],
    [hasBody && usual, '415', 'UnsupportedMediaType'],
    [usual, '422', 'ValidationFailed'],
    [true, 'default', 'Other'],
  ];
  return all.filter(([applies]) => applies).map(([, status, name]) => [status, name] as const);
};
