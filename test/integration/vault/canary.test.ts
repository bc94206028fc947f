import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openapiOf } from '../../../functions/shared/http/openapi.ts';
import { expireSecrets, tendKeys } from '../../../functions/vault/jobs.ts';
import { findSecrets, secretFingerprints } from '../../../functions/vault/public.ts';
import { routes } from '../../../functions/vault/routes.ts';
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
  const quoted = `'${canary}'`;
  const load = (content: string, more: object = {}, who = admin) =>
    vault.call(who, 'POST', '/secrets/import', { body: { location, format: 'env', content, ...more } });
  const many = (count: number): string => Array.from({ length: count }, (_, n) => `MANY_${n}=${quoted}`).join('\n');
  const imports = [
    await load(`A=${quoted}\nA=${quoted}\nKEY=${quoted}`),
    await load(`lower=${quoted}\n${canary}\n${canary}=1\nB='${canary}`),
    await load(`C=${quoted} ${canary}`),
    await load(`D='${canary.repeat(3_000)}'`),
    await load(JSON.stringify({ J: canary, [canary]: 'x', K: [canary] }, undefined, 1), { format: 'json' }),
    await load(`{"J": "${canary}"`, { format: 'json' }),
    await load(many(30), { allOrNothing: true }),
    await load(`${many(3)}\n${canary}`, { allOrNothing: true }),
    await load(`E=${quoted}`, {}, 'acme/user:bob'),
    await load(`E=${quoted}`, { format: canary }),
    await load(`E=${quoted}`, { location: { workspace: canary } }),
    await vault.call(admin, 'POST', '/secrets', { body: { name: 'HOSTED', location, value: canary, hosts: [canary] } }),
    await vault.call(admin, 'POST', '/secrets', { body: { name: 'DECOY', location, value: canary, decoy: true } }),
    await vault.call(admin, 'POST', '/vault/keys/support/shred', { body: { confirmation: canary } }),
    await vault.call(admin, 'POST', '/vault/keys/support/shred', { body: { [canary]: 1 } }),
  ];
  expect(imports.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 422, 200, 200, 403, 422, 422, 422, 201, 422, 422]);
  vault.failWrites(() => {
    throw new Error(`a driver that repeats what it was given: ${canary}`);
  });
  const failing = await create({ name: 'OTHER' });
  expect((await load(`F=${quoted}`)).status).toBe(500);
  expect((await load(many(30), { allOrNothing: true })).status).toBe(500);
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
  for (const path of [`/secrets/${id}`, `/secrets/${id}/versions`, `/secrets/${id}/references`, '/secrets', '/vault/keys'])
    await vault.call(admin, 'GET', path);
  await vault.call(admin, 'POST', `/secrets/${id}/versions/1/promote`);
  await vault.call(admin, 'DELETE', `/secrets/${id}/versions/2`);
  await vault.call(admin, 'DELETE', `/secrets/${id}`);
  await vault.call(admin, 'POST', `/secrets/${id}/restore`);
  await vault.call(admin, 'GET', '/workspaces/support/pipelines/answers/secrets');
  await vault.call(admin, 'DELETE', '/workspaces/support/pipelines/answers/secrets');
  await vault.call(admin, 'POST', '/vault/keys/support/rotate');
  expect((await vault.call(admin, 'POST', '/vault/keys/support/reencrypt')).body).toMatchObject({ status: 'done', unreadable: 0 });
  await vault.call(admin, 'PATCH', `/secrets/${id}`, { body: { expiresAt: new Date(vault.clock.nowMs() + 60_000).toISOString() } });
  const platform = { world: vault.world, table: vault.table, keyTable: vault.keyTable, keys: vault.keys };
  const jobs = JSON.stringify([await expireSecrets(platform)(), await tendKeys(platform)()]);
  const known = await secretFingerprints(platform)(vault.org, 'support');
  expect(findSecrets(known, canary)).not.toEqual([]);
  const { confirmation } = (await vault.call(admin, 'POST', '/vault/keys/support/shred', { body: {} })).body;
  expect((await vault.call(admin, 'POST', '/vault/keys/support/shred', { body: { confirmation } })).status).toBe(200);
  expect(shows(jobs)).toEqual([]);
  const prints = JSON.stringify([...known.byMiddle], (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
  );
  expect(shows(prints)).toEqual([]);

  expect(vault.replies.length).toBeGreaterThan(40);
  for (const text of [...vault.replies, ...refused.map(({ text: body }) => body), ...vault.logLines, JSON.stringify(vault.denials)])
    expect(shows(text)).toEqual([]);
  expect(shows(await vault.rows())).toEqual([]);
  expect(shows(await vault.keyRows())).toEqual([]);
  for (const file of readdirSync(vault.folder)) expect([file, shows(readFileSync(join(vault.folder, file), 'latin1'))]).toEqual([file, []]);
});

test('every route of the vault is driven with the value', () => {
  // A route that is added here without being driven above is not searched: add it there first.
  expect(routes.map(({ method, path }) => `${method} ${path.replace('/v1/orgs/{org}', '')}`).sort()).toEqual([
    'DELETE /secrets/{id}',
    'DELETE /secrets/{id}/versions/{n}',
    'DELETE /workspaces/{workspace}/pipelines/{pipeline}/secrets',
    'GET /secrets',
    'GET /secrets/{id}',
    'GET /secrets/{id}/references',
    'GET /secrets/{id}/versions',
    'GET /vault/keys',
    'GET /workspaces/{workspace}/pipelines/{pipeline}/secrets',
    'PATCH /secrets/{id}',
    'POST /executions',
    'POST /secrets',
    'POST /secrets/import',
    'POST /secrets/{id}/restore',
    'POST /secrets/{id}/versions/{n}/promote',
    'POST /vault/keys/{workspace}/reencrypt',
    'POST /vault/keys/{workspace}/rotate',
    'POST /vault/keys/{workspace}/shred',
    'PUT /secrets/{id}/value',
    'PUT /workspaces/{workspace}/pipelines/{pipeline}/secrets',
  ]);
});

test('the OpenAPI document has no answer with a field for a value, and no example that could be one', () => {
  const document = openapiOf([{ name: 'vault', routes }], { title: 'vault', version: '1' });
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const { responses } of Object.values(methods)) {
      const text = JSON.stringify(responses);
      expect([path, /"(value|encoding|length|hash|envelope|wrapped|decoy)":/.test(text)]).toEqual([path, false]);
    }
  }
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
    'detectable',
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
