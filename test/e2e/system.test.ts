import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execPath } from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { client, guardedCall, prepare } from '../../examples/guarded-client.ts';
import { startModel } from '../../examples/model.ts';
import { type RunningServer, startServer } from '../../examples/server.ts';

const root = dirname(dirname(import.meta.dirname));

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: answers of many routes, checked by what is expected of them
  readonly json: any;
  readonly text: string;
}

const caller =
  (server: () => RunningServer, token: string | undefined) =>
  async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> => {
    const credential = token === undefined ? undefined : (server().tokens[token] ?? token);
    const response = await fetch(server().url + path, {
      method,
      headers: {
        ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '') && text !== '';
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
  };

const eventually = async <T>(look: () => Promise<T | undefined>, deadlineMs = 10_000): Promise<T> => {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() > end) throw new Error('it did not come to be in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

const verify = (folder: string) => {
  const { status, stdout, stderr } = spawnSync(execPath, [join(root, 'scripts', 'audit-verify.ts'), folder], { encoding: 'utf8' });
  return { status, said: stdout + stderr };
};

describe('the running system', () => {
  let server: RunningServer;
  const as = (token?: string) => caller(() => server, token);
  beforeAll(async () => {
    server = await startServer(root);
  });
  afterAll(async () => {
    await server.stop();
    server.remove();
  });
  const org = '/v1/orgs/acme';

  test('prints the five tokens, in the form that secret scanners know', () => {
    expect(Object.keys(server.tokens)).toEqual(['admin', 'developer', 'operator', 'viewer', 'outsider']);
    for (const token of Object.values(server.tokens)) expect(token).toMatch(/^mm_[a-z2-7]{16}_[A-Za-z0-9]{43}_[A-Za-z0-9]{6}$/);
  });

  test('serves its own description, and a page for humans that asks nobody else for anything', async () => {
    const document = await as()('GET', '/openapi.json');
    expect(document.json).toMatchObject({ openapi: expect.stringMatching(/^3\.1/) });
    expect(Object.keys(document.json.paths)).toContain(`/v1/orgs/{org}/roles`);
    const page = await as()('GET', '/docs');
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.text).not.toMatch(/(src|href)="(https?:)?\/\//);
  });

  test('answers 401 without a valid credential, 404 on unknown paths, 405 with Allow on known ones', async () => {
    expect((await as()('GET', `${org}/roles`)).status).toBe(401);
    expect((await as('mm_nonsense')('GET', `${org}/roles`)).status).toBe(401);
    expect((await as('admin')('GET', `${org}/nowhere`)).status).toBe(404);
    const wrong = await as('admin')('PATCH', `${org}/roles`, {});
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, expect.stringContaining('GET')]);
  });

  test('refuses the viewer every write (403), and lets it read', async () => {
    const viewer = as('viewer');
    expect((await viewer('GET', `${org}/workspaces/support`)).status).toBe(200);
    for (const [method, path, body] of [
      ['POST', '/roles', { name: 'x', permissions: ['apps:*:read'] }],
      ['POST', '/assignments', { principal: 'user:eve', role: 'admin', scope: '*' }],
      ['POST', '/secrets', { name: 'A', location: { workspace: 'support' }, value: 'v' }],
      ['POST', '/protection/policies', { name: 'x', workspaces: '*', pii: { types: { email: 'redact' } } }],
      ['POST', '/workspaces/support/protection/scan', { direction: 'input', text: 'x' }],
    ] as const) {
      expect([path, (await viewer(method, org + path, body)).status]).toEqual([path, 403]);
    }
  });

  test('shows another organization the same bytes as nothing at all', async () => {
    const bytes = ({ status, text, json }: Reply) => [status, text.replace(json.requestId, '')];
    const outsider = as('outsider');
    const paths = ['/roles', '/roles/admin', '/secrets', '/workspaces/support', '/audit/events', '/protection/policies', '/members'];
    for (const path of paths) {
      expect(bytes(await outsider('GET', org + path))).toEqual(bytes(await outsider('GET', `/v1/orgs/nobody${path}`)));
      expect((await outsider('GET', org + path)).status).toBe(404);
    }
  });

  test('makes a guarded call whose every trace is in the log, the secret in none', async () => {
    const apiKey = `canary-${crypto.randomUUID()}`;
    const model = await startModel(apiKey);
    try {
      const calls = client(server.url, server.tokens.admin ?? '');
      const setting = { calls, resolver: server.resolver, model: model.url, ...(await prepare(calls, apiKey)) };
      const redacted = await guardedCall(setting, 'My card is 4111 1111 1111 1111');
      expect(redacted.outcome).toBe('redacted');
      expect((await guardedCall(setting, 'Tell me about project   TITAN')).outcome).toBe('blocked');
      const accessed = await eventually(async () => {
        const { json } = await as('admin')('GET', `${org}/audit/events?type=secret.accessed`);
        return json.items.length > 0 ? json.items[0] : undefined;
      });
      expect(accessed).toMatchObject({ type: 'secret.accessed', outcome: 'success', workspace: 'support' });
      const everything = readEverything(server.folder);
      for (const encoded of [
        apiKey,
        Buffer.from(apiKey).toString('base64').slice(0, -4),
        Buffer.from(apiKey).toString('hex'),
        '4111 1111 1111 1111',
      ]) {
        expect(everything.includes(encoded)).toBe(false);
      }
    } finally {
      await model.close();
    }
  });

  test('a revoked token is refused on the very next request', async () => {
    const made = await as('admin')('POST', `${org}/tokens`, {
      name: 'short',
      role: 'viewer',
      scope: '*',
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    });
    expect(made.status).toBe(201);
    expect((await as(made.json.token)('GET', `${org}/workspaces/support`)).status).toBe(200);
    expect((await as('admin')('DELETE', `${org}/tokens/${made.json.id}`)).status).toBe(204);
    expect((await as(made.json.token)('GET', `${org}/workspaces/support`)).status).toBe(401);
  });

  test("keeps its own rows in partitions that no workspace's name can reach", async () => {
    const database = new DatabaseSync(join(server.folder, 'table.sqlite'), { readOnly: true });
    const names = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as { name: string }[];
    const partitions = names.flatMap(({ name }) => {
      const columns = database.prepare(`PRAGMA table_info("${name}")`).all() as { name: string }[];
      if (!columns.some((column) => column.name === 'pk')) return [];
      return (database.prepare(`SELECT DISTINCT pk FROM "${name}"`).all() as { pk: string }[]).map(({ pk }) => pk);
    });
    database.close();
    expect(partitions.length).toBeGreaterThan(20);
    // A workspace's partitions are `<org>#<workspace>#…`: what is the organization's own has no second separator.
    const own = partitions.filter((pk) => !pk.startsWith('@#') && !/^(acme|globex)#(support|research|\*)#/.test(pk));
    for (const pk of own) expect([pk, pk.split('#').length]).toEqual([pk, 2]);
  });

  test('an idempotency key makes one role of two requests, and refuses another body', async () => {
    const admin = as('admin');
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const body = { name: 'Once', permissions: ['apps:support:read'] };
    const first = await admin('POST', `${org}/roles`, body, headers);
    const second = await admin('POST', `${org}/roles`, body, headers);
    expect([first.status, second.status, second.json.id]).toEqual([201, 201, first.json.id]);
    expect((await admin('POST', `${org}/roles`, { ...body, name: 'Twice' }, headers)).status).toBe(409);
  });
});

describe('a crash', () => {
  test('loses nothing that was answered: kill, start again, everything is there once and the log verifies', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'security-plane-crash-'));
    try {
      const made: string[] = [];
      let tokens: unknown;
      for (let round = 0; round < 3; round += 1) {
        const server = await startServer(root, folder);
        tokens ??= server.tokens;
        expect(server.tokens).toEqual(tokens);
        const admin = caller(() => server, 'admin');
        const writes = Array.from({ length: 40 }, async (_, index) => {
          const id = `role-${round}-${index}`;
          const reply = await admin('POST', '/v1/orgs/acme/roles', { id, name: id, permissions: ['apps:*:read'] });
          if (reply.status === 201) made.push(id);
        });
        await Promise.race([Promise.all(writes), new Promise((resolve) => setTimeout(resolve, 40 + 60 * round))]);
        await server.kill();
        await Promise.allSettled(writes);
      }
      const server = await startServer(root, folder);
      const admin = caller(() => server, 'admin');
      for (const id of made) expect([id, (await admin('GET', `/v1/orgs/acme/roles/${id}`)).status]).toEqual([id, 200]);
      const events = await eventually(async () => {
        const ids: string[] = [];
        for (let cursor = ''; ; ) {
          const { json } = await admin('GET', `/v1/orgs/acme/audit/events?type=admin.role_changed&limit=100${cursor}`);
          ids.push(...json.items.map((event: { resource: { id: string } }) => event.resource.id));
          if (json.nextCursor === undefined) break;
          cursor = `&cursor=${encodeURIComponent(json.nextCursor)}`;
        }
        return made.every((id) => ids.includes(id)) ? ids : undefined;
      });
      for (const id of made) expect(events.filter((other) => other === id)).toHaveLength(1);
      await server.stop();
      expect(verify(folder)).toMatchObject({ status: 0 });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 120_000);

  test('one flipped bit in any file of the log is found, and the file is named', async () => {
    const server = await startServer(root);
    try {
      const admin = caller(() => server, 'admin');
      for (let index = 0; index < 300; index += 1)
        await admin('POST', '/v1/orgs/acme/roles', { name: `r${index}`, permissions: ['apps:*:read'] });
      await server.stop();
      expect(verify(server.folder)).toMatchObject({ status: 0 });
      for (const file of logFiles(server.folder)) {
        const bytes = readFileSync(file);
        const at = Math.floor(Math.random() * bytes.length);
        const bad = Buffer.from(bytes);
        bad[at] = (bad[at] ?? 0) ^ (1 << Math.floor(Math.random() * 8));
        execFileSync('chmod', ['u+w', file]);
        writeFileSync(file, bad);
        const { status, said } = verify(server.folder);
        expect([file, at, status !== 0, said.trim() !== '']).toEqual([file, at, true, true]);
        writeFileSync(file, bytes);
      }
      for (const part of ['log', 'archive']) {
        const [acme, globex] = ['acme', 'globex'].map((org) => join(server.folder, 'bucket', part, org)) as [string, string];
        rmSync(globex, { recursive: true, force: true });
        cpSync(acme, globex, { recursive: true, preserveTimestamps: true });
      }
      expect(verify(server.folder)).toMatchObject({ status: 1, said: expect.stringContaining('globex/checkpoint') });
    } finally {
      await server.stop();
      server.remove();
    }
  }, 180_000);
});

/** What the running server takes away meanwhile (a staging file) is passed over. */
const unlessGone = <T>(look: () => T, gone: T): T => {
  try {
    return look();
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return gone;
    throw error;
  }
};

const walk = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => unlessGone(() => statSync(path).isFile(), false));

const logFiles = (folder: string): string[] => walk(join(folder, 'bucket')).filter((path) => /[/\\]log[/\\]/.test(path));

const readEverything = (folder: string): Buffer =>
  Buffer.concat(walk(folder).map((path) => unlessGone(() => readFileSync(path), Buffer.alloc(0))));
