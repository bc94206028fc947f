import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type VaultFixture, vaultFixture } from '../../support/vault-fixture.ts';

const canary = 'Canary+/7f3a9c?&="\\ \u00e9-known-value';
const admin = 'acme/user:ada';
let vault: VaultFixture;

beforeEach(() => {
  vault = vaultFixture();
  vault.makeWorkspace('acme', 'support');
  vault.grant(admin, '*:*:*');
  vault.grant('acme/user:bob', 'secrets:support:read');
});
afterEach(() => vault.close());

/** The value as it might show: raw, JSON-escaped, hex, URL-encoded, and base64 at its three alignments without the unstable ends. */
const encodings = (value: string): string[] => {
  const bytes = Buffer.from(value);
  const aligned = [0, 1, 2].flatMap((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(4, -4);
    return [text, text.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const hex = bytes.toString('hex');
  return [
    value,
    bytes.toString('latin1'),
    JSON.stringify(value).slice(1, -1),
    hex,
    hex.toUpperCase(),
    encodeURIComponent(value),
    value.slice(8, 24),
    ...aligned,
  ];
};

const shows = (text: string): string[] => encodings(canary).filter((form) => text.includes(form));

test('the search itself finds each form', () => {
  for (const form of encodings(canary)) expect(shows(`before ${form} after`)).not.toEqual([]);
  expect(shows(Buffer.from(`x${canary}y`).toString('base64'))).not.toEqual([]);
});

test('a value shows nowhere but in the answer of the resolver', async () => {
  const location = { workspace: 'support' };
  const create = (body: object, who = admin, headers = {}) =>
    vault.call(who, 'POST', '/secrets', { body: { name: 'KEY', location, value: canary, ...body }, headers });
  const { id } = (await create({}, admin, { 'Idempotency-Key': 'one' })).body;
  await create({}, admin, { 'Idempotency-Key': 'one' });
  const base64 = Buffer.from(canary).toString('base64');
  const wrong = [
    create({}),
    create({ value: base64, encoding: 'base64', name: 'BYTES' }),
    create({ value: `${canary}!`, encoding: 'base64' }),
    create({ value: canary.repeat(3_000) }),
    create({ value: `${canary}\ud800` }),
    create({ value: [canary] }),
    create({ value: { canary } }),
    create({ encoding: canary }),
    create({ name: canary }),
    create({ tags: [canary] }),
    create({ expiresAt: canary }),
    create({ location: { workspace: canary } }),
    create({ location: { workspace: 'nowhere' } }),
    create({ location: { ...location, environment: canary } }),
    create({ vlaue: canary }),
    create({ name: 'OTHER' }, 'acme/user:bob'),
    create({ name: 'OTHER' }, 'acme/user:nobody'),
    create({ name: 'OTHER' }, 'globex/user:eve'),
    vault.call(admin, 'POST', '/secrets', { body: `{"name": "KEY", "value": "${canary}"` }),
    vault.call(admin, 'POST', '/secrets', { body: `["${canary}"]` }),
    vault.call(admin, 'POST', '/secrets', { body: canary, headers: { 'Content-Type': 'text/plain' } }),
    vault.call(admin, 'PUT', `/secrets/${id}/value`, { body: { value: canary } }),
    vault.call(admin, 'PUT', `/secrets/${id}/value`, { body: { value: canary, encoding: 'base64' } }),
    vault.call(admin, 'PUT', `/secrets/${id}/value`, { body: { value: canary }, headers: { 'If-Match': '"99"' } }),
    vault.call('acme/user:bob', 'PUT', `/secrets/${id}/value`, { body: { value: canary } }),
    vault.call(admin, 'PUT', '/secrets/aaaaaaaaaaaaaaaa/value', { body: { value: canary } }),
    vault.call(admin, 'PATCH', `/secrets/${id}`, { body: { value: canary } }),
    vault.call(admin, 'PATCH', `/secrets/${id}`, { body: { status: canary } }),
    vault.call(admin, 'GET', '/secrets', { query: { tag: canary } }),
    vault.call(admin, 'GET', '/secrets', { query: { cursor: canary } }),
    vault.call(admin, 'GET', '/secrets', { query: { namePrefix: canary } }),
  ];
  await Promise.all(wrong);
  vault.failWrites(() => {
    throw new Error(`a driver that repeats what it was given: ${canary}`);
  });
  const failing = await create({ name: 'OTHER' });
  vault.failWrites(undefined);
  expect(failing.status).toBe(500);

  await vault.call(admin, 'PUT', '/workspaces/support/pipelines/answers/secrets', { body: { names: ['KEY', 'BYTES'] } });
  await vault.call(admin, 'PUT', '/workspaces/support/pipelines/answers/secrets', { body: { names: [canary] } });
  const { ticket } = (
    await vault.call(admin, 'POST', '/executions', { body: { workspace: 'support', pipeline: 'answers', environment: 'production' } })
  ).body;
  const resolved = await vault.resolve({ ticket });
  expect(resolved.body.values.KEY.value).toBe(canary);
  expect(resolved.body.values.BYTES.value).toBe(base64);
  const refused = [
    await vault.resolve({ ticket, template: `{{ secrets.KEY }}{{ secrets.MISSING }} ${canary}` }),
    await vault.resolve({ ticket, names: [canary] }),
    await vault.resolve({ ticket: canary }),
    await vault.resolve(`{"ticket": "${canary}`),
  ];
  expect(refused.map(({ status }) => status)).toEqual([422, 422, 403, 400]);
  for (const path of [`/secrets/${id}`, `/secrets/${id}/versions`, '/secrets']) await vault.call(admin, 'GET', path);
  await vault.call(admin, 'POST', `/secrets/${id}/versions/1/promote`);
  await vault.call(admin, 'DELETE', `/secrets/${id}/versions/2`);
  await vault.call(admin, 'DELETE', `/secrets/${id}`);
  await vault.call(admin, 'POST', `/secrets/${id}/restore`);

  expect(vault.replies.length).toBeGreaterThan(40);
  for (const text of [...vault.replies, ...refused.map(({ text: body }) => body), ...vault.logLines, JSON.stringify(vault.denials)])
    expect(shows(text)).toEqual([]);
  expect(shows(await vault.rows())).toEqual([]);
  expect(shows(await vault.keyRows())).toEqual([]);
  for (const file of readdirSync(vault.folder)) expect([file, shows(readFileSync(join(vault.folder, file), 'latin1'))]).toEqual([file, []]);
});

test('metadata tells nothing of a value: neither its length nor a hash', async () => {
  const make = (name: string, value: string) =>
    vault.call(admin, 'POST', '/secrets', { body: { name, location: { workspace: 'support' }, value } });
  const [short, long] = [await make('AA', 'x'), await make('BB', 'x'.repeat(60_000))];
  const plain = ({ body }: { body: object }): object => ({ ...body, id: '', name: '' });
  expect(plain(short)).toEqual(plain(long));
  expect(Object.keys(short.body).sort()).toEqual([
    'createdAt',
    'createdBy',
    'expiresAt',
    'id',
    'lastAccessedAt',
    'lastAccessedBy',
    'location',
    'name',
    'scope',
    'status',
    'tags',
    'updatedAt',
    'updatedBy',
    'version',
  ]);
});
