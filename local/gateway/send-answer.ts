// Answers on the wire: the headers that each one carries, and what becomes of a body that nobody will read.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { HttpAnswer } from './from-result.ts';
import { announcesBody } from './read-body.ts';

const hasNoBody = (status: number): boolean => status === 204 || status === 304;

/** @returns the headers of every answer, the request's own id last so that no handler can replace it */
const wireHeaders = ({ status, headers, body }: HttpAnswer, requestId: string): Record<string, string | string[]> => ({
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]])),
  ...(hasNoBody(status) ? {} : { 'content-length': String(body.byteLength) }),
  'x-request-id': requestId,
});

/** Reads and throws away until the client is done, hangs up, or the time is over. */
const discard = (request: IncomingMessage, lingerMs: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, lingerMs);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    request.once('end', done).once('close', done).once('error', done).resume();
  });

/** @param close ask for no further request on this connection */
export const sendAnswer = async (
  request: IncomingMessage,
  response: ServerResponse,
  answer: HttpAnswer,
  { requestId, close, lingerMs }: { requestId: string; close: boolean; lingerMs: number },
): Promise<void> => {
  if (response.destroyed || response.headersSent) return;
  const cutShort = announcesBody(request) && !request.complete;
  const headers = wireHeaders(answer, requestId);
  response.writeHead(answer.status, close || cutShort ? { ...headers, connection: 'close' } : headers);
  const body = hasNoBody(answer.status) || request.method === 'HEAD' ? new Uint8Array() : answer.body;
  if (cutShort) {
    // The answer is whole by its length; closing at once would reset the connection while the client still sends, and lose it.
    response.flushHeaders();
    if (body.byteLength > 0) response.write(body);
    await discard(request, lingerMs);
    response.end();
  } else {
    response.end(body);
  }
};

const reasons: Readonly<Record<number, string>> = { 400: 'Bad Request', 408: 'Request Timeout', 431: 'Request Header Fields Too Large' };

/** Answers what never became a request, and closes. */
export const sendRaw = (socket: Duplex, answer: HttpAnswer, requestId: string): void => {
  const headers = Object.entries({ ...wireHeaders(answer, requestId), connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const head = `HTTP/1.1 ${answer.status} ${reasons[answer.status] ?? 'Error'}\r\n${headers.join('')}\r\n`;
  socket.end(Buffer.concat([Buffer.from(head), answer.body]));
};
