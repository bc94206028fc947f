import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileGrants, compileRole } from '../../../functions/authz/domain/compile-grants.ts';
import { firstUncovered } from '../../../functions/authz/domain/covers-grants.ts';
import type { StoredPolicy } from '../../../functions/authz/ports.ts';
import { listPage } from '../../../functions/authz/use-cases/list-page.ts';
import { changesOfPolicy } from '../../../functions/authz/use-cases/policies.ts';
import type { Cursors } from '../../../functions/shared/http/cursor.ts';
import { everywhere } from '../../../functions/shared/kernel/scope.ts';
import { type AuthzApi, authzApi } from '../../support/authz-api.ts';

let api: AuthzApi;
beforeAll(async () => {
  api = await authzApi();
});
afterAll(() => api.close());

const count = (length: number, text: (index: number) => string) => Array.from({ length }, (_, index) => text(index));
const resources = ['iam', 'apps', 'secrets', 'models', 'tools', 'sso', 'protection', 'endpoints', 'augmentations', 'workspace', 'audit'];
const attributes = (names: number, values: number, value = (index: number) => `v${index}`) =>
  Object.fromEntries(count(names, (index) => `a${index}`).map((name) => [name, count(values, value)]));
const fat = {
  effect: 'allow',
  resources: resources.slice(0, 10),
  scopes: count(50, (index) => `support/a${index}`),
  actions: ['read', 'write'],
  conditions: { attributes: attributes(20, 50) },
};

describe('a policy', () => {
  test('stands for at most 1,000 permissions', async () => {
    const refused = await api.admin('POST', '/policies', { ...fat, resources });
    expect([refused.status, refused.json.errors]).toEqual([
      422,
      [{ pointer: '/scopes', detail: 'a policy stands for at most 1000 permissions: resources times scopes times actions' }],
    ]);
  });

  test('has at most 100,000 bytes', async () => {
    const conditions = { attributes: attributes(15, 100, (index) => `${index}${'x'.repeat(190)}`) };
    const refused = await api.admin('POST', '/policies', { ...fat, resources: ['iam'], conditions });
    expect([refused.status, refused.json.errors]).toEqual([422, [{ pointer: '/', detail: 'a policy has at most 100000 bytes as JSON' }]]);
  });

  test('attaches to no role whose policies would stand for more than 10,000 permissions', async () => {
    await api.admin('POST', '/roles', { id: 'heap', permissions: [] });
    const { conditions: _, ...plain } = fat;
    for (let index = 0; index < 10; index += 1) {
      expect((await api.admin('POST', '/policies', { ...plain, id: `heap-${index}`, roles: ['heap'] })).status).toBe(201);
    }
    const one = { ...plain, resources: ['apps'], scopes: ['*'], actions: ['read'], roles: ['heap'] };
    expect((await api.admin('POST', '/policies', one)).json.errors[0].pointer).toBe('/roles/0');
    expect((await api.admin('PUT', '/policies/heap-0', { ...one, name: 'less' })).status).toBe(200);
  }, 30_000);

  test('of many conditions does not make what somebody holds too large to answer', async () => {
    const { role } = await api.grant('gil', []);
    const conditions = { attributes: attributes(4, 100, (index) => `${index}${'x'.repeat(190)}`) };
    await api.admin('POST', '/policies', { ...fat, resources: ['iam'], conditions, roles: [role] });
    const { status, json, text } = await api.admin('GET', '/authz/effective?principal=user:gil');
    expect([status, json.truncated, json.grants.length > 10]).toEqual([200, true, true]);
    expect(text.length).toBeLessThan(4_100_000);
    expect((await api.admin('GET', '/authz/effective')).json).not.toHaveProperty('truncated');
  });

  test('is weighed once for each permission, however many roles it is attached to, and its conditions compared once', () => {
    const roles = count(100, (index) => `r${index}`);
    const policy = { id: 'fat', name: 'fat', description: '', ...fat, roles, version: 1 } as unknown as StoredPolicy;
    const changes = changesOfPolicy(undefined, policy, 0);
    expect(changes).toHaveLength(1_000);
    expect(changesOfPolicy(policy, { ...policy, roles: roles.slice(1) }, 0)).toHaveLength(1_000);
    expect(changesOfPolicy(policy, { ...policy, name: 'other' }, 0)).toEqual([]);
    expect(changesOfPolicy(policy, { ...policy, scopes: policy.scopes.slice(1) }, 0)).toHaveLength(20);
    const own = compileRole({ id: 'own', permissions: [] }, [{ ...policy, roles: ['own'] }]);
    const grants = compileGrants([{ role: own, assignment: 'a', scope: everywhere, expiresAtMs: Number.POSITIVE_INFINITY }]);
    const has = Object.fromEntries(count(20, (index) => `a${index}`).map((name) => [name, 'v7']));
    let read = 0;
    const watched = new Proxy(policy.conditions ?? {}, {
      get: (target, key) => {
        read += 1;
        return Reflect.get(target, key);
      },
    });
    const given = changes.map((change) => ({ ...change, grant: { ...change.grant, conditions: watched } }));
    expect(firstUncovered([{ grants, attributes: has }], given, 0)).toBeUndefined();
    expect(read).toBeLessThan(200);
    expect(firstUncovered([{ grants }], given, 0)).toBeDefined();
  });

  test('at the worst that is permitted is refused and taken in 200 ms', async () => {
    for (const id of count(100, (index) => `e${index}`)) await api.admin('POST', '/roles', { id, permissions: [] });
    const { role } = await api.grant('fay', ['iam:*:read', 'iam:*:write']);
    const roles = count(100, (index) => `e${index}`);
    await api.admin('POST', '/policies', { ...fat, conditions: undefined, actions: ['read', 'write'], roles: [role] });
    const timed = async (who: string, body: object) => {
      const times: number[] = [];
      const statuses = new Set<number>();
      for (let run = 0; run < 3; run += 1) {
        const start = performance.now();
        statuses.add((await api.as(who)('POST', '/policies', body)).status);
        times.push(performance.now() - start);
      }
      return { statuses: [...statuses], bestMs: Math.min(...times) };
    };
    const taken = await timed('user:fay', { ...fat, roles });
    expect(taken).toEqual({ statuses: [201], bestMs: expect.any(Number) });
    const refused = await timed('user:fay', { ...fat, resources: [...resources.slice(1, 10), 'audit'], roles });
    expect(refused).toEqual({ statuses: [403], bestMs: expect.any(Number) });
    expect(taken.bestMs).toBeLessThan(200);
    expect(refused.bestMs).toBeLessThan(200);
  }, 60_000);
});

describe('a page', () => {
  const cursors: Cursors = { seal: async (_, __, position) => position, open: async ({ query }) => query.cursor as string | undefined };
  const rows = count(1_000, (index) => String(index).padStart(4, '0')).map((id) => ({ id }));
  const reader = () => {
    const limits: number[] = [];
    const read = async (limit: number, after: string | undefined) => {
      limits.push(limit);
      const start = after === undefined ? 0 : Number(after) + 1;
      const items = rows.slice(start, start + limit);
      const last = items.at(-1);
      return { items, ...(start + limit < rows.length && last !== undefined ? { next: last.id } : {}) };
    };
    return { limits, read };
  };
  const page = async (
    limit: number,
    cursor: string | undefined,
    { read }: ReturnType<typeof reader>,
    options: Parameters<typeof listPage>[4],
  ) =>
    (await listPage(cursors, { query: { limit, ...(cursor === undefined ? {} : { cursor }) } } as never, 'rows', read, options as never))
      .body as {
      items: { id: string }[];
      nextCursor?: string;
    };

  test('of few among many reads them by the hundred, and repeats and loses none', async () => {
    const keep = (row: unknown) => Number((row as { id: string }).id) % 333 === 332;
    const source = reader();
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { items, nextCursor } = await page(1, cursor, source, { keep, show: (row) => row });
      seen.push(...items.map(({ id }) => id));
      cursor = nextCursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(['0332', '0665', '0998']);
    expect(source.limits.length).toBeLessThan(25);
  });

  test('where nothing is filtered reads no more than it answers', async () => {
    const source = reader();
    expect((await page(50, undefined, source, { show: (row) => row })).nextCursor).toBe('0049');
    expect(source.limits).toEqual([50]);
  });

  test('ends before its answer is too large, and repeats and loses none', async () => {
    const large = (row: unknown) => ({ ...(row as { id: string }), text: 'x'.repeat(90_000) });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const body = await page(100, cursor, reader(), { show: large });
      expect(JSON.stringify(body).length).toBeLessThan(4_100_000);
      seen.push(...body.items.map(({ id }) => id));
      cursor = body.nextCursor;
    } while (cursor !== undefined && seen.length < 300);
    expect(seen).toEqual(rows.slice(0, seen.length).map(({ id }) => id));
    expect(seen.length).toBeGreaterThanOrEqual(300);
  });
});
