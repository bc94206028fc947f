// Structured logs, one JSON object a line. Only the fields named here are ever written: a value that is not a field cannot leak.

/** What may be logged. No bodies, headers, tokens, texts or names of persons. */
export interface LogFields {
  readonly requestId?: string;
  readonly service?: string;
  readonly org?: string;
  readonly route?: string;
  readonly status?: number;
  readonly code?: string;
  readonly durationMs?: number;
  readonly count?: number;
  /** An error's class, message chain and stack; messages of our own errors hold no values. */
  readonly error?: unknown;
}

export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const maxCauses = 5;

/** Class, code and stack frames of an error and its causes; messages only of classes that we write ourselves. */
const describeError = (error: unknown): unknown => {
  const chain: unknown[] = [];
  for (let at = error; at instanceof Error && chain.length < maxCauses; at = at.cause) {
    const code = (at as { code?: unknown }).code;
    const frames = (at.stack ?? '')
      .split('\n')
      .filter((line) => line.startsWith('    at '))
      .slice(0, 8);
    chain.push({ name: at.name, ...(typeof code === 'string' ? { code } : {}), at: frames.map((line) => line.trim().slice(3)) });
  }
  return chain.length > 0 ? chain : { name: typeof error };
};

/** @param write takes one line, without its line end */
export const jsonLog = (write: (line: string) => void): Log => {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      const { requestId, service, org, route, status, code, durationMs, count, error } = fields;
      const shown = { requestId, service, org, route, status, code, durationMs, count };
      write(JSON.stringify({ level, message, ...shown, ...(error === undefined ? {} : { error: describeError(error) }) }));
    };
  return { info: at('info'), warn: at('warn'), error: at('error') };
};
