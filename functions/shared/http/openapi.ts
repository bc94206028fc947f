// The OpenAPI 3.1 document of all services, made from their route tables.
// https://spec.openapis.org/oas/v3.1.0
import * as z from 'zod';
import { orgId } from '../kernel/ids.ts';
import type { OpenApiDocument, Operation, Parameter, Reference, Response } from './openapi-document.ts';
import { exampleOf } from './openapi-examples.ts';
import { isJson, problemResponses, problemSchema, problemStatuses } from './openapi-problems.ts';
import { type JsonSchema, type SchemaCollector, schemaCollector } from './openapi-schemas.ts';
import type { Method, Route } from './route.ts';

export interface ApiService {
  readonly name: string;
  readonly description?: string;
  readonly routes: readonly Route<never>[];
}

interface ApiInfo {
  readonly title: string;
  readonly version: string;
  readonly description?: string;
  /** Base addresses; the document's own without any. */
  readonly servers?: readonly string[];
}

const parameters: Record<string, Parameter> = {
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    required: false,
    description: 'The `ETag` of the version that you mean to change; any version without it.',
    schema: { type: 'string' },
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description: 'Makes the request safe to repeat for 24 hours. The same key with another body is a conflict.',
    schema: { type: 'string', minLength: 1 },
  },
};

const headers = {
  RequestId: { description: 'Names this request in logs and audit records.', schema: { type: 'string' } },
  ETag: { description: 'The version of the item, for `If-Match`.', schema: { type: 'string' } },
  Location: { description: 'The path of what was made.', schema: { type: 'string' } },
};

const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer', description: 'A Cognito access token, or an API token (`mm_…`).' },
  scim: { type: 'http', scheme: 'bearer', description: 'A provisioning token of a connection.' },
};

const refTo = (kind: string, name: string): Reference => ({ $ref: `#/components/${kind}/${name}` });

const pascal = (text: string): string =>
  text
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

/** `GET /v1/orgs/{org}/roles/{role}` → `getRolesByRole`. */
const operationIdOf = ({ method, path }: Route<never>): string => {
  const own = path
    .replace(/^\/v1\/orgs\/\{org\}(?=\/|$)/, '')
    .split('/')
    .filter((part) => part !== '');
  const words = own.map((part) => (part.startsWith('{') ? `By${pascal(part)}` : pascal(part)));
  return `${method.toLowerCase()}${words.join('') || 'Root'}`;
};

const permissionOf = ({ permission }: Route<never>): string => {
  if (typeof permission === 'string') return permission;
  const { resource, action, scope, or = [] } = permission;
  return [{ resource, action }, ...or].map((each) => `${each.resource}:${scope}:${each.action}`).join(' or ');
};

const notesOf = ({ permission, readOnly, oneTime, maxBodyBytes }: Route<never>): string | undefined => {
  const quoted = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
  const notes = [
    typeof permission === 'object' && permission.anywhere === true ? 'Answers with what the caller may see, item by item.' : '',
    readOnly !== undefined && readOnly.length > 0 ? `May be sent back and are ignored: ${quoted(readOnly)}.` : '',
    oneTime !== undefined && oneTime.length > 0 ? `Shown this once and never again: ${quoted(oneTime)}.` : '',
    maxBodyBytes === undefined ? '' : `Takes a body of up to ${maxBodyBytes} bytes.`,
  ];
  return notes.filter((note) => note !== '').join(' ') || undefined;
};

const propertiesOf = (schema: JsonSchema): Record<string, JsonSchema> => (schema.properties ?? {}) as Record<string, JsonSchema>;

const pathParameters = (route: Route<never>, schemas: SchemaCollector, id: string): Parameter[] => {
  const own = route.params === undefined ? {} : propertiesOf(schemas.add(route.params, 'input', `${id}Path`));
  const org = schemas.add(orgId, 'input', 'OrgId');
  return [...route.path.matchAll(/\{([^}+]+)(\+?)\}/g)].map(([, name = '', greedy]): Parameter => {
    const description = greedy === '+' ? { description: 'May hold slashes.' } : {};
    return { name, in: 'path', required: true, ...description, schema: own[name] ?? (name === 'org' ? org : { type: 'string' }) };
  });
};

const queryParameters = (route: Route<never>, schemas: SchemaCollector, id: string): Parameter[] => {
  if (route.query === undefined) return [];
  const schema = schemas.add(route.query, 'input', `${id}Query`);
  const required = new Set((schema.required as readonly string[] | undefined) ?? []);
  return Object.entries(propertiesOf(schema)).map(([name, { description, ...rest }]) => ({
    name,
    in: 'query',
    required: required.has(name),
    ...(typeof description === 'string' ? { description } : {}),
    schema: rest,
  }));
};

const headerParameters = (method: Method): Reference[] => {
  if (method === 'POST') return [refTo('parameters', 'IdempotencyKey')];
  return method === 'GET' ? [] : [refTo('parameters', 'IfMatch')];
};

const requestBody = (route: Route<never>, schemas: SchemaCollector, id: string): Operation['requestBody'] | undefined => {
  if (route.body === undefined) return undefined;
  const accepts = route.accepts ?? 'application/json';
  if (!isJson(accepts)) return { required: true, content: { [accepts]: { schema: { type: 'string' } } } };
  const made = schemas.add(route.body, 'input', `${id}Body`);
  const example = exampleOf(made, route.body, 'input', schemas.components);
  return {
    required: true,
    content: { [accepts]: { schema: withReadOnly(made, route.readOnly ?? []), ...(example === undefined ? {} : { example }) } },
  };
};

/** A closed object that yet takes, and ignores, the fields of its own answer. */
const withReadOnly = (schema: JsonSchema, names: readonly string[]): JsonSchema => {
  if (names.length === 0 || schema.type !== 'object') return schema;
  const ignored = Object.fromEntries(names.map((name) => [name, { readOnly: true, description: 'ignored' }]));
  return { ...schema, properties: { ...ignored, ...propertiesOf(schema) } };
};

const successTexts: Readonly<Record<number, string>> = {
  200: 'Done.',
  201: 'Made.',
  202: 'Taken on.',
  204: 'Done; there is nothing to say.',
};

const successResponse = (status: number, route: Route<never>, schemas: SchemaCollector, id: string): Response => {
  const answer = route.answers[status];
  const common = { 'X-Request-Id': refTo('headers', 'RequestId'), ...(status === 201 ? { Location: refTo('headers', 'Location') } : {}) };
  const description = successTexts[status] ?? 'Done.';
  if (answer === null || answer === undefined) return { description, headers: common };
  if (!(answer instanceof z.ZodType))
    return { description, headers: common, content: { [answer.contentType]: { schema: { type: 'string' } } } };
  const schema = schemas.add(answer, 'output', `${id}Answer`);
  const example = exampleOf(schema, answer, 'output', schemas.components);
  const isItem = Object.hasOwn(propertiesOf(schema), 'version');
  return {
    description,
    headers: { ...common, ...(isItem ? { ETag: refTo('headers', 'ETag') } : {}) },
    content: { 'application/json': { schema, ...(example === undefined ? {} : { example }) } },
  };
};

const operationOf = (service: ApiService, route: Route<never>, id: string, schemas: SchemaCollector): Operation => {
  const description = notesOf(route);
  const body = requestBody(route, schemas, id);
  const statuses = Object.keys(route.answers).map(Number);
  const success = statuses.map((status) => [
    String(status),
    successResponse(status, route, schemas, statuses.length > 1 ? `${id}${status}` : id),
  ]);
  const problems = problemStatuses(route).map(([status, name]) => [status, refTo('responses', name)]);
  return {
    operationId: id,
    summary: route.summary,
    ...(description === undefined ? {} : { description }),
    tags: [service.name],
    'x-permission': permissionOf(route),
    ...('type' in route.event ? { 'x-event': route.event.type } : {}),
    ...(route.permission === 'public' ? { security: [] } : route.permission === 'scim' ? { security: [{ scim: [] }] } : {}),
    parameters: [...pathParameters(route, schemas, id), ...queryParameters(route, schemas, id), ...headerParameters(route.method)],
    ...(body === undefined ? {} : { requestBody: body }),
    responses: Object.fromEntries([...success, ...problems]),
  };
};

/**
 * Pure: the same tables give the same document, in the tables' order.
 * @throws Error when two routes share method and path
 */
export const openapiOf = (services: readonly ApiService[], info: ApiInfo): OpenApiDocument => {
  const schemas = schemaCollector();
  schemas.components.Problem = schemas.add(problemSchema, 'output', 'Problem');
  const paths: Record<string, Record<string, Operation>> = {};
  const ids = new Set<string>();
  for (const service of services) {
    for (const route of service.routes) {
      const path = route.path.replaceAll('+}', '}');
      const method = route.method.toLowerCase();
      const atPath = paths[path] ?? {};
      if (atPath[method] !== undefined) throw new Error(`\`${route.method} ${route.path}\` is there twice`);
      const wanted = operationIdOf(route);
      let id = wanted;
      for (let number = 2; ids.has(id); number += 1) id = `${wanted}${number}`;
      ids.add(id);
      paths[path] = { ...atPath, [method]: operationOf(service, route, id, schemas) };
    }
  }
  const { servers, ...said } = info;
  return {
    openapi: '3.1.0',
    info: said,
    ...(servers === undefined ? {} : { servers: servers.map((url) => ({ url })) }),
    tags: services.map(({ name, description }) => ({ name, ...(description === undefined ? {} : { description }) })),
    security: [{ bearer: [] }],
    paths,
    components: { schemas: schemas.components, parameters, headers, responses: problemResponses, securitySchemes },
  };
};
