import { describe, expect, test } from 'vitest';
import { fromResult } from '../../../local/gateway/from-result.ts';

describe('a handler’s answer', () => {
  test('becomes status, headers and body', () => {
    const answer = fromResult({ statusCode: 201, headers: { ETag: '"1"', 'X-Count': 3 }, body: '{"a":1}' });
    expect(answer).toMatchObject({ status: 201, headers: { 'content-type': 'application/json', etag: ['"1"'], 'x-count': ['3'] } });
    expect(Buffer.from(answer?.body ?? []).toString()).toBe('{"a":1}');
  });

  test('keeps several values of a header, each once', () => {
    const answer = fromResult({
      statusCode: 200,
      headers: { link: 'b' },
      multiValueHeaders: { Link: ['a', 'b'], 'set-cookie': ['x', 'y'] },
      body: '',
    });
    expect(answer?.headers).toEqual({ link: ['a', 'b'], 'set-cookie': ['x', 'y'] });
  });

  test('is decoded from base64', () => {
    const bytes = Uint8Array.from([0, 255, 10, 128]);
    const answer = fromResult({ statusCode: 200, body: Buffer.from(bytes).toString('base64'), isBase64Encoded: true });
    expect([...(answer?.body ?? [])]).toEqual([...bytes]);
  });

  test('may leave the body out', () => {
    expect(fromResult({ statusCode: 204 })).toEqual({ status: 204, headers: {}, body: new Uint8Array() });
  });

  test('cannot set what belongs to the connection', () => {
    const answer = fromResult({
      statusCode: 200,
      headers: { Connection: 'close', 'Content-Length': '999', 'Transfer-Encoding': 'chunked' },
      body: 'x',
    });
    expect(answer?.headers).toEqual({ 'content-type': 'application/json' });
  });

  test.each([
    undefined,
    null,
    'text',
    [],
    {},
    { statusCode: '200', body: '' },
    { statusCode: 100, body: '' },
    { statusCode: 600, body: '' },
    { statusCode: 200.5, body: '' },
    { statusCode: 200, body: { a: 1 } },
    { statusCode: 200, body: 1 },
    { statusCode: 200, headers: { a: {} }, body: '' },
    { statusCode: 200, headers: { a: ['b'] }, body: '' },
    { statusCode: 200, headers: { a: 'b\r\nset-cookie: c' }, body: '' },
    { statusCode: 200, headers: { 'a b': 'c' }, body: '' },
    { statusCode: 200, headers: [], body: '' },
    { statusCode: 200, multiValueHeaders: { a: 'b' }, body: '' },
    { statusCode: 200, body: 'not base64!', isBase64Encoded: true },
    { statusCode: 200, body: 'YQ', isBase64Encoded: true },
    { statusCode: 200, body: 'x'.repeat(6 * 1024 * 1024 + 1) },
  ])('of another shape is no answer (%#)', (result) => {
    expect(fromResult(result)).toBeUndefined();
  });
});
