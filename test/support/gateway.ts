// A gateway for tests: its parts with sensible defaults, and raw HTTP over a socket.
import { connect } from 'node:net';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { World } from '../../functions/shared/kernel/world.ts';
import type { Log, LogFields } from '../../functions/shared/observability/log.ts';
import type { Authorizer } from '../../local/gateway/authorize.ts';
import type { App, GatewayResource } from '../../local/gateway/resources.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../../local/gateway/start-gateway.ts';

interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: LogFields;
}

export const rememberingLog = (): { log: Log; lines: LogLine[] } => {
  const lines: LogLine[] = [];
  const at =
    (level: LogLine['level']) =>
    (message: string, fields: LogFields = {}) => {
      lines.push({ level, message, fields });
    };
  return { lines, log: { info: at('info'), warn: at('warn'), error: at('error') } };
};

/** A clock that stands still and random bytes that count up. */
export const countingWorld = (nowMs = Date.UTC(2026, 3, 24, 11, 31, 44, 32)): World => {
  let next = 0;
  return {
    nowMs: () => nowMs,
    bytes: (count) => {
      next += 1;
      const bytes = new Uint8Array(count);
      new DataView(bytes.buffer).setUint32(count - 4, next);
      return bytes;
    },
  };
};

/** Takes `Bearer good` for user ada of acme, throws `Unauthorized` for anything else. */
const goodAuthorizer: Authorizer = async (event) => {
  if (event.headers?.Authorization !== 'Bearer good' && event.headers?.authorization !== 'Bearer good') throw new Error('Unauthorized');
  return {
    principalId: 'user:ada',
    policyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: event.methodArn }] },
    context: { org: 'acme', principal: 'user:ada', mfa: true },
  };
};

/** Answers 200 with the event that it got. */
export const echo: App = async (event) => ({
  statusCode: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(event),
});

export const resource = (path: string, methods: GatewayResource['methods'], app: App = echo): GatewayResource => ({
  path,
  methods,
  app,
  service: 'echo',
});

export const gatewayWith = (resources: readonly GatewayResource[], options: Partial<GatewayOptions> = {}): Promise<Gateway> =>
  startGateway({ port: 0, host: '127.0.0.1', resources, authorizer: goodAuthorizer, log: rememberingLog().log, ...options });

export const eventIn = async (response: Response): Promise<APIGatewayProxyEvent> => (await response.json()) as APIGatewayProxyEvent;

/** Sends the text as it is, and returns all that comes back until the server closes or `forMs` are over. */
export const rawHttp = (port: number, text: string | Uint8Array, forMs = 5_000): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    const chunks: Buffer[] = [];
    const timer = setTimeout(() => socket.destroy(), forMs);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? undefined : reject(error),
    );
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks).toString('latin1'));
    });
  });
