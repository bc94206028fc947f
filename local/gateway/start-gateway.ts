// A loopback HTTP server that plays API Gateway (REST, Lambda proxy integration): request → authorizer → handler → answer.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { AppError, notFound } from '../../functions/shared/kernel/errors.ts';
import { realWorld, uuidv7, type World } from '../../functions/shared/kernel/world.ts';
import type { Log } from '../../functions/shared/observability/log.ts';
import { type Authorizer, authorize } from './authorize.ts';
import { hostChecker } from './check-host.ts';
import type { HttpAnswer } from './from-result.ts';
import { invoke, lambdaContext } from './invoke.ts';
import { type GatewayLimits, gatewayLimits } from './limits.ts';
import { pathMatcher } from './match-path.ts';
import { ProtocolError, problemAnswer } from './problem-answer.ts';
import { announcesBody, readBody, toEventBody, tooLarge } from './read-body.ts';
import { type GatewayResource, takesCredential } from './resources.ts';
import { sendAnswer, sendRaw } from './send-answer.ts';
import { type TakenRequest, toEvent } from './to-event.ts';

export interface GatewayOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** INVARIANT: never an address that another machine can reach. */
  readonly host: '127.0.0.1';
  readonly resources: readonly GatewayResource[];
  readonly authorizer: Authorizer;
  readonly log: Log;
  readonly world?: World;
  readonly limits?: Partial<GatewayLimits>;
}

export interface Gateway {
  readonly port: number;
  /** Takes no more requests, lets those under way finish for a while, then cuts them. */
  close(): Promise<void>;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly receivedAtMs: number;
  readonly signal: AbortSignal;
  readonly expectsContinue: boolean;
}

/** How often node looks for requests past their time. */
const checkEveryMs = 500;

const clientErrorOf = (code: string | undefined): AppError => {
  if (code === 'HPE_HEADER_OVERFLOW') return new ProtocolError(431, 'payload-too-large', 'the request line and headers are too large');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new ProtocolError(408, 'validation-failed', 'the request did not arrive in time');
  return new ProtocolError(400, 'validation-failed', 'the request is not HTTP as this server takes it');
};

/** @throws Error for a table that API Gateway would refuse, or when the port is taken */
export const startGateway = async (options: GatewayOptions): Promise<Gateway> => {
  const { authorizer, log, world = realWorld } = options;
  const limits: GatewayLimits = { ...gatewayLimits, ...options.limits };
  const match = pathMatcher(options.resources.map((resource) => [resource.path, resource] as const));
  const underWay = new Set<Promise<void>>();
  const answering = new WeakSet<Duplex>();
  let closing = false;
  let port = options.port;
  let checkHost = hostChecker(port);

  const answerOf = async ({ request, response, requestId, receivedAtMs, signal, expectsContinue }: Exchange): Promise<HttpAnswer> => {
    checkHost(request);
    const target = request.url ?? '';
    const mark = target.indexOf('?');
    const path = mark === -1 ? target : target.slice(0, mark);
    const found = match(path);
    if (found === undefined) throw notFound();
    if (Number(request.headers['content-length'] ?? 0) > limits.bodyBytes) throw tooLarge(limits.bodyBytes);
    const { template, params, value: resource } = found;
    const method = request.method ?? '';
    const taken: TakenRequest = {
      method,
      path,
      query: mark === -1 ? '' : target.slice(mark + 1),
      rawHeaders: request.rawHeaders,
      template,
      params,
      sourceIp: (request.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
      protocol: `HTTP/${request.httpVersion}`,
      port,
      requestId,
      extendedRequestId: Buffer.from(world.bytes(11)).toString('base64'),
      receivedAtMs,
    };
    // INVARIANT: nothing of a body is read for a caller who shows no valid credential where one is needed.
    const passedOn = takesCredential(resource, method)
      ? await authorize(authorizer, taken, lambdaContext('authorizer', world, signal), {
          nowMs: () => world.nowMs(),
          deadlineMs: limits.integrationMs,
        })
      : undefined;
    if (expectsContinue && announcesBody(request)) response.writeContinue();
    const body = toEventBody(await readBody(request, limits.bodyBytes), request.headers['content-type']);
    return invoke(resource.app, toEvent(taken, body, passedOn), lambdaContext(resource.service, world, signal), limits.integrationMs);
  };

  const failed = (error: unknown, { requestId, receivedAtMs }: Exchange): HttpAnswer => {
    const answer = problemAnswer(error, requestId);
    const code = error instanceof AppError ? error.code : 'internal';
    const fields = { requestId, service: 'gateway', status: answer.status, code, durationMs: world.nowMs() - receivedAtMs };
    if (answer.status >= 500) log.error('request', { ...fields, error });
    else log.info('request', fields);
    return answer;
  };

  const serve = async (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): Promise<void> => {
    const gone = new AbortController();
    response.once('close', () => response.writableFinished || gone.abort());
    request.on('error', () => gone.abort());
    const signal = gone.signal;
    const exchange = { request, response, requestId: uuidv7(world), receivedAtMs: world.nowMs(), signal, expectsContinue };
    // A client that hangs up while it sends is no failure of ours; a handler that fails meanwhile is.
    const isHangUp = (error: unknown): boolean => signal.aborted && !(error instanceof AppError);
    const answer = await answerOf(exchange).catch((error: unknown) => (isHangUp(error) ? undefined : failed(error, exchange)));
    if (answer === undefined || signal.aborted) return;
    answering.add(request.socket);
    await sendAnswer(request, response, answer, { requestId: exchange.requestId, close: closing, lingerMs: limits.lingerMs });
    answering.delete(request.socket);
  };

  const take = (request: IncomingMessage, response: ServerResponse, expectsContinue = false): void => {
    const exchange = serve(request, response, expectsContinue).catch((error: unknown) => {
      log.error('an answer could not be sent', { service: 'gateway', error });
      response.destroy();
    });
    underWay.add(exchange);
    void exchange.finally(() => underWay.delete(exchange));
  };

  const server = createServer({
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: checkEveryMs,
    requireHostHeader: false,
    noDelay: true,
  });
  // INVARIANT: node drops headers beyond a count in silence; the bytes are limited already.
  server.maxHeadersCount = 0;
  server.maxConnections = limits.connections;
  server.on('request', (request, response) => take(request, response));
  server.on('checkContinue', (request, response) => take(request, response, true));
  server.on('checkExpectation', (request, response) => take(request, response));
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === 'ECONNRESET' || !socket.writable || answering.has(socket)) {
      socket.destroy();
      return;
    }
    const requestId = uuidv7(world);
    sendRaw(socket, problemAnswer(clientErrorOf(error.code), requestId), requestId);
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, options.host, () => resolve(void server.off('error', reject)));
  });
  server.on('error', (error) => log.error('the server cannot take connections', { service: 'gateway', error }));
  port = (server.address() as AddressInfo).port;
  checkHost = hostChecker(port);

  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    closing = true;
    const ended = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const cut = setTimeout(() => server.closeAllConnections(), limits.drainMs);
    await Promise.race([Promise.all([...underWay]), new Promise((resolve) => setTimeout(resolve, limits.drainMs).unref())]);
    server.closeIdleConnections();
    await ended;
    clearTimeout(cut);
  };
  return { port, close: () => (closed ??= close()) };
};
