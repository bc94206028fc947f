import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { problemOf } from '../../../functions/shared/http/problem.ts';
import { notFound } from '../../../functions/shared/kernel/errors.ts';
import type { App, GatewayResource } from '../../../local/gateway/resources.ts';
import { resourcesOf } from '../../../local/gateway/resources.ts';
import type { Gateway, GatewayOptions } from '../../../local/gateway/start-gateway.ts';
import { echo, eventIn, gatewayWith, rawHttp, rememberingLog, resource } from '../../support/gateway.ts';

const open: Gateway[] = [];
const start = async (resources: readonly GatewayResource[], options: Partial<GatewayOptions> = {}) => {
  const gateway = await gatewayWith(resources, options);
  open.push(gateway);
  const ask = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${gateway.port}${path}`, init);
  return { gateway, ask, port: gateway.port };
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((gateway) => gateway.close()));
});

const credential = { authorization: 'Bearer good' };
const items = resource('/items/{item}', { GET: 'authorized', PUT: 'authorized' });
const note = resource('/note', { GET: 'public', POST: 'public' });
const answering = (result: unknown): App => (async () => result) as never;
const statusLine = (raw: string): string => raw.split('\r\n', 1)[0] ?? '';
/** Answers 405 to what it does not serve, as the services do. */
const onlyGet: App = async (event) =>
  event.httpMethod === 'GET' ? { statusCode: 200, body: 'ok' } : { statusCode: 405, headers: { allow: 'GET' }, body: '' };

const expectCommonHeaders = (headers: Headers): void => {
  expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('cache-control')).toBe('no-store');
};

describe('a request', () => {
  test('reaches its handler as an event, with the credential’s context and the socket’s address', async () => {
    const { ask } = await start([items]);
    const response = await ask('/items/a%2Db?x=1', { headers: { ...credential, 'x-forwarded-for': '203.0.113.9' } });
    const event = await eventIn(response);
    expect(event).toMatchObject({ resource: '/items/{item}', path: '/items/a%2Db', pathParameters: { item: 'a-b' }, httpMethod: 'GET' });
    expect(event).toMatchObject({ queryStringParameters: { x: '1' }, body: null, isBase64Encoded: false });
    expect(event.requestContext.identity.sourceIp).toBe('127.0.0.1');
    expect(event.requestContext.authorizer).toMatchObject({ org: 'acme', principal: 'user:ada', mfa: 'true' });
    expect(response.headers.get('x-request-id')).toBe(event.requestContext.requestId);
    expectCommonHeaders(response.headers);
  });

  test('cannot choose its request id, nor can the handler', async () => {
    const { ask } = await start([
      resource('/', { GET: 'public' }, answering({ statusCode: 200, headers: { 'X-Request-Id': 'mine' }, body: '' })),
    ]);
    const ids = await Promise.all([ask('/', { headers: { 'x-request-id': 'mine' } }), ask('/')]).then((all) =>
      all.map((each) => each.headers.get('x-request-id')),
    );
    expect(new Set(ids).size).toBe(2);
    expect(ids).not.toContain('mine');
  });

  test('of plain curl is answered', async () => {
    const { port } = await start([note]);
    const raw = await rawHttp(port, `GET /note HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: curl/8.14.1\r\nAccept: */*\r\n\r\n`, 300);
    expect(statusLine(raw)).toBe('HTTP/1.1 200 OK');
  });

  test('keeps its connection for the next', async () => {
    const { port } = await start([note]);
    const one = `GET /note HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`;
    const raw = await rawHttp(port, one + one.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    expect(raw.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
  });
});

describe('a path', () => {
  test('that is not there answers 404 in the very bytes of what may not be seen, without asking the authorizer', async () => {
    let asked = 0;
    const authorizer: GatewayOptions['authorizer'] = async () => {
      asked += 1;
      throw new Error('Unauthorized');
    };
    const { ask } = await start([items], { authorizer });
    for (const path of ['/nothing', '/items', '/items/', '/items/a/b', '/items/%2e%2e', '/items/a%2fb']) {
      const response = await ask(path);
      const requestId = response.headers.get('x-request-id') ?? '';
      expect(response.status).toBe(404);
      expect(await response.text()).toBe(problemOf(notFound(), requestId).body);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expectCommonHeaders(response.headers);
    }
    expect(asked).toBe(0);
  });

  test('that leaves the root is not resolved', async () => {
    const { port } = await start([note]);
    const raw = await rawHttp(port, `GET /x/../note HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`);
    expect(statusLine(raw)).toBe('HTTP/1.1 404 Not Found');
  });

  test('with a method that is not there is left to its app, behind the authorizer', async () => {
    const { ask } = await start([resource('/items/{item}', { GET: 'authorized' }, onlyGet)]);
    expect((await ask('/items/a', { method: 'DELETE' })).status).toBe(401);
    const response = await ask('/items/a', { method: 'DELETE', headers: credential });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET');
    expectCommonHeaders(response.headers);
  });

  test('that is public needs no credential for any method', async () => {
    const { ask } = await start([resource('/docs', { GET: 'public' }, onlyGet)]);
    expect((await ask('/docs', { method: 'POST', body: '{}' })).status).toBe(405);
    expect((await ask('/docs', { method: 'OPTIONS' })).status).toBe(405);
  });

  test('of which only some methods are public guards the rest, and every unknown one', async () => {
    const { ask } = await start([resource('/mixed', { GET: 'public', PUT: 'authorized' })]);
    expect((await ask('/mixed')).status).toBe(200);
    expect((await ask('/mixed', { method: 'PUT', body: '{}' })).status).toBe(401);
    expect((await ask('/mixed', { method: 'PATCH', body: '{}' })).status).toBe(401);
  });

  test('answers HEAD with headers alone', async () => {
    const { ask } = await start([resource('/text', { GET: 'public' }, answering({ statusCode: 200, body: 'hello' }))]);
    const response = await ask('/text', { method: 'HEAD' });
    expect(response.headers.get('content-length')).toBe('5');
    expect(await response.text()).toBe('');
  });

  test('that two services claim, or a method there twice, stops the start', async () => {
    await expect(gatewayWith([note, note])).rejects.toThrow('twice');
    const row = { path: '/a', method: 'GET', permission: 'public' } as never;
    expect(() => resourcesOf({ name: 'x', app: echo, routes: [row, row] })).toThrow('twice');
  });
});

describe('resourcesOf', () => {
  test('makes one resource a path, public only where the table writes `public`', () => {
    const routes = [
      { path: '/a', method: 'GET', permission: 'public' },
      { path: '/a', method: 'POST', permission: 'member' },
      { path: '/b', method: 'GET', permission: { resource: 'iam', action: 'read', scope: '*' } },
      { path: '/c', method: 'GET', permission: 'scim' },
    ] as never;
    expect(resourcesOf({ name: 'x', app: echo, routes }).map(({ path, methods }) => [path, methods])).toEqual([
      ['/a', { GET: 'public', POST: 'authorized' }],
      ['/b', { GET: 'authorized' }],
      ['/c', { GET: 'authorized' }],
    ]);
  });
});

describe('a credential that is refused', () => {
  test.each([undefined, 'Bearer wrong-credential', 'Basic good'])('answers 401 as a problem, for %s', async (authorization) => {
    const { lines, log } = rememberingLog();
    const { ask } = await start([items], { log });
    const response = await ask('/items/a', authorization === undefined ? {} : { headers: { authorization } });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.json()).toMatchObject({ type: 'urn:problem:unauthenticated', status: 401, code: 'unauthenticated' });
    expectCommonHeaders(response.headers);
    expect(JSON.stringify(lines)).not.toContain('wrong-credential');
  });

  test('is what an authorizer that never answers leaves behind', async () => {
    const { ask } = await start([items], { authorizer: () => new Promise(() => {}), limits: { integrationMs: 50 } });
    expect((await ask('/items/a', { headers: credential })).status).toBe(401);
  });

  test('has none of its body read', async () => {
    const { port } = await start([items]);
    const head = `PUT /items/a HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n`;
    const startedAt = performance.now();
    const raw = await rawHttp(port, head);
    expect(statusLine(raw)).toBe('HTTP/1.1 401 Unauthorized');
    expect(raw.toLowerCase()).toContain('connection: close');
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });
});

describe('a body', () => {
  const post = (body: string | Uint8Array<ArrayBuffer>, contentType?: string) => ({
    method: 'POST',
    body,
    headers: contentType ? { 'content-type': contentType } : {},
  });

  test('is handed on as text, or as base64 where it is not text', async () => {
    const { ask } = await start([note]);
    expect(await eventIn(await ask('/note', post('{"a":"é"}', 'application/json; charset=utf-8')))).toMatchObject({
      body: '{"a":"é"}',
      isBase64Encoded: false,
    });
    const bytes = Uint8Array.from([0xff, 0, 1]);
    const encoded = { body: '/wAB', isBase64Encoded: true };
    expect(await eventIn(await ask('/note', post(bytes, 'application/octet-stream')))).toMatchObject(encoded);
    expect(await eventIn(await ask('/note', post(bytes, 'text/plain')))).toMatchObject(encoded);
    expect(await eventIn(await ask('/note', post('', 'application/json')))).toMatchObject({ body: null });
  });

  test.each(['application/json', 'application/scim+json', 'application/x-ndjson', undefined])(
    'that is not UTF-8 is malformed where JSON is due (%s)',
    async (type) => {
      const { ask } = await start([note]);
      const response = await ask('/note', post(Uint8Array.from([0x22, 0xc3, 0x28, 0x22]), type));
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ code: 'malformed-json', status: 400 });
    },
  );

  test('comes back byte for byte when the handler answers base64', async () => {
    const body = Buffer.from([0, 255, 128]).toString('base64');
    const app = answering({ statusCode: 200, headers: { 'content-type': 'application/octet-stream' }, body, isBase64Encoded: true });
    const { ask } = await start([resource('/tile', { GET: 'public' }, app)]);
    const response = await ask('/tile');
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 255, 128]);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
  });

  test('of exactly the limit is taken, one byte more is 413', async () => {
    const app = answering({ statusCode: 204 });
    const { ask } = await start([resource('/note', { POST: 'public' }, app)], { limits: { bodyBytes: 1_000 } });
    expect((await ask('/note', post('x'.repeat(1_000)))).status).toBe(204);
    const response = await ask('/note', post('x'.repeat(1_001)));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ code: 'payload-too-large', status: 413 });
    expectCommonHeaders(response.headers);
  });

  test('of 10 MB is taken by default and more is 413, also when its length is not announced', async () => {
    const { ask } = await start([resource('/note', { POST: 'public' }, answering({ statusCode: 204 }))]);
    const tenMegabytes = Buffer.alloc(10 * 1024 * 1024, 'x');
    expect((await ask('/note', post(tenMegabytes, 'text/plain'))).status).toBe(204);
    expect((await ask('/note', post(Buffer.concat([tenMegabytes, Buffer.from('x')]), 'text/plain'))).status).toBe(413);
  });

  test('without end is cut: 413, and the connection closes', async () => {
    const { port } = await start([note], { limits: { bodyBytes: 10_000, lingerMs: 100 } });
    const chunk = `3e8\r\n${'x'.repeat(1_000)}\r\n`;
    const raw = await new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      let got = '';
      socket.write(`POST /note HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nTransfer-Encoding: chunked\r\n\r\n`);
      const timer = setInterval(() => socket.write(chunk.repeat(5)), 5);
      socket.on('data', (data) => {
        got += data;
      });
      socket.on('error', () => {});
      socket.on('close', () => {
        clearInterval(timer);
        resolve(got);
      });
    });
    expect(statusLine(raw)).toBe('HTTP/1.1 413 Payload Too Large');
    expect(raw.toLowerCase()).toContain('connection: close');
  });

  test('is asked for with 100 Continue only once it will be read', async () => {
    const { port } = await start([items, note], { limits: { bodyBytes: 1_000, lingerMs: 50 } });
    const ask = (path: string, length: number, authorization = '') =>
      new Promise<{ status: number | undefined; continued: boolean }>((resolve, reject) => {
        const headers = {
          expect: '100-continue',
          'content-length': length,
          'content-type': 'application/json',
          ...(authorization && { authorization }),
        };
        const sent = httpRequest({ port, host: '127.0.0.1', path, method: path === '/note' ? 'POST' : 'PUT', headers });
        let continued = false;
        sent.on('continue', () => {
          continued = true;
          sent.end('1'.repeat(length));
        });
        sent.on('response', (response) => {
          response.resume();
          resolve({ status: response.statusCode, continued });
          sent.destroy();
        });
        sent.on('error', reject);
        sent.flushHeaders();
      });
    expect(await ask('/note', 10)).toEqual({ status: 200, continued: true });
    expect(await ask('/items/a', 10, 'Bearer good')).toEqual({ status: 200, continued: true });
    expect(await ask('/items/a', 10)).toEqual({ status: 401, continued: false });
    expect(await ask('/note', 1_001)).toEqual({ status: 413, continued: false });
    expect(await ask('/nothing', 10)).toEqual({ status: 404, continued: false });
  });
});

describe('a handler', () => {
  test.each([
    ['throws', async () => Promise.reject(new Error('database password is x'))],
    [
      'throws before it promises anything',
      () => {
        throw new Error('at once');
      },
    ],
    ['answers nothing', answering(undefined)],
    ['answers an object for a body', answering({ statusCode: 200, body: {} })],
    ['answers no status', answering({ body: '' })],
    ['splits a header', answering({ statusCode: 200, headers: { a: 'b\r\nc: d' }, body: '' })],
  ] as [string, App][])('that %s answers 502 as an internal problem that says nothing', async (_, app) => {
    const { lines, log } = rememberingLog();
    const { ask } = await start([resource('/bad', { GET: 'public' }, app)], { log });
    const response = await ask('/bad');
    const body = await response.text();
    expect(response.status).toBe(502);
    expect(JSON.parse(body)).toMatchObject({ code: 'internal', status: 502, type: 'urn:problem:internal' });
    expect(body).not.toContain('password');
    expect(lines).toMatchObject([{ level: 'error', fields: { status: 502, code: 'internal' } }]);
    expectCommonHeaders(response.headers);
  });

  test('that does not answer in time is given up: 504', async () => {
    const { ask } = await start([resource('/slow', { GET: 'public' }, () => new Promise(() => {}))], {
      limits: { integrationMs: 50, drainMs: 50 },
    });
    const response = await ask('/slow');
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ code: 'dependency-timeout' });
  });

  test('may set its own cache-control', async () => {
    const app = answering({ statusCode: 200, headers: { 'Cache-Control': 'max-age=60' }, body: '' });
    const { ask } = await start([resource('/tile', { GET: 'public' }, app)]);
    expect((await ask('/tile')).headers.get('cache-control')).toBe('max-age=60');
  });

  test('is told when the client hangs up', async () => {
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    const { promise: reached, resolve: arrive } = Promise.withResolvers<void>();
    const app: App = async (_, context) => {
      arrive();
      await new Promise<void>((done) => context.signal.addEventListener('abort', () => done()));
      resolve();
      return { statusCode: 204, body: '' };
    };
    const { port } = await start([resource('/wait', { GET: 'public' }, app)]);
    const socket = connect(port, '127.0.0.1', () => socket.write(`GET /wait HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`));
    await reached;
    socket.destroy();
    await aborted;
  });
});

describe('the `Host` header', () => {
  test.each(['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]'])('may be %s with the port', async (name) => {
    const { port } = await start([note]);
    const raw = await rawHttp(port, `GET /note HTTP/1.1\r\nHost: ${name}:${port}\r\nConnection: close\r\n\r\n`);
    expect(statusLine(raw)).toBe('HTTP/1.1 200 OK');
  });

  test.each([
    'Host: attacker.example\r\n',
    'Host: attacker.example:PORT\r\n',
    'Host: 127.0.0.1.attacker.example:PORT\r\n',
    'Host: 127.0.0.1\r\n',
    'Host: 127.0.0.1:1\r\n',
    'Host: user@127.0.0.1:PORT\r\n',
    'Host: 127.0.0.1:PORT\r\nHost: attacker.example\r\n',
    'Host: attacker.example\r\nHost: 127.0.0.1:PORT\r\n',
    'Host:\r\n',
    '',
  ])('%j is refused before anything else, with 400', async (host) => {
    const { port } = await start([note]);
    const raw = await rawHttp(port, `GET /note HTTP/1.1\r\n${host.replace('PORT', String(port))}Connection: close\r\n\r\n`);
    expect(statusLine(raw)).toBe('HTTP/1.1 400 Bad Request');
    expect(raw).toContain('"status":400');
    expect(raw.toLowerCase()).toContain('x-request-id: ');
  });
});

describe('hostile HTTP', () => {
  test.each([
    ['both lengths', 'POST /note HTTP/1.1\r\nHost: H\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
    ['two lengths', 'POST /note HTTP/1.1\r\nHost: H\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd', 400],
    ['a length that is no number', 'POST /note HTTP/1.1\r\nHost: H\r\nContent-Length: -1\r\n\r\n', 400],
    ['a folded header', 'GET /note HTTP/1.1\r\nHost: H\r\nA: b\r\n c\r\n\r\n', 400],
    ['a bare line feed in a header', 'GET /note HTTP/1.1\r\nHost: H\r\nA: b\nX: y\r\n\r\n', 400],
    ['no HTTP at all', '\x16\x03\x01\x02\x00\r\n\r\n', 400],
    ['headers past 10,240 bytes', `GET /note HTTP/1.1\r\nHost: H\r\nA: ${'a'.repeat(11_000)}\r\n\r\n`, 431],
    ['an address past 10,240 bytes', `GET /note?${'a'.repeat(11_000)} HTTP/1.1\r\nHost: H\r\n\r\n`, 431],
  ])('%s is refused as a problem', async (_, text, status) => {
    const { port } = await start([note]);
    const raw = await rawHttp(port, Buffer.from(text.replace('Host: H', `Host: 127.0.0.1:${port}`), 'latin1'));
    expect(statusLine(raw)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(raw).toContain('application/problem+json');
    expect(raw).toContain(`"status":${status}`);
    expect(raw.toLowerCase()).toContain('x-request-id: ');
    expect(raw.toLowerCase()).toContain('cache-control: no-store');
  });

  test('a client that never ends its headers or its body is cut off with 408', async () => {
    const { port } = await start([note], { limits: { headersMs: 300, requestMs: 600 } });
    const [headers, body] = await Promise.all([
      rawHttp(port, `GET /note HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nA: b`),
      rawHttp(port, `POST /note HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 10\r\n\r\nabc`),
    ]);
    expect(statusLine(headers)).toBe('HTTP/1.1 408 Request Timeout');
    expect(statusLine(body)).toBe('HTTP/1.1 408 Request Timeout');
  });

  test('many small headers all arrive', async () => {
    const { port } = await start([note]);
    const many = Array.from({ length: 1_200 }, (_, index) => `a${index}:b\r\n`).join('');
    const raw = await rawHttp(port, `GET /note HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n${many}\r\n`);
    expect(statusLine(raw)).toBe('HTTP/1.1 200 OK');
    expect(raw).toContain('"a1199":"b"');
  });
});

describe('closing', () => {
  test('lets a request under way finish, takes no more, and may be asked twice', async () => {
    const { promise: reached, resolve: arrive } = Promise.withResolvers<void>();
    const app: App = async () => {
      arrive();
      await sleep(100);
      return { statusCode: 200, body: 'done' };
    };
    const gateway = await gatewayWith([resource('/slow', { GET: 'public' }, app)]);
    const answer = fetch(`http://127.0.0.1:${gateway.port}/slow`);
    await reached;
    const closing = Promise.all([gateway.close(), gateway.close()]);
    const response = await answer;
    expect(await response.text()).toBe('done');
    expect(response.headers.get('connection')).toBe('close');
    await closing;
    await expect(fetch(`http://127.0.0.1:${gateway.port}/slow`)).rejects.toThrow();
  });

  test('is bounded: a handler that hangs and a client that says nothing are cut', async () => {
    const gateway = await gatewayWith([resource('/hang', { GET: 'public' }, () => new Promise(() => {}))], { limits: { drainMs: 100 } });
    const hanging = rawHttp(gateway.port, `GET /hang HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\n\r\n`);
    const silent = rawHttp(gateway.port, 'GET /ha');
    await sleep(50);
    const startedAt = performance.now();
    await gateway.close();
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(await Promise.all([hanging, silent])).toEqual(['', '']);
  });
});
