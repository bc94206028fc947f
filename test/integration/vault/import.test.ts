import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tendKeys } from '../../../functions/vault/jobs.ts';
import { type VaultFixture, vaultFixture } from '../../support/vault-fixture.ts';

const admin = 'acme/user:ada';
let vault: VaultFixture;

beforeEach(() => {
  vault = vaultFixture();
  vault.makeWorkspace('acme', 'support');
  vault.grant(admin, '*:*:*');
});
afterEach(() => vault.close());

const location = { workspace: 'support' };
const put = (content: string, more: object = {}, who = admin, headers = {}) =>
  vault.call(who, 'POST', '/secrets/import', { body: { location, format: 'env', content, ...more }, headers });
const outcomes = (reply: { body: { results: { line: number; name?: string; status: string }[] } }) =>
  reply.body.results.map(({ line, name, status }) => `${line} ${name ?? '-'} ${status}`);
const many = (count: number, of = (n: number) => `value ${n}`): string =>
  Array.from({ length: count }, (_, n) => `KEY_${n}=${of(n)}`).join('\n');
const resolved = async (...names: string[]): Promise<Record<string, { value: string; version: number }>> => {
  const path = '/workspaces/support/pipelines/reader/secrets';
  await vault.call(admin, 'PUT', path, { body: { names } });
  const { ticket } = (
    await vault.call(admin, 'POST', '/executions', { body: { workspace: 'support', pipeline: 'reader', environment: 'staging' } })
  ).body;
  return (await vault.resolve({ ticket })).body.values;
};
const listed = async (): Promise<string[]> => {
  const names: string[] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const query = { workspace: 'support', limit: '100', ...(cursor === '' ? {} : { cursor }) };
    const { body } = await vault.call(admin, 'GET', '/secrets', { query });
    names.push(...body.items.map(({ name }: { name: string }) => name));
    cursor = body.nextCursor;
  }
  return names;
};

describe('an import', () => {
  test('makes and updates secrets, with an outcome for each line', async () => {
    await vault.call(admin, 'POST', '/secrets', { body: { name: 'OLD', location, value: 'before' } });
    const gone = (await vault.call(admin, 'POST', '/secrets', { body: { name: 'GONE', location, value: 'x' } })).body.id;
    await vault.call(admin, 'DELETE', `/secrets/${gone}`);
    const reply = await put('# hello\nNEW="a\nb"\nOLD=after\nGONE=1\nlower=2\nTWICE=1\nTWICE=2\n');
    expect(reply.status).toBe(200);
    expect(outcomes(reply)).toEqual([
      '2 NEW created',
      '4 OLD updated',
      '5 GONE refused',
      '6 - refused',
      '7 TWICE refused',
      '8 TWICE created',
    ]);
    expect(await resolved('NEW', 'OLD', 'TWICE')).toMatchObject({
      NEW: { value: 'a\nb', version: 1 },
      OLD: { value: 'after', version: 2 },
      TWICE: { value: '2', version: 1 },
    });
    const events = (await vault.events()).filter(({ action }) => String(action) === 'import-secret');
    expect(events.map(({ type }) => type)).toEqual(['secret.created', 'secret.updated', 'secret.created']);
  });

  test('takes JSON, and refuses what is none without repeating it', async () => {
    expect(outcomes(await put('{"A": "1",\n"B": 2}', { format: 'json' }))).toEqual(['1 A created', '2 B refused']);
    const wrong = await put('{"A": "s3cr3t"', { format: 'json' });
    expect(wrong.status).toBe(422);
    expect(wrong.text).not.toContain('s3cr3t');
  });

  test('of all or nothing writes nothing when one line is refused', async () => {
    const reply = await put('A=1\nb=2\nC=3', { allOrNothing: true });
    expect(reply.status).toBe(200);
    expect(outcomes(reply)).toEqual(['1 A refused', '2 - refused', '3 C refused']);
    expect(await listed()).toEqual([]);
    expect(outcomes(await put('A=1\nC=3', { allOrNothing: true }))).toEqual(['1 A created', '2 C created']);
  });

  test('takes 5 MiB and no more', async () => {
    const big = Array.from({ length: 70 }, (_, n) => `K_${n}=${'x'.repeat(60_000)}`).join('\n');
    expect(outcomes(await put(big)).every((line) => line.endsWith('created'))).toBe(true);
    expect((await put('x'.repeat(5 * 1024 * 1024 + 1))).status).toBe(413);
    expect((await put(many(2_001))).status).toBe(422);
  });

  test('needs write in every environment that it reaches, and a workspace that exists', async () => {
    vault.grant('acme/user:bob', 'secrets:support:write@development');
    expect((await put('A=1', {}, 'acme/user:bob')).status).toBe(403);
    expect((await put('A=1', { location: { ...location, environment: 'development' } }, 'acme/user:bob')).status).toBe(200);
    expect((await put('A=1', { location: { workspace: 'nowhere' } })).status).toBe(422);
  });

  test('is carried out once for one idempotency key', async () => {
    const headers = { 'Idempotency-Key': 'one' };
    const first = await put('A=1\nB=2', {}, admin, headers);
    expect((await put('A=1\nB=2', {}, admin, headers)).body).toEqual(first.body);
    expect((await resolved('A')).A).toMatchObject({ version: 1 });
  });
});

describe('a large import of all or nothing', () => {
  test('counts whole, at one moment, with a record of every name', async () => {
    await put(many(150, (n) => `before ${n}`));
    const reply = await put(`${many(200)}\nLAST=1`, { allOrNothing: true });
    expect(reply.status).toBe(200);
    expect(outcomes(reply).filter((line) => line.endsWith('updated'))).toHaveLength(150);
    expect(outcomes(reply).filter((line) => line.endsWith('created'))).toHaveLength(51);
    expect(await listed()).toHaveLength(201);
    expect(await resolved('KEY_0', 'KEY_199', 'LAST')).toMatchObject({
      KEY_0: { value: 'value 0', version: 2 },
      KEY_199: { value: 'value 199', version: 1 },
    });
    const records = (await vault.events()).filter(({ action }) => String(action) === 'import-secrets');
    expect(records.flatMap(({ details }) => details.import as unknown[])).toHaveLength(201);
    expect(await vault.rows()).not.toContain('value 199');
  });

  const stop = async (isThisWrite: (n: number) => boolean): Promise<void> => {
    let writes = 0;
    vault.failWrites(() => {
      writes += 1;
      if (isThisWrite(writes)) throw new Error('the table is gone');
    });
    const reply = await put(many(200), { allOrNothing: true });
    vault.failWrites(undefined);
    expect([200, 500]).toContain(reply.status);
  };
  const platform = () => ({ world: vault.world, table: vault.table, keyTable: vault.keyTable, keys: vault.keys });

  test.each([1, 2, 4, 7, 8, 9, 10, 12, 15, 18, 20])(
    'that dies at its write %i leaves all or nothing, and can be made again',
    async (death) => {
      await put(many(100, (n) => `before ${n}`));
      await stop((n) => n >= death);
      const seen = await resolved('KEY_0', 'KEY_99');
      const committed = seen.KEY_0?.version === 2;
      expect(seen.KEY_99?.version).toBe(committed ? 2 : 1);
      expect(await listed()).toHaveLength(committed ? 200 : 100);
      vault.clock.advance(16 * 60_000);
      await tendKeys(platform())();
      expect(await listed()).toHaveLength(committed ? 200 : 100);
      expect(await resolved('KEY_0', 'KEY_99')).toEqual(seen);
      const again = await put(many(200), { allOrNothing: true });
      expect(outcomes(again).filter((line) => line.endsWith('refused'))).toEqual([]);
      expect((await resolved('KEY_0')).KEY_0).toMatchObject({ value: 'value 0', version: committed ? 3 : 2 });
      expect((await vault.call(admin, 'GET', '/secrets', { query: { workspace: 'support' } })).status).toBe(200);
    },
  );

  test('keeps others from changing what it writes until it is decided', async () => {
    await put(many(100, (n) => `before ${n}`));
    const { items } = (await vault.call(admin, 'GET', '/secrets', { query: { workspace: 'support', namePrefix: 'KEY_0' } })).body;
    await stop((n) => n >= 8);
    const path = `/secrets/${items[0].id}`;
    expect((await vault.call(admin, 'PUT', `${path}/value`, { body: { value: 'x' } })).status).toBe(409);
    expect((await vault.call(admin, 'DELETE', path)).status).toBe(409);
    expect((await vault.call(admin, 'GET', path)).status).toBe(200);
    vault.clock.advance(16 * 60_000);
    await tendKeys(platform())();
    expect((await vault.call(admin, 'PUT', `${path}/value`, { body: { value: 'x' } })).status).toBe(200);
  });
});
