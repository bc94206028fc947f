// Two made-up services whose routes use every feature of a route table.
import * as z from 'zod';
import { listQuery, pageOf } from '../../functions/shared/http/list.ts';
import type { ApiService } from '../../functions/shared/http/openapi.ts';
import { routeFor } from '../../functions/shared/http/route.ts';
import { identifier } from '../../functions/shared/kernel/ids.ts';
import { permissionText } from '../../functions/shared/kernel/permission.ts';
import { principal } from '../../functions/shared/kernel/principal.ts';

const route = routeFor<Record<never, never>>();
const run = async () => ({ status: 200 });
const none = { none: 'reads' };
const roleChanged = { type: 'admin.role_changed' };

const condition = z.strictObject({ ip: z.array(z.cidrv4()).optional(), mfa: z.literal(true).optional() }).meta({ id: 'Condition' });
const roleBody = z.strictObject({
  name: z.string().min(1).max(100),
  description: z.string().max(1_000).default(''),
  permissions: z.array(permissionText).max(200),
  unless: condition.optional(),
});
const role = z.object({
  id: identifier,
  name: z.string(),
  description: z.string(),
  permissions: z.array(permissionText),
  unless: condition.optional(),
  builtIn: z.boolean(),
  version: z.int().min(1),
});
const one = z.object({ role: identifier });
const reads = { resource: 'iam', action: 'read', scope: '*' } as const;
const writes = { resource: 'iam', action: 'write', scope: '*' } as const;
const roles = '/v1/orgs/{org}/roles';

const roleRoutes = [
  route({
    method: 'GET',
    path: '/v1/orgs/{org}/permissions',
    summary: 'The catalogue',
    permission: 'member',
    answers: { 200: z.record(z.string(), z.array(z.string())) },
    event: none,
    run,
  }),
  route({
    method: 'GET',
    path: roles,
    summary: 'Roles',
    permission: { ...reads, anywhere: true },
    query: listQuery.extend({ principal: principal.optional().describe('whose roles'), type: z.union([z.string(), z.array(z.string())]) }),
    answers: { 200: pageOf(role) },
    event: none,
    run,
  }),
  route({
    method: 'POST',
    path: roles,
    summary: 'Make a role',
    permission: writes,
    body: roleBody.extend({ id: identifier.optional() }),
    answers: { 201: role },
    event: roleChanged,
    run,
  }),
  route({
    method: 'GET',
    path: `${roles}/{role}`,
    summary: 'A role',
    permission: reads,
    params: one,
    answers: { 200: role },
    event: none,
    run,
  }),
  route({
    method: 'PUT',
    path: `${roles}/{role}`,
    summary: 'Replace a role',
    permission: writes,
    params: one,
    body: roleBody,
    readOnly: ['id', 'builtIn', 'version'],
    answers: { 200: role },
    event: roleChanged,
    run,
  }),
  route({
    method: 'DELETE',
    path: `${roles}/{role}`,
    summary: 'Remove a role',
    permission: writes,
    params: one,
    query: z.strictObject({ cascade: z.stringbool().optional() }),
    answers: { 204: null },
    event: roleChanged,
    run,
  }),
  route({
    method: 'POST',
    path: '/v1/orgs/{org}/tokens',
    summary: 'Make a token <b>once</b>',
    permission: writes,
    body: z.strictObject({ name: z.string(), expiresAt: z.iso.datetime() }),
    oneTime: ['token'],
    answers: { 201: z.object({ id: z.string(), token: z.string(), expiresAt: z.iso.datetime() }) },
    event: { type: 'auth.token_created' },
    run,
  }),
];

const detail = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('count'), count: z.int() }),
  z.object({ kind: z.literal('more'), more: z.json(), pair: z.tuple([z.string(), z.int()]) }),
]);

const oddRoutes = [
  route({
    method: 'POST',
    path: '/v1/orgs/{org}/executions',
    summary: 'Begin an execution',
    permission: { resource: 'augmentations', action: 'execute', scope: '{scope}', or: [{ resource: 'endpoints', action: 'trigger' }] },
    body: z.strictObject({ workspace: identifier, value: z.string().max(65_536), day: z.date().nullable().optional() }),
    maxBodyBytes: 5 * 1024 * 1024,
    answers: { 200: z.object({ ticket: z.string() }).readonly(), 202: detail },
    event: { type: 'resource.created' },
    run,
  }),
  route({
    method: 'POST',
    path: '/v1/orgs/{org}/scan-stream',
    summary: 'Scan a stream',
    permission: { resource: 'protection', action: 'execute', scope: '{workspace}' },
    query: z.strictObject({ direction: z.enum(['input', 'output']).default('input') }),
    accepts: 'application/x-ndjson',
    body: z.string(),
    answers: { 200: { contentType: 'application/x-ndjson' } },
    event: none,
    run,
  }),
  route({
    method: 'PATCH',
    path: '/v1/orgs/{org}/things/{thing}',
    summary: 'Change a thing',
    permission: 'member',
    params: z.object({ thing: identifier }),
    body: z.strictObject({ changes: z.array(detail), anything: z.record(z.string(), z.json()) }),
    answers: { 200: z.object({ at: z.date(), version: z.int() }) },
    event: { type: 'resource.updated' },
    run,
  }),
  route({
    method: 'GET',
    path: '/v1/orgs/{org}/log/tile/{path+}',
    summary: 'A tile',
    permission: { resource: 'audit', action: 'read', scope: '*' },
    params: z.object({ path: z.string() }),
    answers: { 200: { contentType: 'application/octet-stream' } },
    event: none,
    run,
  }),
  route({
    method: 'GET',
    path: '/scim/v2/{org}/Users',
    summary: 'Users',
    permission: 'scim',
    answers: { 200: z.object({ schemas: z.array(z.string()) }) },
    event: none,
    run,
  }),
  route({
    method: 'GET',
    path: '/docs',
    summary: 'This page',
    permission: 'public',
    answers: { 200: { contentType: 'text/html; charset=utf-8' } },
    event: none,
    run,
  }),
  route({
    method: 'GET',
    path: '/',
    summary: 'Where to go',
    permission: 'public',
    answers: { 200: z.object({ docs: z.string() }) },
    event: none,
    run,
  }),
];

/** Made afresh by each call. */
export const everyFeature = (): ApiService[] => [
  { name: 'roles', description: 'Who may do what.', routes: [...roleRoutes] },
  { name: 'odd', routes: [...oddRoutes] },
];
