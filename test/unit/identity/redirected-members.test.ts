import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthzApi, authzApi } from '../../support/authz-api.ts';

let api: AuthzApi;
beforeAll(async () => {
  api = await authzApi();
  await api.admin('POST', '/members', { id: 'eve', email: 'eve@example.com', name: 'Eve', status: 'active' });
  await api.grant('eve', ['iam:*:read', 'iam:*:write', 'apps:*:read']);
});
afterAll(() => api.close());

const eve = (...args: Parameters<AuthzApi['admin']>) => api.as('user:eve')(...args);
const member = (id: string, more: object = {}) => ({ id, email: `${id}@example.com`, name: id, ...more });

describe('who acts as a member is settled only by those who hold all that waits for it', () => {
  test('an address of somebody who holds more is not redirected', async () => {
    expect((await eve('PATCH', '/members/ada', { email: 'evil@example.com' })).status).toBe(403);
    expect((await eve('PATCH', '/members/ada', { name: 'Ada Lovelace' })).status).toBe(200);
    expect((await api.admin('GET', '/members/ada')).json.email).not.toBe('evil@example.com');
  });

  test('an invitation of somebody who is to hold more is neither redirected nor accepted for them', async () => {
    await api.admin('POST', '/members', member('bob', { status: 'invited' }));
    await api.admin('POST', '/assignments', { principal: 'user:bob', role: 'admin', scope: '*' });
    expect((await eve('PATCH', '/members/bob', { status: 'active' })).status).toBe(403);
    expect((await eve('PATCH', '/members/bob', { email: 'evil@example.com' })).status).toBe(403);
    expect((await eve('PATCH', '/members/bob', { email: 'evil@example.com', status: 'active' })).status).toBe(403);
    expect((await api.admin('PATCH', '/members/bob', { status: 'active' })).status).toBe(200);
  });

  test('a suspension hides nothing: address, groups and a new id wait for whoever reinstates them', async () => {
    await api.admin('POST', '/members', member('sus'));
    await api.admin('POST', '/assignments', { principal: 'user:sus', role: 'admin', scope: '*' });
    await api.admin('POST', '/assignments', { principal: 'group:vault', role: 'developer', scope: '*' });
    await api.admin('POST', '/assignments', { principal: 'user:later', role: 'admin', scope: '*' });
    await api.admin('PATCH', '/members/sus', { status: 'suspended' });
    expect((await eve('PATCH', '/members/sus', { email: 'evil@example.com' })).status).toBe(403);
    expect((await eve('PATCH', '/members/sus', { groups: ['vault'] })).status).toBe(403);
    expect((await eve('POST', '/members', member('later', { status: 'suspended' }))).status).toBe(403);
  });

  test('somebody who holds no more than the writer is', async () => {
    await api.admin('POST', '/members', member('low'));
    await api.grant('low', ['apps:support:read']);
    expect((await eve('PATCH', '/members/low', { email: 'low.new@example.com', status: 'active' })).status).toBe(200);
  });
});

describe('attributes are set by administrators alone', () => {
  test('at creation and later, to whatever they are', async () => {
    expect((await eve('POST', '/members', member('red', { status: 'active', attributes: { team: 'red' } }))).status).toBe(403);
    expect((await eve('POST', '/members', member('red', { status: 'active', attributes: {} }))).status).toBe(201);
    expect((await eve('PATCH', '/members/red', { attributes: { team: 'red' } })).status).toBe(403);
    expect((await eve('PATCH', '/members/eve', { attributes: { team: 'red' } })).status).toBe(403);
    expect((await api.admin('PATCH', '/members/red', { attributes: { team: 'red' } })).status).toBe(200);
    expect((await eve('PATCH', '/members/red', { attributes: { team: 'red' }, name: 'Red' })).status).toBe(200);
    expect((await eve('PATCH', '/members/red', { attributes: {} })).status).toBe(403);
  });
});

test('a list of one among many that were removed repeats and loses none', async () => {
  const own = await authzApi();
  try {
    for (let index = 0; index < 12; index += 1) await own.admin('POST', '/members', member(`m${String(index).padStart(2, '0')}`));
    for (let index = 1; index < 11; index += 1) await own.admin('DELETE', `/members/m${String(index).padStart(2, '0')}`);
    const reads: number[] = [];
    const query = own.table.query.bind(own.table);
    own.table.query = async (tenant, asked) => {
      if (asked.pk.endsWith('#members')) reads.push(asked.limit);
      return query(tenant, asked);
    };
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { json } = await own.admin('GET', `/members?limit=1${cursor === undefined ? '' : `&cursor=${cursor}`}`);
      seen.push(...json.items.map(({ id }: { id: string }) => id));
      cursor = json.nextCursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(['ada', 'm00', 'm11']);
    expect(reads.length).toBeLessThan(8);
  } finally {
    own.close();
  }
});
