import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { listQuery, pageOf } from '../../../functions/shared/http/list.ts';
import { openapiOf } from '../../../functions/shared/http/openapi.ts';
import type { OpenApiDocument, Operation } from '../../../functions/shared/http/openapi-document.ts';
import { type Route, routeFor } from '../../../functions/shared/http/route.ts';
import { identifier } from '../../../functions/shared/kernel/ids.ts';
import { permissionText } from '../../../functions/shared/kernel/permission.ts';
import { everyFeature } from '../../support/openapi-routes.ts';

const info = { title: 'Made-up services', version: '1.0.0', description: 'For tests.', servers: ['http://127.0.0.1:8787'] };
const document = openapiOf(everyFeature(), info);
const operation = (method: string, path: string, of: OpenApiDocument = document): Operation => {
  const found = of.paths[path]?.[method];
  if (found === undefined) throw new Error(`no ${method} ${path}`);
  return found;
};
const json = (value: { content?: Readonly<Record<string, unknown>> } | undefined) =>
  value?.content?.['application/json'] as { schema: unknown; example?: unknown };
const row = (spec: object): Route<never> =>
  routeFor<never>()({
    method: 'GET',
    path: '/v1/orgs/{org}/x',
    summary: 'x',
    permission: 'member',
    answers: { 204: null },
    event: { none: 'x' },
    run: async () => ({ status: 204 }),
    ...spec,
  } as never);
const only = (spec: object) => openapiOf([{ name: 's', routes: [row(spec)] }], info);

describe('the OpenAPI document', () => {
  test('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    expect(await validator.validate(structuredClone(document) as unknown as Record<string, unknown>)).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
    expect(() => validator.resolveRefs()).not.toThrow();
  });

  test('holds no reference to what it does not hold', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref = '']) => ref);
    expect(refs.length).toBeGreaterThan(20);
    for (const ref of refs) {
      const found = ref
        .slice(2)
        .split('/')
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document);
      expect(ref.startsWith('#/components/') && found !== undefined, ref).toBe(true);
    }
  });

  test('is the same for the same tables, byte for byte', () => {
    expect(JSON.stringify(openapiOf(everyFeature(), info))).toBe(JSON.stringify(document));
  });

  test('names every route once, by service', () => {
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    expect(operations).toHaveLength(everyFeature().flatMap(({ routes }) => routes).length);
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    expect(operation('get', '/v1/orgs/{org}/roles/{role}').operationId).toBe('getRolesByRole');
    expect(operation('get', '/v1/orgs/{org}/roles/{role}').tags).toEqual(['roles']);
    expect(document.tags.map(({ name }) => name)).toEqual(['roles', 'odd']);
  });

  test('refuses a route that is there twice', () => {
    expect(() =>
      openapiOf(
        [
          { name: 'a', routes: [row({})] },
          { name: 'b', routes: [row({})] },
        ],
        info,
      ),
    ).toThrow('twice');
  });

  test('tells apart routes whose ids would be the same', () => {
    const of = openapiOf([{ name: 's', routes: [row({ path: '/a-b' }), row({ path: '/aB' })] }], info);
    expect([operation('get', '/a-b', of).operationId, operation('get', '/aB', of).operationId]).toEqual(['getAB', 'getAB2']);
  });

  test('says which permission each route needs, and which credential', () => {
    expect(document.security).toEqual([{ bearer: [] }]);
    expect(operation('put', '/v1/orgs/{org}/roles/{role}')).toMatchObject({ 'x-permission': 'iam:*:write' });
    expect(operation('put', '/v1/orgs/{org}/roles/{role}')).not.toHaveProperty('security');
    const executions = operation('post', '/v1/orgs/{org}/executions');
    expect(executions['x-permission']).toBe('augmentations:{scope}:execute or endpoints:{scope}:trigger');
    expect(operation('get', '/docs')).toMatchObject({ 'x-permission': 'public', security: [] });
    expect(operation('get', '/scim/v2/{org}/Users')).toMatchObject({ 'x-permission': 'scim', security: [{ scim: [] }] });
    expect(operation('get', '/v1/orgs/{org}/permissions')['x-permission']).toBe('member');
    expect(operation('post', '/v1/orgs/{org}/roles')['x-event']).toBe('admin.role_changed');
  });

  test('lists the problems that each route may answer, and no others', () => {
    const statuses = (method: string, path: string) => Object.keys(operation(method, path).responses);
    expect(statuses('get', '/docs')).toEqual(['200', '422', 'default']);
    expect(statuses('get', '/v1/orgs/{org}/permissions')).toEqual(['200', '401', '404', '422', 'default']);
    expect(statuses('get', '/v1/orgs/{org}/roles/{role}')).toEqual(['200', '401', '403', '404', '422', 'default']);
    expect(statuses('post', '/v1/orgs/{org}/roles')).toEqual(['201', '400', '401', '403', '404', '409', '413', '415', '422', 'default']);
    expect(statuses('delete', '/v1/orgs/{org}/roles/{role}')).toEqual(['204', '401', '403', '404', '409', '412', '422', 'default']);
    expect(document.components.responses.NotFound?.content?.['application/problem+json']?.schema).toEqual({
      $ref: '#/components/schemas/Problem',
    });
    expect(document.components.responses.MethodNotAllowed?.headers).toHaveProperty('Allow');
  });

  test('lists path, query and header parameters', () => {
    const { parameters } = operation('get', '/v1/orgs/{org}/roles');
    expect(parameters.map((each) => ('name' in each ? [each.in, each.name, each.required] : each.$ref))).toEqual([
      ['path', 'org', true],
      ['query', 'limit', false],
      ['query', 'cursor', false],
      ['query', 'principal', false],
      ['query', 'type', true],
    ]);
    expect(parameters[1]).toMatchObject({ schema: { type: 'integer', minimum: 1, maximum: 100, default: 50 } });
    expect(parameters[3]).toMatchObject({ description: 'whose roles', schema: { type: 'string' } });
    expect(operation('post', '/v1/orgs/{org}/roles').parameters).toContainEqual({ $ref: '#/components/parameters/IdempotencyKey' });
    expect(operation('put', '/v1/orgs/{org}/roles/{role}').parameters).toContainEqual({ $ref: '#/components/parameters/IfMatch' });
    expect(operation('get', '/v1/orgs/{org}/log/tile/{path}').parameters[1]).toMatchObject({
      name: 'path',
      description: 'May hold slashes.',
    });
  });

  test('answers with the headers that callers need', () => {
    const headersOf = (method: string, path: string, status: string) => {
      const response = operation(method, path).responses[status];
      return response !== undefined && 'headers' in response ? Object.keys(response.headers ?? {}) : [];
    };
    expect(headersOf('post', '/v1/orgs/{org}/roles', '201')).toEqual(['X-Request-Id', 'Location', 'ETag']);
    expect(headersOf('delete', '/v1/orgs/{org}/roles/{role}', '204')).toEqual(['X-Request-Id']);
    expect(headersOf('get', '/v1/orgs/{org}/permissions', '200')).toEqual(['X-Request-Id']);
  });

  test('takes bodies as they may be sent and shows answers as they leave', () => {
    const { requestBody, responses } = operation('put', '/v1/orgs/{org}/roles/{role}');
    expect(json(requestBody).schema).toMatchObject({
      required: ['name', 'permissions'],
      additionalProperties: false,
      properties: { id: { readOnly: true }, version: { readOnly: true }, description: { default: '' } },
    });
    const answer = responses['200'] as { content: Record<string, unknown> };
    expect(json(answer).schema).toMatchObject({ required: expect.arrayContaining(['description', 'version']) });
  });

  test('keeps media types other than JSON', () => {
    const stream = operation('post', '/v1/orgs/{org}/scan-stream');
    expect(Object.keys(stream.requestBody?.content ?? {})).toEqual(['application/x-ndjson']);
    expect(stream.responses['200']).toMatchObject({ content: { 'application/x-ndjson': { schema: { type: 'string' } } } });
    expect(stream.responses).not.toHaveProperty('400');
  });
});

describe('schemas', () => {
  test('with a name stand once, whoever uses them', () => {
    const components = Object.keys(document.components.schemas);
    expect(components).toEqual(['Problem', 'Condition', 'Shared']);
    expect(JSON.stringify(document.paths)).toContain('#/components/schemas/Condition');
  });

  test('of the same name and another shape are told apart', () => {
    const one = z.object({ a: z.string().default('') }).meta({ id: 'Twin' });
    const of = only({ method: 'POST', body: z.object({ it: one }), answers: { 200: z.object({ it: one }) } });
    expect(Object.keys(of.components.schemas)).toEqual(['Problem', 'Twin', 'TwinOutput']);
    expect(of.components.schemas.Twin).not.toHaveProperty('required');
    expect(of.components.schemas.TwinOutput).toHaveProperty('required', ['a']);
  });

  test('that hold themselves become components', async () => {
    interface Tree {
      kids: Tree[];
    }
    const tree: z.ZodType<Tree> = z.object({
      get kids() {
        return z.array(tree);
      },
    });
    const of = only({ answers: { 200: tree } });
    expect(of.components.schemas.getXAnswer).toMatchObject({
      properties: { kids: { items: { $ref: '#/components/schemas/getXAnswer' } } },
    });
    expect(await new Validator().validate(of as unknown as Record<string, unknown>)).toEqual({ valid: true });
  });

  test('that JSON Schema cannot say are left open, and crash nothing', async () => {
    const odd = z.object({
      transformed: z.string().transform((text) => text.length),
      piped: z.string().transform(Number).pipe(z.number().min(1)),
      date: z.date(),
      big: z.bigint().optional(),
      map: z.map(z.string(), z.string()).optional(),
      custom: z.custom<string>(() => true).optional(),
      preprocessed: z.preprocess((value) => value, z.string()),
      refined: z.string().superRefine(() => {}),
      never: z.undefined(),
    });
    const of = only({ method: 'POST', body: odd, answers: { 200: odd } });
    expect(await new Validator().validate(structuredClone(of) as unknown as Record<string, unknown>)).toEqual({ valid: true });
    const input = json(operation('post', '/v1/orgs/{org}/x', of).requestBody).schema as { properties: Record<string, unknown> };
    const answer = operation('post', '/v1/orgs/{org}/x', of).responses['200'] as { content: Record<string, unknown> };
    const output = json(answer).schema as { properties: Record<string, unknown> };
    expect(input.properties).toMatchObject({
      transformed: { type: 'string' },
      piped: { type: 'string' },
      date: { type: 'string', format: 'date-time' },
    });
    expect(output.properties).toMatchObject({
      transformed: {},
      piped: { type: 'number', minimum: 1 },
      big: {},
      refined: { type: 'string' },
    });
    expect(output.properties.transformed).toEqual({});
  });
});

describe('examples', () => {
  const examples = (of: OpenApiDocument) =>
    Object.values(of.paths).flatMap((path) => Object.values(path).map((each) => [each, json(each.requestBody)?.example] as const));

  test('of bodies are what the route itself takes', () => {
    const routes = everyFeature().flatMap((service) => service.routes);
    let shown = 0;
    for (const [{ summary }, example] of examples(document)) {
      if (example === undefined) continue;
      shown += 1;
      const route = routes.find((each) => each.summary === summary);
      expect(route?.body.safeParse(example).success, summary).toBe(true);
    }
    expect(shown).toBeGreaterThanOrEqual(3);
  });

  test('use the words of the contract', () => {
    const body = json(operation('post', '/v1/orgs/{org}/roles').requestBody);
    expect(body.example).toMatchObject({ id: 'example', name: 'example', permissions: ['apps:support:read'] });
  });

  test('hold nothing that looks like a secret', () => {
    const shown: string[] = [];
    JSON.stringify(document, (key, value: unknown) => {
      if (key === 'example') shown.push(JSON.stringify(value));
      return value;
    });
    expect(shown.join()).toContain('<the secret value>');
    expect(shown.join()).toContain('<shown once>');
    expect(shown.join()).not.toMatch(/mm_[a-z2-7]{16}_|AKIA|-----BEGIN|[A-Za-z0-9+/]{32}/);
  });

  test('are left out where none can be made', () => {
    const body = z.object({ it: z.string().refine(() => false) });
    expect(json(operation('post', '/v1/orgs/{org}/x', only({ method: 'POST', body })).requestBody)).not.toHaveProperty('example');
    const asynchronous = z.object({ it: z.string().refine(async () => true) });
    expect(json(operation('post', '/v1/orgs/{org}/x', only({ method: 'POST', body: asynchronous })).requestBody)).not.toHaveProperty(
      'example',
    );
  });
});

test('lists and identifiers of the kernel come out as the contract says', () => {
  const of = only({
    query: listQuery,
    params: z.object({ role: identifier }),
    path: '/v1/orgs/{org}/r/{role}',
    answers: { 200: pageOf(permissionText) },
  });
  const { parameters, responses } = operation('get', '/v1/orgs/{org}/r/{role}', of);
  expect(parameters[1]).toMatchObject({ name: 'role', schema: { type: 'string', pattern: '^[a-z0-9][a-z0-9_-]{0,62}$' } });
  expect(json(responses['200'] as { content: Record<string, unknown> }).schema).toMatchObject({
    properties: { items: { type: 'array' }, nextCursor: {} },
  });
});
