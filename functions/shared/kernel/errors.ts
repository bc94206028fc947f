// The one error that leaves a use case on purpose, and the exhaustive list of its codes (RFC 9457 problems are made from them).

/** A stable code; `problem.ts` maps each to a status and a title. */
export type ErrorCode =
  | 'malformed-json'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'method-not-allowed'
  | 'conflict'
  | 'already-exists'
  | 'retention-locked'
  | 'version-mismatch'
  | 'payload-too-large'
  | 'unsupported-media-type'
  | 'validation-failed'
  | 'policy-invalid'
  | 'precondition-required'
  | 'throttled'
  | 'internal'
  | 'dependency-unavailable'
  | 'dependency-timeout';

/** One fault inside a body: an RFC 6901 JSON pointer and a sentence that is safe to show. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

interface AppErrorOptions {
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** An answer other than success. `detail` is shown to the caller; `cause` goes to the log only. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly errors: readonly FieldError[] | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;

  constructor(code: ErrorCode, detail: string, options: AppErrorOptions = {}) {
    super(detail, { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.errors = options.errors;
    this.headers = options.headers;
  }
}

/** What the caller may not see and what does not exist answer with these same bytes. */
export const notFound = (): AppError => new AppError('not-found', 'there is nothing here that you may see');

/** @param errors at least one, each naming where and what */
export const invalid = (...errors: FieldError[]): AppError =>
  new AppError('validation-failed', 'the request is not valid: see `errors`', { errors });

/** The item changed since the version that the caller named. */
export const versionMismatch = (): AppError => new AppError('version-mismatch', 'the item has changed since you read it; read it again');

/** @param what the kind of item, lower case */
export const alreadyExists = (what: string): AppError => new AppError('already-exists', `this ${what} exists already`);
