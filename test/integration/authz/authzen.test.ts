import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthzApi, authzApi } from '../../support/authz-api.ts';

interface Case {
  readonly level: string;
  readonly name: string;
  readonly path: string;
  readonly body: unknown;
  readonly status: number;
  /** The answer holds this. */
  readonly answer?: unknown;
  /** The results hold these. */
  readonly includes?: readonly object[];
  /** The decisions, no more and no fewer. */
  readonly exact?: readonly boolean[];
  readonly headers?: Record<string, string>;
}

const file = join(import.meta.dirname, '..', '..', 'cases', 'authzen', 'certification.json');
const { workspaces, members, roles, policies, assignments, tests } = JSON.parse(readFileSync(file, 'utf8'));

let api: AuthzApi;
beforeAll(async () => {
  api = await authzApi();
  const make = async (path: string, bodies: readonly object[]) => {
    for (const body of bodies) expect((await api.admin('POST', path, body)).status).toBe(201);
  };
  await make(
    '/workspaces',
    workspaces.map((id: string) => ({ id })),
  );
  await make('/members', members);
  await make('/roles', roles);
  await make('/policies', policies);
  await make('/assignments', assignments);
});
afterAll(() => api.close());

describe('the certification scenario', () => {
  test.each(tests as Case[])('$level: $name', async ({ path, body, status, answer, includes, exact, headers = {} }) => {
    const reply = await api.admin('POST', path, body, { headers: { ...headers, 'X-Request-ID': 'mine' } });
    expect([reply.status, reply.headers['x-request-id']]).toEqual([status, 'mine']);
    if (status === 400) {
      expect([reply.headers['content-type'], reply.json.status]).toEqual(['application/problem+json', 400]);
      return;
    }
    expect(reply.headers['content-type']).toBe('application/json');
    if (answer !== undefined) expect(reply.json).toMatchObject(answer as object);
    if (exact !== undefined) expect(reply.json.evaluations.map(({ decision }: { decision: boolean }) => decision)).toEqual(exact);
    if (includes !== undefined) expect(reply.json.results).toEqual(expect.arrayContaining([...includes]));
  });

  test('discovery: the decision point is the address asked, and every endpoint begins with it', async () => {
    for (const path of ['/v1/orgs/acme/.well-known/authzen-configuration', '/.well-known/authzen-configuration/v1/orgs/acme']) {
      const { status, json } = await api.admin('GET', path);
      const point = 'https://api.example.com/v1/orgs/acme';
      expect([status, json]).toEqual([
        200,
        {
          policy_decision_point: point,
          access_evaluation_endpoint: `${point}/access/v1/evaluation`,
          access_evaluations_endpoint: `${point}/access/v1/evaluations`,
          search_subject_endpoint: `${point}/access/v1/search/subject`,
          search_resource_endpoint: `${point}/access/v1/search/resource`,
          search_action_endpoint: `${point}/access/v1/search/action`,
        },
      ]);
    }
  });

  test('every yes of a search is a yes of an evaluation', async () => {
    const resource = { type: 'secrets', id: 'records/record-1' };
    const { json } = await api.admin('POST', '/access/v1/search/subject', {
      subject: { type: 'user' },
      action: { name: 'read' },
      resource,
    });
    const evaluations = json.results.map((subject: object) => ({ subject, action: { name: 'read' }, resource }));
    const { json: evaluated } = await api.admin('POST', '/access/v1/evaluations', { evaluations });
    expect(evaluated.evaluations.length).toBe(json.results.length);
    expect(evaluated.evaluations.every(({ decision }: { decision: boolean }) => decision)).toBe(true);
  });
});

describe('pages of a search', () => {
  const question = { subject: { type: 'user' }, action: { name: 'read' }, resource: { type: 'secrets', id: 'records/record-1' } };
  const search = (body: object, who = api.admin) => who('POST', '/access/v1/search/subject', body);

  test('end with an empty token, hold each result once, and say how many there are', async () => {
    const seen: string[] = [];
    let token = '';
    do {
      const { json } = await search({ ...question, page: { limit: 1, ...(token === '' ? {} : { token }) } });
      expect(json.page).toMatchObject({ count: 1, total: 3 });
      seen.push(...json.results.map(({ id }: { id: string }) => id));
      token = json.page.next_token;
    } while (token !== '');
    expect(seen).toEqual(['ada', 'alice', 'bob']);
  });

  test('refuse a token of another question, of another caller, and one made up', async () => {
    const { json } = await search({ ...question, page: { limit: 1 } });
    const page = { token: json.page.next_token };
    expect((await search({ ...question, action: { name: 'write' }, page })).status).toBe(400);
    expect((await search({ ...question, page: { token: 'made-up' } })).status).toBe(400);
    await api.grant('iris', ['iam:*:read']);
    expect((await search({ ...question, page }, api.as('user:iris'))).status).toBe(400);
  });
});

describe('who may ask', () => {
  const evaluate = (who: string, subject: object, more: object = {}) =>
    api.as(who)('POST', '/access/v1/evaluation', {
      subject,
      action: { name: 'read' },
      resource: { type: 'secrets', id: 'records/record-1' },
      ...more,
    });

  test('anybody about themselves, and about others only who may read access', async () => {
    expect((await evaluate('user:alice', { type: 'user', id: 'alice' })).json.decision).toBe(true);
    expect((await evaluate('user:alice', { type: 'user', id: 'bob' })).status).toBe(403);
    const mixed = { evaluations: [{ subject: { type: 'user', id: 'alice' } }, { subject: { type: 'user', id: 'bob' } }] };
    const defaults = { action: { name: 'read' }, resource: { type: 'secrets', id: 'records/record-1' } };
    expect((await api.as('user:alice')('POST', '/access/v1/evaluations', { ...defaults, ...mixed })).status).toBe(403);
    for (const kind of ['subject', 'resource', 'action']) {
      const body = { subject: { type: 'user', id: 'bob' }, ...defaults };
      expect([kind, (await api.as('user:alice')('POST', `/access/v1/search/${kind}`, body)).status]).toEqual([kind, 403]);
    }
  });

  test('and what one asks for oneself is decided with the request alone: no property or context climbs', async () => {
    const asked = {
      action: { name: 'write' },
      resource: { type: 'secrets', id: 'records/record-2', properties: { environment: 'staging' } },
    };
    const climb = await evaluate(
      'user:alice',
      { type: 'user', id: 'alice', properties: { role: 'admin' } },
      { ...asked, context: { environment: 'staging' } },
    );
    expect([climb.status, climb.json.decision]).toEqual([200, false]);
  });

  test('results hold only workspaces that the caller may read', async () => {
    const body = { subject: { type: 'user', id: 'bob' }, action: { name: 'read' }, resource: { type: 'secrets' } };
    await api.grant('reader', ['iam:*:read', 'workspace:support:read']);
    expect((await api.as('user:reader')('POST', '/access/v1/search/resource', body)).json.results).toEqual([]);
    await api.grant('wide', ['secrets:*:read', 'workspace:support:read']);
    const own = { ...body, subject: { type: 'user', id: 'wide' } };
    expect((await api.as('user:wide')('POST', '/access/v1/search/resource', own)).json.results).toEqual([
      { type: 'secrets', id: 'support' },
    ]);
  });

  test('a subject, a resource or an action that cannot be is a no, never more than was asked for', async () => {
    const hostile: [object, object, object][] = [
      [{ type: 'user', id: 'alice\n' }, { name: 'read' }, { type: 'secrets', id: 'records' }],
      [{ type: 'User', id: 'alice' }, { name: 'read' }, { type: 'secrets', id: 'records' }],
      [{ type: 'user:alice', id: 'x' }, { name: 'read' }, { type: 'secrets', id: 'records' }],
      [{ type: '', id: 'user:alice' }, { name: 'read' }, { type: 'secrets', id: 'records' }],
      [{ type: 'user', id: 'alice' }, { name: '*' }, { type: 'secrets', id: 'records' }],
      [{ type: 'user', id: 'alice' }, { name: 'read' }, { type: '*', id: 'records' }],
      [{ type: 'user', id: 'alice' }, { name: 'read' }, { type: '__proto__', id: 'records' }],
      [{ type: 'user', id: 'alice' }, { name: 'read' }, { type: 'secrets', id: 'records/../records' }],
      [{ type: 'user', id: 'alice' }, { name: 'read' }, { type: 'secrets', id: 'records:read' }],
      [{ type: 'user', id: 'alice' }, { name: 'read' }, { type: 'secrets', id: '' }],
    ];
    for (const [subject, action, resource] of hostile) {
      const { status, json } = await api.admin('POST', '/access/v1/evaluation', { subject, action, resource });
      expect([status, json.decision]).toEqual([200, false]);
    }
  });

  test('a context that makes no sense is refused, not taken for a missing one', async () => {
    for (const context of [
      { ip: 'everywhere' },
      { time: 'now' },
      { time: '2026-13-01T00:00:00Z' },
      { mfa: 'true' },
      { environment: 'moon' },
    ]) {
      expect((await evaluate('user:ada', { type: 'user', id: 'alice' }, { context })).status).toBe(400);
    }
  });

  test('a request id that cannot stand in a header is not echoed', async () => {
    const { headers } = await api.admin('GET', '/.well-known/authzen-configuration', undefined, {
      headers: { 'X-Request-ID': 'a\r\nset-cookie: b' },
    });
    expect(headers['x-request-id']).toMatch(/^request-/);
    const other = await api.admin('GET', '/roles', undefined, { headers: { 'X-Request-ID': 'mine' } });
    expect(other.headers['x-request-id']).toMatch(/^request-/);
  });
});
