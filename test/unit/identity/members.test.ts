import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthzApi, authzApi } from '../../support/authz-api.ts';

let api: AuthzApi;
beforeAll(async () => {
  api = await authzApi();
});
afterAll(() => api.close());

const body = (id: string, more: object = {}) => ({ id, email: `${id}@example.com`, name: id, ...more });

describe('members', () => {
  test('are invited, read, changed with versions, and listed', async () => {
    const made = await api.admin('POST', '/members', body('mia', { groups: ['crew'] }));
    expect([made.status, made.headers.location, made.headers.etag]).toEqual([201, '/v1/orgs/acme/members/mia', '"1"']);
    expect(made.json).toEqual({
      id: 'mia',
      email: 'mia@example.com',
      name: 'mia',
      status: 'invited',
      groups: ['crew'],
      source: 'invite',
      version: 1,
    });
    expect((await api.admin('PATCH', '/members/mia', { name: 'Mia' }, { headers: { 'if-match': '"9"' } })).status).toBe(412);
    const patched = await api.admin('PATCH', '/members/mia', { ...made.json, status: 'active', name: 'Mia' });
    expect(patched.json).toMatchObject({ name: 'Mia', status: 'active', version: 2 });
    expect((await api.admin('GET', '/members/mia')).json).toEqual(patched.json);
    const { items } = (await api.admin('GET', '/members')).json;
    expect(items.map(({ id }: { id: string }) => id)).toEqual(['ada', 'mia']);
  });

  test('hold an address alone, whatever its case, and give it back', async () => {
    await api.admin('POST', '/members', body('one'));
    expect((await api.admin('POST', '/members', { ...body('two'), email: 'ONE@example.com' })).json.code).toBe('already-exists');
    await api.admin('PATCH', '/members/one', { email: 'uno@example.com' });
    expect((await api.admin('POST', '/members', { ...body('two'), email: 'one@example.com' })).status).toBe(201);
    await api.admin('DELETE', '/members/two');
    expect((await api.admin('PATCH', '/members/one', { email: 'one@example.com' })).status).toBe(200);
  });

  test('that were removed are gone, and their ids are never given again', async () => {
    await api.admin('POST', '/members', body('rex', { status: 'active' }));
    await api.admin('POST', '/assignments', { principal: 'user:rex', role: 'viewer', scope: '*' });
    expect((await api.admin('DELETE', '/members/rex')).status).toBe(204);
    expect((await api.admin('GET', '/members/rex')).status).toBe(404);
    expect((await api.admin('GET', '/members')).text).not.toContain('rex');
    expect((await api.admin('POST', '/members', body('rex'))).json.code).toBe('already-exists');
    expect((await api.admin('POST', '/assignments', { principal: 'user:rex', role: 'viewer', scope: '*' })).status).toBe(422);
    expect((await api.admin('POST', '/authz/check', { principal: 'user:rex', permission: 'apps:*:read' })).json.allowed).toBe(false);
  });

  test('refuse odd names, addresses, groups and fields, with pointers', async () => {
    const bad = await api.admin('POST', '/members', {
      ...body('bad'),
      email: 'nobody',
      name: 'two\nlines',
      groups: ['a', 'A', 'a'],
      admin: true,
    });
    expect(new Set(bad.json.errors.map(({ pointer }: { pointer: string }) => pointer))).toEqual(
      new Set(['/email', '/name', '/groups', '/groups/1', '/admin']),
    );
  });

  test('are recorded without what says something of the person', async () => {
    await api.admin('POST', '/members', {
      ...body('pia'),
      email: 'pia.secret@example.com',
      name: 'Pia Private',
      attributes: { team: 'crimson' },
    });
    await api.admin('PATCH', '/members/pia', { email: 'pia.other@example.com', groups: ['crew'] });
    const records = (await api.events()).filter(({ resource }) => (resource as { id: string }).id === 'pia');
    expect(records.map(({ type }) => type).sort()).toEqual(['admin.member_invited', 'admin.role_changed']);
    expect(JSON.stringify(records)).not.toMatch(/pia\.|Private|crimson/);
  });

  test("are the administrators' to see", async () => {
    expect((await api.as('user:mia')('GET', '/members')).status).toBe(403);
    expect((await api.as('user:ada', { org: 'globex' as never })('GET', '/members/mia')).status).toBe(404);
  });
});
