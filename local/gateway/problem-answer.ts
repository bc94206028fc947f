// The gateway's own answers, in the bytes and headers of the services' problems.
import { securityHeaders } from '../../functions/shared/http/chain.ts';
import { problemOf } from '../../functions/shared/http/problem.ts';
import { AppError } from '../../functions/shared/kernel/errors.ts';
import type { HttpAnswer } from './from-result.ts';

/** A problem under a status that HTTP itself prescribes, where the code's own status is another one. */
export class ProtocolError extends AppError {
  readonly status: number;

  constructor(status: number, ...[code, detail, options]: ConstructorParameters<typeof AppError>) {
    super(code, detail, options);
    this.name = 'ProtocolError';
    this.status = status;
  }
}

/** API Gateway's answer when a function fails or answers what is no proxy result. */
export const badGateway = (cause?: unknown): ProtocolError => new ProtocolError(502, 'internal', '', { cause });

export const problemAnswer = (error: unknown, requestId: string): HttpAnswer => {
  const problem = problemOf(error, requestId);
  const headers = { ...securityHeaders, ...problem.headers };
  if (!(error instanceof ProtocolError)) return { status: problem.status, headers, body: Buffer.from(problem.body) };
  const body = { ...(JSON.parse(problem.body) as object), status: error.status };
  return { status: error.status, headers, body: Buffer.from(JSON.stringify(body)) };
};
