// Every route says which event it writes, or why none; the ones that say so do write it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventTypes } from '../../../functions/audit/domain/event.ts';
import { routes as auditRoutes } from '../../../functions/audit/routes.ts';
import { routes as authzRoutes } from '../../../functions/authz/routes.ts';
import { routes as identityRoutes } from '../../../functions/identity/routes.ts';
import { routes as protectRoutes } from '../../../functions/protect/routes.ts';
import type { Route } from '../../../functions/shared/http/route.ts';
import { routes as vaultRoutes } from '../../../functions/vault/routes.ts';
import { auditSystem } from '../../support/audit-system.ts';

// biome-ignore lint/suspicious/noExplicitAny: tables of services with different dependencies stand side by side
const services: Readonly<Record<string, readonly Route<any>[]>> = {
  authz: authzRoutes,
  identity: identityRoutes,
  vault: vaultRoutes,
  protect: protectRoutes,
  audit: auditRoutes,
};
const rows = Object.entries(services).flatMap(([service, routes]) =>
  routes.map((route) => ({ service, route, name: `${route.method} ${route.path}` })),
);

describe('every route', () => {
  test.each(rows.map(({ name, route, service }) => [service, name, route.event] as const))('%s: %s declares its event', (_, __, event) => {
    if ('type' in event) expect(eventTypes).toContain(event.type);
    else expect(event.none.length).toBeGreaterThan(5);
  });

  test('that puts or deletes something declares one', () => {
    const silent = rows.filter(({ route }) => ['PUT', 'PATCH', 'DELETE'].includes(route.method) && 'none' in route.event);
    expect(silent.map(({ name }) => name)).toEqual([]);
  });
});

/** One call of a route: its template below `/v1/orgs/{org}`, the path, the body, the status. */
type Step = readonly [template: string, path: string, body: unknown, status: number];

const policy = { effect: 'deny', resources: ['tools'], scopes: ['support'], actions: ['read'], roles: ['helper'] };
const protection = {
  name: 'Personal data',
  description: '',
  enabled: true,
  mode: 'enforce',
  workspaces: '*',
  pii: { types: { email: 'redact' } },
};
const helper = { id: 'helper', name: 'Helper', description: '', permissions: ['apps:*:read'] };
const assignment = { id: 'helps', principal: 'group:helpers', role: 'helper', scope: 'support' };
const nextMonth = new Date(Date.now() + 30 * 24 * 60 * 60_000).toISOString();

const steps: readonly Step[] = [
  ['POST /workspaces', '/workspaces', { id: 'lab', name: 'Lab' }, 201],
  ['PATCH /workspaces/{workspace}', '/workspaces/lab', { name: 'Laboratory' }, 200],
  ['POST /roles', '/roles', helper, 201],
  ['PUT /roles/{role}', '/roles/helper', { ...helper, permissions: ['apps:*:read', 'tools:*:read'] }, 200],
  ['POST /policies', '/policies', { id: 'no-tools', name: 'No tools', description: '', ...policy }, 201],
  ['PUT /policies/{policy}', '/policies/no-tools', { id: 'no-tools', name: 'No tools', description: 'here', ...policy }, 200],
  ['POST /assignments', '/assignments', assignment, 201],
  ['DELETE /policies/{policy}', '/policies/no-tools', undefined, 204],
  ['DELETE /assignments/{assignment}', '/assignments/helps', undefined, 204],
  ['DELETE /roles/{role}', '/roles/helper', undefined, 204],
  ['POST /tokens', '/tokens', { name: 'ci', role: 'viewer', scope: 'support', expiresAt: nextMonth }, 201],
  ['DELETE /tokens/{token}', '/tokens/$id', undefined, 204],
  ['POST /members', '/members', { email: 'new@acme.test', name: 'New Person' }, 201],
  ['PATCH /members/{user}', '/members/$id', { status: 'suspended' }, 200],
  ['DELETE /members/{user}', '/members/$id', undefined, 204],
  ['POST /secrets', '/secrets', { name: 'API_KEY', location: { workspace: 'support' }, value: 'a-value-to-keep-9f2' }, 201],
  ['PATCH /secrets/{id}', '/secrets/$id', { description: 'for the model' }, 200],
  ['PUT /secrets/{id}/value', '/secrets/$id/value', { value: 'another-value-to-keep-4c' }, 200],
  ['DELETE /secrets/{id}', '/secrets/$id', undefined, 0],
  ['POST /secrets/{id}/restore', '/secrets/$id/restore', undefined, 0],
  ['POST /protection/policies', '/protection/policies', { id: 'pii', ...protection }, 201],
  [
    'POST /workspaces/{workspace}/protection/scan',
    '/workspaces/support/protection/scan',
    { direction: 'input', text: 'mail me at someone@example.com please' },
    200,
  ],
  ['DELETE /protection/policies/{id}', '/protection/policies/pii', undefined, 204],
  ['POST /protection/deny-lists', '/protection/deny-lists', { id: 'words', name: 'Words', workspaces: '*', entries: [] }, 201],
  ['DELETE /protection/deny-lists/{id}', '/protection/deny-lists/words', undefined, 204],
  ['DELETE /workspaces/{workspace}', '/workspaces/lab', undefined, 204],
  ['GET /audit/events', '/audit/events', undefined, 200],
  ['GET /roles', '/roles', undefined, 200],
  ['GET /secrets', '/secrets', undefined, 200],
  ['GET /members', '/members', undefined, 200],
];

describe('the system', () => {
  let system: Awaited<ReturnType<typeof auditSystem>>;
  beforeAll(async () => {
    system = await auditSystem();
  });
  afterAll(() => system.close());

  test('writes the event that each route declares, whole and without a value of anything secret; routes that declare none write none', async () => {
    let id = '';
    for (const [template, path, body, status] of steps) {
      const [method = '', below = ''] = template.split(' ');
      const row = rows.find(({ route }) => route.method === method && route.path === `/v1/orgs/{org}${below}`);
      expect(row, template).toBeDefined();
      const before = await system.events();
      const reply = await system.call('admin', method, path.replace('$id', id), body);
      expect([template, reply.status]).toEqual([template, status === 0 ? expect.toSatisfy((got: number) => got < 300) : status]);
      if (typeof reply.body?.id === 'string') id = reply.body.id;
      const fresh = [...(await system.events()).values()].filter((event) => !before.has(event.id));
      const declared = row?.route.event;
      if (declared !== undefined && 'type' in declared) {
        expect([template, fresh.map(({ type }) => type)]).toEqual([template, expect.arrayContaining([declared.type])]);
        for (const event of fresh) {
          expect(event).toMatchObject({ org: 'acme', source: { ip: '127.0.0.1' }, service: row?.service, outcome: expect.any(String) });
          expect(event.actor).toMatchObject({ principal: expect.stringMatching(/^token:/), token: expect.any(String) });
          expect(event.details ?? {}, template).not.toHaveProperty('omitted');
        }
      } else {
        expect([template, fresh]).toEqual([template, []]);
      }
    }
    const said = JSON.stringify([...(await system.events()).values()]);
    for (const secret of ['a-value-to-keep', 'another-value-to-keep', 'someone@example.com', 'new@acme.test', 'New Person'])
      expect(said).not.toContain(secret);
  });

  test('records a denial before it answers', async () => {
    const before = await system.events();
    expect((await system.call('viewer', 'GET', '/audit/events')).status).toBe(403);
    const fresh = [...(await system.events()).values()].filter((event) => !before.has(event.id));
    expect(fresh).toMatchObject([
      { type: 'authz.denied', outcome: 'denied', source: { ip: '127.0.0.1' }, details: { route: expect.any(String) } },
    ]);
  });
});
