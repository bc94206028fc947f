// A request's body as the gateway hands it on: text where it is text, base64 where it is not, never more than its limit.
import type { IncomingMessage } from 'node:http';
import { AppError } from '../../functions/shared/kernel/errors.ts';
import type { EventBody } from './to-event.ts';

export const tooLarge = (maxBytes: number): AppError => new AppError('payload-too-large', `the body is larger than ${maxBytes} bytes`);

/** @returns whether the headers announce a body */
export const announcesBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/**
 * Stops reading at the limit and leaves the rest to the caller.
 * @throws AppError `payload-too-large`; node's own error when the client hangs up
 */
export const readBody = async (request: IncomingMessage, maxBytes: number): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
};

const jsonTypes = /^(application\/(([a-z0-9.-]+\+)?json|x-ndjson)|)$/;
const textTypes = /^(text\/.+|application\/(([a-z0-9.-]+\+)?xml|x-www-form-urlencoded))$/;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const decoded = (bytes: Buffer): string | undefined => {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
};

/** @throws AppError `malformed-json` for JSON (or a body of no stated type) that is not UTF-8 */
export const toEventBody = (bytes: Buffer, contentType: string | undefined): EventBody => {
  if (bytes.length === 0) return { body: null, isBase64Encoded: false };
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (jsonTypes.test(type)) {
    const text = decoded(bytes);
    if (text === undefined) throw new AppError('malformed-json', 'the body is not UTF-8');
    return { body: text, isBase64Encoded: false };
  }
  const text = textTypes.test(type) ? decoded(bytes) : undefined;
  return text === undefined ? { body: bytes.toString('base64'), isBase64Encoded: true } : { body: text, isBase64Encoded: false };
};
