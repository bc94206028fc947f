import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type VaultFixture, vaultFixture } from '../../support/vault-fixture.ts';

const dayMs = 86_400_000;
const author = 'acme/user:ada';
const runner = 'acme/user:run';
let vault: VaultFixture;

beforeEach(() => {
  vault = vaultFixture();
  for (const workspace of ['support', 'research']) vault.makeWorkspace('acme', workspace);
  vault.makeWorkspace('globex', 'support');
  vault.grant(author, 'secrets:*:*');
  vault.grant(runner, 'augmentations:support:execute');
  vault.grant('globex/user:eve', '*:*:*');
});
afterEach(() => vault.close());

const place = { production: { environment: 'production' }, eu: { app: 'bot', namespace: 'eu' } };

const make = async (name: string, value: string, location: object = {}, more: object = {}): Promise<string> => {
  const made = await vault.call(author, 'POST', '/secrets', {
    body: { name, location: { workspace: 'support', ...location }, value, ...more },
  });
  expect(made.status).toBe(201);
  return made.body.id;
};
const bindingPath = '/workspaces/support/pipelines/answers/secrets';
const bind = (names: string[], more: object = {}, who = author) => vault.call(who, 'PUT', bindingPath, { body: { names, ...more } });
const start = (more: object = {}, who = runner) =>
  vault.call(who, 'POST', '/executions', { body: { workspace: 'support', pipeline: 'answers', environment: 'production', ...more } });
const ticketOf = async (more: object = {}): Promise<string> => {
  const started = await start(more);
  expect(started.status).toBe(201);
  return started.body.ticket;
};
const refusals = (reply: { body: { errors?: { detail: string }[] } }): string[] =>
  (reply.body.errors ?? []).map(({ detail }) => detail.split(' ')[0] ?? '').sort();

test('a ticket resolves nothing once its caller may not begin executions any more', async () => {
  await make('KEY', 's3cret');
  await bind(['KEY']);
  const ticket = await ticketOf();
  expect((await vault.resolve({ ticket })).status).toBe(200);
  vault.grant(runner, 'apps:support:read');
  expect(await vault.resolve({ ticket })).toMatchObject({ status: 403, body: { code: 'forbidden' } });
});

describe('a resolve', () => {
  test('gives bound values with where each came from, or the template filled in', async () => {
    await make('KEY', 's3cret');
    await make('BYTES', Buffer.from([255, 0]).toString('base64'), {}, { encoding: 'base64' });
    await bind(['KEY', 'BYTES']);
    const ticket = await ticketOf();
    expect(await vault.resolve({ ticket })).toMatchObject({
      status: 200,
      headers: { 'cache-control': 'no-store' },
      body: {
        values: {
          KEY: { value: 's3cret', location: { workspace: 'support' }, version: 1 },
          BYTES: { value: '/wA=', encoding: 'base64', location: { workspace: 'support' }, version: 1 },
        },
      },
    });
    expect((await vault.resolve({ ticket, names: ['KEY'] })).body).toEqual({
      values: { KEY: { value: 's3cret', location: { workspace: 'support' }, version: 1 } },
    });
    expect((await vault.resolve({ ticket, names: [] })).body).toEqual({ values: {} });
    const template = { headers: [{ authorization: 'Bearer {{ secrets.KEY }}' }], raw: '\\{{ secrets.KEY }}', n: 1 };
    expect((await vault.resolve({ ticket, template })).body).toEqual({
      template: { headers: [{ authorization: 'Bearer s3cret' }], raw: '{{ secrets.KEY }}', n: 1 },
    });
    expect((await vault.resolve({ ticket, template: null })).body).toEqual({ template: null });
    expect((await vault.resolve({ ticket, template, names: ['KEY'] })).status).toBe(422);
  });

  test('takes the most specific location', async () => {
    await bind(['KEY'], place.eu);
    const ticket = await ticketOf();
    const resolved = async (): Promise<unknown> => (await vault.resolve({ ticket })).body.values.KEY.value;
    await make('KEY', 'workspace');
    await make('KEY', 'elsewhere', { app: 'bot', namespace: 'us' });
    await make('KEY', 'staging', { environment: 'staging' });
    expect(await resolved()).toBe('workspace');
    await make('KEY', 'environment', place.production);
    expect(await resolved()).toBe('environment');
    await make('KEY', 'namespace', place.eu);
    expect(await resolved()).toBe('namespace');
    const both = await make('KEY', 'both', { ...place.eu, ...place.production });
    expect((await vault.resolve({ ticket })).body.values.KEY).toEqual({
      value: 'both',
      location: { workspace: 'support', ...place.eu, ...place.production },
      version: 1,
    });
    await vault.call(author, 'PUT', `/secrets/${both}/value`, { body: { value: 'newer' } });
    expect((await vault.resolve({ ticket })).body.values.KEY).toMatchObject({ value: 'newer', version: 2 });
    await vault.call(author, 'POST', `/secrets/${both}/versions/1/promote`);
    expect((await vault.resolve({ ticket })).body.values.KEY).toMatchObject({ value: 'both', version: 1 });
  });

  test.each([
    ['disabled', (id: string) => vault.call(author, 'PATCH', `/secrets/${id}`, { body: { status: 'disabled' } })],
    ['deleted', (id: string) => vault.call(author, 'DELETE', `/secrets/${id}`)],
    [
      'expired',
      async (id: string) => {
        await vault.call(author, 'PATCH', `/secrets/${id}`, { body: { expiresAt: new Date(vault.clock.nowMs() + 1_000).toISOString() } });
        vault.clock.advance(1_000);
      },
    ],
  ])('never falls through a most specific value that is %s', async (what, spoil) => {
    await make('KEY', 'general');
    const id = await make('KEY', 'specific', place.production);
    await bind(['KEY']);
    const ticket = await ticketOf();
    await spoil(id);
    const refused = await vault.resolve({ ticket });
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ pointer: '/ticket' }] } });
    expect(refused.body.errors[0].detail).toContain(what);
    expect(refused.text).not.toContain('general');
  });

  test('fails whole and names every name that failed, and no other', async () => {
    await make('GOOD', 'good');
    await make('UNBOUND', 'unbound');
    const [disabled, deleted] = [await make('DISABLED', 'x'), await make('DELETED', 'x')];
    await make('EXPIRED', 'x', {}, { expiresAt: new Date(vault.clock.nowMs() + 500).toISOString() });
    await make('FORBIDDEN', 'x', place.eu);
    await bind(['GOOD', 'DISABLED', 'EXPIRED', 'DELETED', 'MISSING', 'FORBIDDEN'], place.eu);
    await vault.call(author, 'PATCH', `/secrets/${disabled}`, { body: { status: 'disabled' } });
    await vault.call(author, 'DELETE', `/secrets/${deleted}`);
    vault.clock.advance(1_000);
    vault.grant(author, 'secrets:*:read', '!secrets:support/bot/eu:read');
    const ticket = await ticketOf();
    const failing = ['DELETED', 'DISABLED', 'EXPIRED', 'FORBIDDEN', 'MISSING', 'UNBOUND'];
    const template = ['GOOD', ...failing].map((name) => `{{ secrets.${name} }}`).join('');
    const refused = await vault.resolve({ ticket, template: { a: [template] } });
    expect(refused.status).toBe(422);
    expect(refusals(refused)).toEqual(failing.map((name) => `\`${name}\``));
    expect(refused.body.errors.every(({ pointer }: { pointer: string }) => pointer === '/template/a/0')).toBe(true);
    const events = (await vault.events()).filter(({ type }) => type === 'secret.accessed');
    expect(events).toMatchObject([{ outcome: 'denied', actor: { principal: 'user:run' }, details: { author: 'user:ada' } }]);
    const recorded = events[0]?.details.refused as { name: string; refusal: string }[];
    expect(Object.fromEntries(recorded.map(({ name, refusal }) => [name, refusal]))).toEqual(
      Object.fromEntries(failing.map((name) => [name, name.toLowerCase()])),
    );
  });

  test("stops when the binding's author loses the right, with the very next request", async () => {
    await make('KEY', 's3cret');
    await make('PROD', 's3cret', place.production);
    await bind(['KEY', 'PROD']);
    const ticket = await ticketOf();
    expect((await vault.resolve({ ticket })).status).toBe(200);
    vault.grant(author, 'secrets:support:read@production');
    const refused = await vault.resolve({ ticket });
    expect(refusals(refused)).toEqual(['`KEY`']);
    expect(refused.body.errors[0].detail).toContain('author');
    vault.grant(author);
    expect(refusals(await vault.resolve({ ticket }))).toEqual(['`KEY`', '`PROD`']);
  });

  test('does not tell the state of what the author may not read', async () => {
    const id = await make('KEY', 's3cret');
    await bind(['KEY']);
    const ticket = await ticketOf();
    vault.grant(author, 'secrets:research:read');
    const before = (await vault.resolve({ ticket })).body.errors;
    vault.grant(author, 'secrets:*:*');
    await vault.call(author, 'PATCH', `/secrets/${id}`, { body: { status: 'disabled' } });
    vault.grant(author, 'secrets:research:read');
    expect((await vault.resolve({ ticket })).body.errors).toEqual(before);
  });

  test('is refused once its binding is changed, removed, or removed and written again', async () => {
    await make('KEY', 's3cret');
    await bind(['KEY']);
    const ticket = await ticketOf();
    await bind(['KEY']);
    expect((await vault.resolve({ ticket })).status).toBe(409);
    const second = await ticketOf();
    await vault.call(author, 'DELETE', bindingPath);
    expect((await vault.resolve({ ticket: second })).status).toBe(409);
    await bind(['KEY']);
    expect((await vault.resolve({ ticket })).status).toBe(409);
    expect((await vault.resolve({ ticket: second })).status).toBe(409);
  });

  test('gives nothing to executions of other environments or without a binding', async () => {
    await make('KEY', 's3cret');
    const unbound = await ticketOf();
    await bind(['KEY'], place.production);
    expect(refusals(await vault.resolve({ ticket: unbound, names: ['KEY'] }))).toEqual(['`KEY`']);
    expect((await vault.resolve({ ticket: unbound })).body).toEqual({ values: {} });
    const staging = await ticketOf({ environment: 'staging' });
    expect(refusals(await vault.resolve({ ticket: staging, names: ['KEY'] }))).toEqual(['`KEY`']);
    const other = await ticketOf({ pipeline: 'other' });
    expect(refusals(await vault.resolve({ ticket: other, names: ['KEY'] }))).toEqual(['`KEY`']);
    expect((await vault.resolve({ ticket: await ticketOf() })).status).toBe(200);
  });

  test('is refused with an expired, altered or foreign ticket, and gives an organization only its own', async () => {
    await make('KEY', 's3cret');
    await bind(['KEY']);
    const ticket = await ticketOf();
    const theirs = await vault.call('globex/user:eve', 'POST', '/executions', {
      body: { workspace: 'support', pipeline: 'answers', environment: 'production' },
    });
    expect(refusals(await vault.resolve({ ticket: theirs.body.ticket, names: ['KEY'] }))).toEqual(['`KEY`']);
    const [payload = '', mac = ''] = ticket.slice(4).split('.');
    const forged = Buffer.from(Buffer.from(payload, 'base64url').toString().replace('user:run', 'user:ada')).toString('base64url');
    expect((await vault.resolve({ ticket: `mmx_${forged}.${mac}` })).status).toBe(403);
    vault.clock.advance(15 * 60_000);
    expect(await vault.resolve({ ticket })).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  test('hands out nothing when its record cannot be written', async () => {
    await make('KEY', 's3cret');
    await bind(['KEY']);
    const ticket = await ticketOf();
    vault.failWrites(() => {
      throw new Error('the table is gone');
    });
    const failed = await vault.resolve({ ticket });
    expect(failed).toMatchObject({ status: 500, body: { code: 'internal' } });
    expect(failed.text).not.toContain('s3cret');
    vault.failWrites(undefined);
    expect((await vault.events()).filter(({ type }) => type === 'secret.accessed')).toEqual([]);
    expect((await vault.resolve({ ticket })).status).toBe(200);
  });

  test('is recorded with caller, author, names, places and versions', async () => {
    const id = await make('KEY', 's3cret', place.production);
    await bind(['KEY']);
    await vault.resolve({ ticket: await ticketOf({ step: 'infer' }) });
    const [event] = (await vault.events()).filter(({ type }) => type === 'secret.accessed');
    expect(event).toMatchObject({
      action: 'resolve-secrets',
      outcome: 'success',
      workspace: 'support',
      actor: { principal: 'user:run' },
      resource: { type: 'pipeline', id: 'answers', scope: 'support' },
      source: { ip: '127.0.0.1', client: 'arn:aws:sts::111122223333:assumed-role/pipelines/run' },
      details: {
        caller: 'user:run',
        author: 'user:ada',
        pipeline: 'answers',
        environment: 'production',
        step: 'infer',
        secrets: [{ name: 'KEY', id, location: 'support (production)', version: 1 }],
      },
    });
    const { body } = await vault.call(author, 'GET', `/secrets/${id}`);
    expect(body).toMatchObject({ lastAccessedBy: 'user:run', lastAccessedAt: new Date(vault.clock.nowMs()).toISOString() });
  });

  test('of 50 names takes two rounds of batch reads, at most one call for keys, and normally none', async () => {
    const names = Array.from({ length: 50 }, (_, n) => `KEY_${n}`);
    for (const name of names) await make(name, `value of ${name}`, place.eu);
    await bind(names, place.eu);
    const ticket = await ticketOf();
    const fresh = vault.newResolver();
    vault.keyCalls.length = 0;
    vault.reads.length = 0;
    const answer = await vault.resolve({ ticket }, fresh);
    expect(Object.keys(answer.body.values)).toHaveLength(50);
    expect(answer.body.values.KEY_49.value).toBe('value of KEY_49');
    expect(vault.keyCalls.filter((call) => call.endsWith('vault'))).toEqual(['unwrap vault']);
    expect(vault.reads.filter((read) => read.startsWith('batchGet'))).toEqual(['batchGet 200', 'batchGet 50']);
    expect(vault.reads.filter((read) => read === 'get')).toHaveLength(2);
    vault.reads.length = 0;
    await vault.resolve({ ticket }, fresh);
    expect(vault.reads).toEqual(['get', 'get']);
    vault.keyCalls.length = 0;
    await Promise.all(Array.from({ length: 20 }, () => vault.resolve({ ticket }, fresh)));
    expect(vault.keyCalls).toEqual([]);
    vault.clock.advance(5 * 60_000);
    await Promise.all(Array.from({ length: 20 }, () => vault.resolve({ ticket }, fresh)));
    expect(vault.keyCalls.filter((call) => call.endsWith('vault'))).toEqual(['unwrap vault']);
  });

  test('is refused when rows were swapped, rolled back or replaced in the table, with a record and one text', async () => {
    const [a, b] = [await make('A', 'value a'), await make('B', 'value b')];
    await vault.call(author, 'PUT', `/secrets/${a}/value`, { body: { value: 'newer a' } });
    await bind(['A', 'B']);
    const ticket = await ticketOf();
    const row = (id: string, n: number) =>
      vault.table.get('acme', { pk: `acme#support#secret#${id}`, sk: `value#${String(n).padStart(10, '0')}` });
    const [a1, a2, b1] = [await row(a, 1), await row(a, 2), await row(b, 1)];
    if (a1 === undefined || a2 === undefined || b1 === undefined) throw new Error('a row is missing');
    for (const planted of [
      { ...a2, envelope: a1.envelope },
      { ...a2, envelope: b1.envelope, keyId: b1.keyId },
      { ...a2, keyId: 'unknownkey' },
      { ...a2, envelope: new Uint8Array(0) },
    ]) {
      await vault.table.transact('acme', [{ kind: 'put', item: planted }]);
      expect(await vault.resolve({ ticket })).toMatchObject({
        status: 500,
        body: { code: 'internal', detail: 'something failed on our side; quote the request id' },
      });
    }
    const events = (await vault.events()).filter(({ type }) => type === 'secret.accessed');
    expect(events.map(({ outcome }) => outcome)).toEqual(Array(4).fill('failure'));
    await vault.table.transact('acme', [{ kind: 'put', item: a2 }]);
    expect((await vault.resolve({ ticket })).body.values.A.value).toBe('newer a');
  });

  test("does not open with another workspace's wrapped key put in place of its own", async () => {
    await make('KEY', 's3cret');
    await vault.call(author, 'POST', '/secrets', { body: { name: 'KEY', location: { workspace: 'research' }, value: 'other' } });
    await bind(['KEY']);
    const ticket = await ticketOf();
    const rowOf = async (workspace: string) => {
      const page = await vault.keyTable.query('acme', { pk: `acme#${workspace}#branch-keys`, range: { prefix: 'key#' }, limit: 1 });
      const [row] = page.items;
      if (row === undefined) throw new Error('no branch key');
      return row;
    };
    const [mine, theirs] = [await rowOf('support'), await rowOf('research')];
    await vault.keyTable.transact('acme', [{ kind: 'put', item: { ...mine, wrapped: theirs.wrapped ?? '' } }]);
    expect((await vault.resolve({ ticket }, vault.newResolver())).status).toBe(500);
    await vault.keyTable.transact('acme', [{ kind: 'put', item: mine }]);
    expect((await vault.resolve({ ticket }, vault.newResolver())).status).toBe(200);
  });

  test.each([
    ['no JSON', '{', 400],
    ['a prototype key', '{"__proto__": {}, "ticket": "x"}', 400],
    ['no ticket', '{}', 422],
    ['an unknown field', '{"ticket": "x", "more": 1}', 422],
    ['a name that is none', '{"ticket": "x", "names": ["lower"]}', 422],
    ['a name twice', '{"ticket": "x", "names": ["A", "A"]}', 422],
    ['51 names', JSON.stringify({ ticket: 'x', names: Array.from({ length: 51 }, (_, n) => `A${n}`) }), 422],
    ['a ticket that is none', '{"ticket": "x"}', 403],
    ['more than 1 MiB', JSON.stringify({ ticket: 'x', template: 'x'.repeat(1 << 20) }), 413],
  ])('refuses %s', async (_, body, status) => {
    expect((await vault.resolve(body)).status).toBe(status);
  });

  test('refuses templates that name more than 50 secrets or would grow too large', async () => {
    await make('KEY', 'x'.repeat(65_536));
    await bind(['KEY']);
    const ticket = await ticketOf();
    expect((await vault.resolve({ ticket, template: Array.from({ length: 51 }, (_, n) => `{{ secrets.A${n} }}`) })).status).toBe(413);
    expect((await vault.resolve({ ticket, template: Array(40).fill('{{ secrets.KEY }}') })).status).toBe(413);
  });
});

describe('a binding', () => {
  test('is written, read and removed, with its author and ETag', async () => {
    expect((await vault.call(author, 'GET', bindingPath)).status).toBe(404);
    const written = await bind(['B', 'A'], { ...place.production, ...place.eu });
    expect(written).toMatchObject({
      status: 200,
      headers: { etag: '"1"' },
      body: {
        pipeline: 'answers',
        names: ['B', 'A'],
        author: 'user:ada',
        environment: 'production',
        app: 'bot',
        namespace: 'eu',
        version: 1,
      },
    });
    expect((await vault.call(author, 'GET', bindingPath)).body).toEqual(written.body);
    expect((await vault.call(author, 'PUT', bindingPath, { body: { ...written.body, names: ['A'] } })).body).toMatchObject({
      names: ['A'],
      version: 2,
    });
    expect((await vault.call(author, 'DELETE', bindingPath, { headers: { 'If-Match': '"1"' } })).status).toBe(412);
    expect((await vault.call(author, 'DELETE', bindingPath)).status).toBe(204);
    expect((await vault.call(author, 'DELETE', bindingPath)).status).toBe(404);
  });

  test.each([[[]], [['lower']], [['A', 'A']], [Array.from({ length: 51 }, (_, n) => `A${n}`)]])('refuses the names %#', async (names) => {
    expect((await bind(names)).status).toBe(422);
  });

  test('needs the right to read where each name is found today', async () => {
    await make('WIDE', 'x');
    await make('PROD', 'x', place.production);
    const bob = 'acme/user:bob';
    vault.grant(bob, 'secrets:support/bot/eu:read');
    expect((await bind(['NEW'], place.eu, bob)).status).toBe(200);
    expect((await bind(['WIDE'], place.eu, bob)).status).toBe(403);
    expect((await bind(['NEW'], {}, bob)).status).toBe(403);
    await vault.call(author, 'DELETE', bindingPath);
    vault.grant(bob, 'secrets:support:read', '!secrets:support:read@production');
    expect((await bind(['PROD'], { environment: 'staging' }, bob)).status).toBe(200);
    expect((await bind(['PROD'], place.production, bob)).status).toBe(403);
    expect((await bind(['PROD'], {}, bob)).status).toBe(403);
    vault.grant(bob, 'secrets:research:read');
    expect((await bind(['NEW'], {}, bob)).status).toBe(404);
  });

  test("is not replaced by somebody without the right at the old binding's place", async () => {
    await bind(['KEY']);
    vault.grant('acme/user:bob', 'secrets:support/bot/eu:read');
    expect((await bind(['KEY'], place.eu, 'acme/user:bob')).status).toBe(403);
  });

  test('in an unknown workspace answers 404', async () => {
    expect((await vault.call(author, 'PUT', '/workspaces/nowhere/pipelines/answers/secrets', { body: { names: ['A'] } })).status).toBe(404);
  });
});

describe('an execution', () => {
  test('begins with either permission, in its environment, and is recorded without its ticket', async () => {
    const started = await start();
    expect(started.body).toMatchObject({ expiresAt: new Date(vault.clock.nowMs() + 15 * 60_000).toISOString() });
    vault.grant(runner, 'endpoints:support:trigger@staging');
    expect((await start()).status).toBe(403);
    expect((await start({ environment: 'staging' })).status).toBe(201);
    vault.grant(runner, 'augmentations:research:execute');
    expect((await start()).status).toBe(404);
    expect((await start({ workspace: 'nowhere' })).status).toBe(404);
    vault.grant(runner, '*:*:*');
    expect((await start({ workspace: 'nowhere' })).body).toMatchObject({ status: 422, errors: [{ pointer: '/workspace' }] });
    const events = (await vault.events()).filter(({ action }) => String(action) === 'start-execution');
    expect(events).toMatchObject([
      {
        type: 'resource.created',
        resource: { type: 'execution', id: started.body.execution, scope: 'support' },
        details: { pipeline: 'answers', environment: 'production' },
      },
      {},
    ]);
    expect(await vault.rows()).not.toContain(started.body.ticket);
  });

  test('is not begun twice by a replay, which shows no ticket', async () => {
    const ask = () =>
      vault.call(runner, 'POST', '/executions', {
        body: { workspace: 'support', pipeline: 'answers', environment: 'production' },
        headers: { 'Idempotency-Key': 'one' },
      });
    const [first, second] = [await ask(), await ask()];
    expect(second).toMatchObject({ status: 201, body: { execution: first.body.execution } });
    expect(second.body).not.toHaveProperty('ticket');
  });
});

test('days pass and branch keys stay: what was written is read under the same key', async () => {
  await make('KEY', 's3cret');
  await bind(['KEY']);
  vault.clock.advance(200 * dayMs);
  expect((await vault.resolve({ ticket: await ticketOf() }, vault.newResolver())).body.values.KEY.value).toBe('s3cret');
});
