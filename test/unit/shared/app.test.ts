import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type AppKit, createApp, type Denial } from '../../../functions/shared/http/app.ts';
import { routeFor } from '../../../functions/shared/http/route.ts';
import { type Access, created, ok } from '../../../functions/shared/kernel/call.ts';
import { AppError } from '../../../functions/shared/kernel/errors.ts';
import { identifier } from '../../../functions/shared/kernel/ids.ts';
import { type Scope, scopeOf } from '../../../functions/shared/kernel/scope.ts';
import { realWorld } from '../../../functions/shared/kernel/world.ts';
import { jsonLog } from '../../../functions/shared/observability/log.ts';
import { type EventWords, lambdaContext, proxyEvent } from '../../support/events.ts';

interface Shelf {
  readonly ran: string[];
}

const route = routeFor<Shelf>();
const item = z.object({ id: z.string(), note: z.string() });
const none = { none: 'a test' };
const org = '/v1/orgs/{org}';

const routes = [
  route({
    method: 'GET',
    path: '/open',
    summary: '',
    permission: 'public',
    answers: { 200: item },
    event: none,
    run: async () => ok({ id: 'a', note: 'b', hidden: 'value' }),
  }),
  route({
    method: 'GET',
    path: `${org}/apps`,
    summary: '',
    permission: { resource: 'apps', action: 'read', scope: '*' },
    answers: { 200: item },
    event: none,
    run: async () => ok({ id: 'a', note: 'b' }, 3),
  }),
  route({
    method: 'POST',
    path: `${org}/apps`,
    summary: '',
    readOnly: ['version'],
    permission: {
      resource: 'apps',
      action: 'write',
      scope: '{workspace}',
      at: (_, { body }) => ({ scope: scopeOf(body.workspace), item: undefined }),
    },
    body: z.strictObject({ workspace: identifier, note: z.string().max(10), deep: z.object({ 'a/b': z.int() }).optional() }),
    answers: { 201: item },
    event: none,
    run: async ({ ran }, { body }) => {
      ran.push(body.note);
      return created({ id: 'made', note: body.note }, '/there', 1);
    },
  }),
  route({
    method: 'GET',
    path: `${org}/items/{id}`,
    summary: '',
    params: z.object({ id: identifier }),
    permission: {
      resource: 'apps',
      action: 'read',
      scope: '{scope}',
      at: (_, { params }) => (params.id === 'absent' ? undefined : { scope: params.id as Scope, item: params.id }),
    },
    answers: { 200: item },
    event: none,
    run: async (_, { located }) => ok({ id: located, note: '' }),
  }),
  route({
    method: 'POST',
    path: `${org}/fail`,
    summary: '',
    permission: 'member',
    answers: { 204: null },
    event: none,
    run: async () => Promise.reject(new Error('the password is hunter2')),
  }),
  route({
    method: 'DELETE',
    path: `${org}/fail`,
    summary: '',
    permission: 'member',
    answers: { 204: null },
    event: none,
    run: async () => Promise.reject(new AppError('conflict', 'in use')),
  }),
  route({
    method: 'GET',
    path: `${org}/leak`,
    summary: '',
    permission: 'member',
    answers: { 200: z.object({ n: z.int() }) },
    event: none,
    run: async () => ok({ n: 'hunter2' }),
  }),
];

/** Rights by scope: `support` reads and writes apps there, nothing elsewhere. */
const accessTo = (workspaces: readonly string[]): Access => ({
  version: 1,
  decide: (resource, at) => ({
    allowed: resource === 'apps' && (workspaces.includes('*') || workspaces.includes(at)),
    reason: 'test',
    matched: [],
  }),
  reaches: (workspace) => workspaces.includes('*') || workspaces.includes(workspace),
  holdsSomewhere: (resource) => resource === 'apps' && workspaces.length > 0,
});

const setUp = (workspaces: readonly string[] = ['support']) => {
  const denials: Denial[] = [];
  const lines: string[] = [];
  const shelf: Shelf = { ran: [] };
  const kit: AppKit = {
    service: 'test',
    world: realWorld,
    log: jsonLog((line) => lines.push(line)),
    access: async () => accessTo(workspaces),
    recordDenial: async (_, denial) => {
      denials.push(denial);
    },
    idempotency: { begin: async () => Promise.reject(new Error('unused')), keep: async () => undefined },
  };
  const app = createApp(kit, routes, shelf);
  const send = async (words: Omit<EventWords, 'authorizer'> & { authorizer?: EventWords['authorizer'] | null }) => {
    const { authorizer = { org: 'acme', principal: 'user:ada' }, params = { org: 'acme' }, ...rest } = words;
    const result = await app(
      proxyEvent({
        ...rest,
        params: words.resource.includes('{org}') ? { org: 'acme', ...params } : params,
        ...(authorizer === null ? {} : { authorizer }),
      }),
      lambdaContext,
    );
    return { status: result.statusCode, headers: result.headers ?? {}, json: result.body === '' ? undefined : JSON.parse(result.body) };
  };
  return { send, denials, lines, shelf };
};

const resource = `${org}/apps`;

describe('an answer', () => {
  test('holds only what its schema names, with security headers and the request id', async () => {
    const { send } = setUp();
    const { status, json, headers } = await send({ method: 'GET', resource: '/open', authorizer: null });
    expect([status, json]).toEqual([200, { id: 'a', note: 'b' }]);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'x-request-id': expect.stringMatching(/^request-/),
    });
  });
  test('carries the version as ETag', async () => {
    const { send } = setUp(['*']);
    expect((await send({ method: 'GET', resource })).headers).toMatchObject({ etag: '"3"' });
  });
  test('that does not fit its schema is an internal error without the value, also in the log', async () => {
    const { send, lines } = setUp();
    const { status, json } = await send({ method: 'GET', resource: `${org}/leak` });
    expect([status, json.code]).toEqual([500, 'internal']);
    expect(JSON.stringify([json, lines])).not.toContain('hunter2');
  });
  test('to an unexpected error is constant, and the log holds no message of it', async () => {
    const { send, lines } = setUp();
    const { status, json } = await send({ method: 'POST', resource: `${org}/fail` });
    expect(status).toBe(500);
    expect(json).toMatchObject({
      type: 'urn:problem:internal',
      code: 'internal',
      detail: 'something failed on our side; quote the request id',
    });
    expect(JSON.stringify([json, lines])).not.toContain('hunter2');
  });
  test('to a known error names its code and status', async () => {
    const { send } = setUp();
    expect((await send({ method: 'DELETE', resource: `${org}/fail` })).json).toMatchObject({
      status: 409,
      code: 'conflict',
      detail: 'in use',
    });
  });
});

describe('who may', () => {
  test('without an authorizer context nothing runs: 401', async () => {
    expect((await setUp().send({ method: 'GET', resource, authorizer: null })).status).toBe(401);
    expect((await setUp().send({ method: 'GET', resource, authorizer: { org: 'acme' } })).status).toBe(401);
  });
  test('a credential of another organization answers the same bytes as nothing there, on every route and method', async () => {
    const { send, denials } = setUp(['*']);
    const unknown = await send({ method: 'GET', resource: `${org}/items/{id}`, params: { id: 'absent' } });
    for (const [method, path, params] of [
      ['GET', resource, {}],
      ['POST', resource, {}],
      ['GET', `${org}/items/{id}`, { id: 'support' }],
      ['PATCH', resource, {}],
    ] as const) {
      const other = await send({ method, resource: path, params: { org: 'globex', ...params } });
      expect(other.status).toBe(404);
      expect({ ...other.json, requestId: '' }).toEqual({ ...unknown.json, requestId: '' });
    }
    expect(denials.length).toBe(3);
  });
  test('no permission is 403 where the caller holds something in the workspace, 404 where it holds nothing', async () => {
    const { send, denials } = setUp(['support']);
    const forbidden = await send({ method: 'GET', resource });
    expect([forbidden.status, forbidden.json.code]).toEqual([403, 'forbidden']);
    const hidden = await send({ method: 'GET', resource: `${org}/items/{id}`, params: { id: 'research' } });
    const absent = await send({ method: 'GET', resource: `${org}/items/{id}`, params: { id: 'absent' } });
    expect({ ...hidden.json, requestId: '' }).toEqual({ ...absent.json, requestId: '' });
    expect(denials.length).toBe(3);
  });
  test('who holds the permission nowhere is refused before the body is looked at', async () => {
    const { send, shelf } = setUp([]);
    expect((await send({ method: 'POST', resource, body: { nonsense: true } })).status).toBe(403);
    expect(shelf.ran).toEqual([]);
  });
  test('a scope from the body is checked: a workspace out of reach does not exist', async () => {
    const { send, shelf } = setUp(['support']);
    expect((await send({ method: 'POST', resource, body: { workspace: 'support', note: 'x' } })).status).toBe(201);
    expect((await send({ method: 'POST', resource, body: { workspace: 'research', note: 'y' } })).status).toBe(404);
    expect(shelf.ran).toEqual(['x']);
  });
});

describe('a request', () => {
  const post = (body: unknown, headers?: Record<string, string>) =>
    setUp().send({ method: 'POST', resource, body, ...(headers ? { headers } : {}) });
  test('of another method on a known path is 405 with Allow', async () => {
    const { status, headers, json } = await setUp().send({ method: 'PATCH', resource });
    expect([status, headers.allow, json.code]).toEqual([405, 'GET, POST', 'method-not-allowed']);
  });
  test('with a path parameter that is no identifier names nothing', async () => {
    for (const id of ['Support', 'support ', 'suppört', 'support\n', '*', '..']) {
      expect((await setUp(['*']).send({ method: 'GET', resource: `${org}/items/{id}`, params: { id } })).status).toBe(404);
    }
  });
  test('names each fault by a JSON pointer, unknown fields and odd keys included', async () => {
    const { status, json } = await post({ workspace: 'support', note: 'far too long a note', extra: 1, deep: { 'a/b': 'x' } });
    expect(status).toBe(422);
    expect(json.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual(['/deep/a~1b', '/extra', '/note']);
    expect(JSON.stringify(json)).not.toContain('far too long');
  });
  test('may send read-only fields back', async () => {
    expect((await post({ workspace: 'support', note: 'x', version: 9 })).status).toBe(201);
  });
  test.each(['{', '{"workspace":"support","note":"x","__proto__":{"a":1}}', `${'['.repeat(100)}${']'.repeat(100)}`])(
    'whose body is %s is malformed',
    async (body) => {
      const { status, json } = await post(body);
      expect([status, json.code]).toEqual([400, 'malformed-json']);
    },
  );
  test('needs a JSON content type, and a body of at most 1 MiB', async () => {
    expect((await post('{}', { 'Content-Type': 'text/plain' })).status).toBe(415);
    expect((await post(JSON.stringify({ workspace: 'support', note: 'x'.repeat(1_100_000) }))).status).toBe(413);
  });
  test('with a query parameter that the route does not know is refused', async () => {
    expect((await setUp(['*']).send({ method: 'GET', resource, query: { tpye: 'x' } })).json.errors).toEqual([
      { pointer: '/query/tpye', detail: 'this field is not known here' },
    ]);
  });
  test('with a repeated __proto__ parameter is refused like any unknown one', async () => {
    const query = JSON.parse('{"__proto__": ["a", "b"]}');
    expect((await setUp(['*']).send({ method: 'GET', resource, query })).status).toBe(422);
  });
  test('with an If-Match that names no version does not match', async () => {
    expect((await setUp(['*']).send({ method: 'GET', resource, headers: { 'If-Match': 'W/"3"' } })).status).toBe(412);
  });
});

test('a place that reaches into several settings needs the permission in each, before a kept answer is given again', async () => {
  const denied = new Set<string>();
  const begun: string[] = [];
  const each = ['development', 'production'].map((environment) => ({ environment }));
  const wide = route({
    method: 'POST',
    path: `${org}/wide`,
    summary: '',
    permission: { resource: 'apps', action: 'write', scope: '*', at: () => ({ scope: 'support' as Scope, item: undefined, inputs: each }) },
    answers: { 200: item },
    event: none,
    run: async () => ok({ id: 'a', note: '' }),
  });
  const kit: AppKit = {
    service: 'test',
    world: realWorld,
    log: jsonLog(() => undefined),
    access: async () => ({
      ...accessTo(['*']),
      decide: (_resource, _at, _action, inputs) => ({ allowed: !denied.has(inputs?.environment ?? ''), reason: '', matched: [] }),
    }),
    recordDenial: async () => undefined,
    idempotency: {
      begin: async (_call, _route, key) => {
        begun.push(key);
        return { replay: { status: 200, body: { id: 'kept', note: '' } } };
      },
      keep: async () => undefined,
    },
  };
  const app = createApp(kit, [wide], { ran: [] });
  const send = async () => {
    const authorizer = { org: 'acme', principal: 'user:ada' };
    const headers = { 'Idempotency-Key': 'k' };
    return (await app(proxyEvent({ method: 'POST', resource: `${org}/wide`, params: { org: 'acme' }, headers, authorizer }), lambdaContext))
      .statusCode;
  };
  expect([await send(), begun.length]).toEqual([200, 1]);
  denied.add('production');
  expect([await send(), begun.length]).toEqual([403, 1]);
});
