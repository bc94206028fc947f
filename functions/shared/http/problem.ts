// RFC 9457 problem answers, from the one exhaustive table of codes.
import { AppError, type ErrorCode } from '../kernel/errors.ts';

/** Status and title of each code. */
export const problems: Readonly<Record<ErrorCode, { readonly status: number; readonly title: string }>> = {
  'malformed-json': { status: 400, title: 'The body is not JSON' },
  unauthenticated: { status: 401, title: 'No valid credential' },
  forbidden: { status: 403, title: 'Not permitted' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  conflict: { status: 409, title: 'Conflict' },
  'already-exists': { status: 409, title: 'Already exists' },
  'retention-locked': { status: 409, title: 'Locked by retention' },
  'version-mismatch': { status: 412, title: 'Changed meanwhile' },
  'payload-too-large': { status: 413, title: 'Too large' },
  'unsupported-media-type': { status: 415, title: 'Unsupported media type' },
  'validation-failed': { status: 422, title: 'Not valid' },
  'policy-invalid': { status: 422, title: 'The policy is not valid' },
  'precondition-required': { status: 428, title: 'Precondition required' },
  throttled: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Internal error' },
  'dependency-unavailable': { status: 503, title: 'Temporarily unavailable' },
  'dependency-timeout': { status: 504, title: 'Timed out' },
};

/** The constant texts of 5xx answers: nothing of the cause shows. */
const constantDetail: Partial<Record<ErrorCode, string>> = {
  internal: 'something failed on our side; quote the request id',
  'dependency-unavailable': 'something that this needs is unavailable; try again',
  'dependency-timeout': 'something that this needs did not answer in time; try again',
};

export const problemContentType = 'application/problem+json';

/** Faults that one answer names: a body may have far more, and an answer has at most 6 MB. */
export const maxErrors = 100;

export interface Problem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Statuses of the request's own faults, where a standard knows one for all of them. */
const faultsOfRequest: ReadonlySet<number> = new Set([413, 415, 422]);

/**
 * @param speaksAuthzen a fault of the request answers 400, whatever it is
 * @returns the answer for any error; what is no AppError is `internal`
 */
export const problemOf = (error: unknown, requestId: string, speaksAuthzen = false): Problem => {
  const known = error instanceof AppError ? error : new AppError('internal', '');
  const { status: usual, title } = problems[known.code];
  const status = speaksAuthzen && faultsOfRequest.has(usual) ? 400 : usual;
  const detail = constantDetail[known.code] ?? known.message;
  const body = {
    type: `urn:problem:${known.code}`,
    title,
    status,
    detail,
    code: known.code,
    requestId,
    ...(known.errors ? { errors: known.errors.slice(0, maxErrors) } : {}),
  };
  return { status, headers: { 'content-type': problemContentType, ...known.headers }, body: JSON.stringify(body) };
};
