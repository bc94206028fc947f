// What API Gateway makes of a handler's answer: status, headers, body; an answer of another shape is an internal error.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-output-format
import { validateHeaderName, validateHeaderValue } from 'node:http';

/** An answer ready for the wire; header names are lower case. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Uint8Array;
}

/** What a function may answer at once. */
const maxAnswerBytes = 6 * 1024 * 1024;

/** Headers that the gateway makes itself, whatever the handler says. */
const ownHeaders = new Set([
  'connection',
  'content-length',
  'date',
  'host',
  'keep-alive',
  'server',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
]);

type Scalar = string | number | boolean;
const isScalar = (value: unknown): value is Scalar => ['string', 'number', 'boolean'].includes(typeof value);
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const isBase64 = (text: string): boolean => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);

/** @returns undefined where a header is malformed */
const headersOf = (single: unknown, multi: unknown): Record<string, string[]> | undefined => {
  if (!isRecord(single) || !isRecord(multi)) return undefined;
  const merged = new Map<string, string[]>();
  const add = (name: string, values: readonly unknown[]): boolean => {
    if (!values.every(isScalar)) return false;
    const key = name.toLowerCase();
    const texts = values.map(String);
    validateHeaderName(key);
    for (const text of texts) validateHeaderValue(key, text);
    if (!ownHeaders.has(key)) merged.set(key, [...new Set([...(merged.get(key) ?? []), ...texts])]);
    return true;
  };
  try {
    for (const [name, values] of Object.entries(multi)) if (!Array.isArray(values) || !add(name, values)) return undefined;
    for (const [name, value] of Object.entries(single)) if (!add(name, [value])) return undefined;
  } catch {
    return undefined;
  }
  return Object.fromEntries(merged);
};

const bodyOf = (body: unknown, isBase64Encoded: unknown): Uint8Array | undefined => {
  if (body === undefined || body === null) return new Uint8Array();
  if (typeof body !== 'string' || (isBase64Encoded === true && !isBase64(body))) return undefined;
  if (Buffer.byteLength(body) > maxAnswerBytes) return undefined;
  return Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8');
};

/** @returns undefined for what is no proxy result: API Gateway answers 502 then */
export const fromResult = (result: unknown): HttpAnswer | undefined => {
  if (!isRecord(result)) return undefined;
  const { statusCode: status, isBase64Encoded } = result;
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) return undefined;
  const headers = headersOf(result.headers ?? {}, result.multiValueHeaders ?? {});
  const body = bodyOf(result.body, isBase64Encoded);
  if (headers === undefined || body === undefined) return undefined;
  return { status, headers: body.length > 0 ? { 'content-type': 'application/json', ...headers } : headers, body };
};
