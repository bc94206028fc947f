// Failures of AWS services as our own errors, each with its cause told apart.
import { AppError } from '../kernel/errors.ts';

/** The services that adapters call, as callers read of them. */
export type Dependency = 'the table' | 'the key service' | 'the archive' | 'the delivery stream';

type Kind = 'timeout' | 'throttled' | 'access denied' | 'unreachable' | 'failing';

const kindOfName: Readonly<Record<string, Kind>> = {
  TimeoutError: 'timeout',
  RequestTimeout: 'timeout',
  RequestTimeoutException: 'timeout',
  DependencyTimeoutException: 'timeout',
  ThrottlingException: 'throttled',
  ThrottledException: 'throttled',
  ThrottlingError: 'throttled',
  Throttling: 'throttled',
  TooManyRequestsException: 'throttled',
  RequestLimitExceeded: 'throttled',
  ProvisionedThroughputExceeded: 'throttled',
  ProvisionedThroughputExceededException: 'throttled',
  LimitExceededException: 'throttled',
  SlowDown: 'throttled',
  AccessDenied: 'access denied',
  AccessDeniedException: 'access denied',
  UnrecognizedClientException: 'access denied',
  InvalidSignatureException: 'access denied',
  InvalidAccessKeyId: 'access denied',
  ExpiredToken: 'access denied',
  ExpiredTokenException: 'access denied',
  CredentialsProviderError: 'access denied',
  ServiceUnavailable: 'failing',
  ServiceUnavailableException: 'failing',
  InternalServerError: 'failing',
};

const networkCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH']);

interface SdkError {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** @returns the name by which the SDK tells errors apart */
export const errorName = (error: unknown): string => String((error as SdkError | undefined)?.name ?? '');

const kindOf = (error: unknown): Kind | undefined => {
  const { code, $metadata } = (error ?? {}) as SdkError;
  const named = Object.hasOwn(kindOfName, errorName(error)) ? kindOfName[errorName(error)] : undefined;
  if (named !== undefined) return named;
  if (typeof code === 'string' && networkCodes.has(code)) return 'unreachable';
  const status = $metadata?.httpStatusCode ?? 0;
  if (status === 429) return 'throttled';
  if (status === 403) return 'access denied';
  return status >= 500 ? 'failing' : undefined;
};

const details: Readonly<Record<Kind, (dependency: Dependency) => string>> = {
  timeout: (dependency) => `${dependency} did not answer in time`,
  throttled: (dependency) => `${dependency} is throttled; try again`,
  'access denied': (dependency) => `${dependency} denies access to this service`,
  unreachable: (dependency) => `${dependency} cannot be reached`,
  failing: (dependency) => `${dependency} is failing; try again`,
};

/** @returns an AppError `dependency-timeout` or `dependency-unavailable`; other errors come back as they are */
export const asDependencyError = (dependency: Dependency, error: unknown): unknown => {
  const kind = kindOf(error);
  if (kind === undefined) return error;
  return new AppError(kind === 'timeout' ? 'dependency-timeout' : 'dependency-unavailable', details[kind](dependency), { cause: error });
};

/** @returns whether the same call may succeed later */
export const isTransient = (error: unknown): boolean => {
  const kind = kindOf(error);
  return kind !== undefined && kind !== 'access denied';
};

export const throttled = (dependency: Dependency, cause: unknown): AppError =>
  new AppError('dependency-unavailable', details.throttled(dependency), { cause });
