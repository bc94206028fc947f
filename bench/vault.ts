// The vault: envelope against peers, resolving 50 names, KMS calls of 10,000 resolves, pages of 10,000 secrets, finding secrets in texts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accessSource, organizationSetup, serviceKit } from '../functions/authz/public.ts';
import { openEmbeddedPlatform } from '../functions/shared/embedded/embedded-platform.ts';
import { createApp } from '../functions/shared/http/app.ts';
import { orgId } from '../functions/shared/kernel/ids.ts';
import { realWorld } from '../functions/shared/kernel/world.ts';
import { jsonLog } from '../functions/shared/observability/log.ts';
import type { Keys } from '../functions/shared/ports/keys.ts';
import { resolverDependencies, vaultDependencies } from '../functions/vault/dependencies.ts';
import { findSecrets, secretFingerprints } from '../functions/vault/public.ts';
import { createResolver } from '../functions/vault/resolver.ts';
import { routes } from '../functions/vault/routes.ts';
import { lambdaContext, proxyEvent } from '../test/support/events.ts';
import { type Bench, quantile, table } from './report.ts';
import { envelopeReport } from './vault-envelope.ts';

const org = orgId.parse('acme');
const names = Array.from({ length: 50 }, (_, n) => `MODEL_KEY_${n}`);
const manySecrets = 10_000;
const base = '/v1/orgs/{org}';

const countCalls = (keys: Keys, calls: string[]): Keys => ({
  ...keys,
  generateDataKey: (key, context) => {
    calls.push(`generate ${key}`);
    return keys.generateDataKey(key, context);
  },
  unwrap: (key, wrapped, context) => {
    calls.push(`unwrap ${key}`);
    return keys.unwrap(key, wrapped, context);
  },
});

/** A vault with its real access control on embedded tables, and what a bench asks of it. */
const openVault = async (folder: string) => {
  const opened = openEmbeddedPlatform({ folder, world: realWorld, log: jsonLog(() => undefined) });
  const keyCalls: string[] = [];
  const platform = { ...opened, keys: countCalls(opened.keys, keyCalls) };
  const { table: rows, world } = platform;
  const setup = organizationSetup({ table: rows, world });
  await setup.createOrganization(org, { id: 'ada', email: 'ada@acme.test', name: 'Ada' });
  for (const id of ['support', 'research']) await setup.ensureWorkspace(org, { id, name: id });
  const kit = serviceKit(platform, 'vault', accessSource({ table: rows, world }));
  const app = createApp(kit, routes, vaultDependencies(platform));
  const call = async (
    method: string,
    path: string,
    more: { body?: unknown; query?: Record<string, string>; params?: Record<string, string> },
  ) => {
    const authorizer = { org, principal: 'user:ada' };
    const event = proxyEvent({ method, resource: `${base}${path}`, authorizer, ...more, params: { org, ...more.params } });
    const { statusCode, body } = await app(event, lambdaContext);
    if (statusCode >= 300) throw new Error(`${method} ${path} answered ${statusCode}`);
    return JSON.parse(body) as Record<string, never>;
  };
  const importAll = (workspace: string, content: string) =>
    call('POST', '/secrets/import', { body: { location: { workspace }, format: 'env', content } });
  const resolver = createResolver(resolverDependencies(platform));
  const resolve = async (ticket: string): Promise<void> => {
    const { statusCode } = await resolver({
      rawPath: '/',
      headers: { 'content-type': 'application/json' },
      isBase64Encoded: false,
      body: JSON.stringify({ ticket }),
      requestContext: { requestId: 'bench', timeEpoch: Date.now(), http: { method: 'POST', sourceIp: '127.0.0.1', userAgent: 'bench' } },
    });
    if (statusCode !== 200) throw new Error(`the resolver answered ${statusCode}`);
  };
  return { platform, keyCalls, call, importAll, resolve, close: () => opened.close() };
};
type Vault = Awaited<ReturnType<typeof openVault>>;

const timesOf = async (count: number, run: () => Promise<unknown>): Promise<number[]> => {
  const times: number[] = [];
  for (let done = 0; done < count; done += 1) {
    const started = performance.now();
    await run();
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b);
};

const row = (name: string, sorted: readonly number[]): string[] => [
  name,
  quantile(sorted, 0.5).toFixed(2),
  quantile(sorted, 0.99).toFixed(2),
];

const sortedUp = (times: readonly number[]): number[] => times.toSorted((a, b) => a - b);

const writeOne = ({ platform: { table: rows } }: Vault): Promise<void> =>
  rows.transact(org, [{ kind: 'put', item: { pk: `${org}#bench`, sk: 'row', value: 1 } }]);

const ticketOf = async ({ call }: Vault): Promise<string> => {
  const params = { workspace: 'support', pipeline: 'bench' };
  await call('PUT', '/workspaces/{workspace}/pipelines/{pipeline}/secrets', { params, body: { names } });
  const execution = await call('POST', '/executions', { body: { workspace: 'support', pipeline: 'bench', environment: 'production' } });
  return String(execution.ticket);
};

const resolveReport = async (vault: Vault): Promise<string> => {
  await vault.importAll('support', names.map((name) => `${name}=${Buffer.from(realWorld.bytes(48)).toString('base64url')}`).join('\n'));
  const ticket = await ticketOf(vault);
  const cold = await timesOf(1, () => vault.resolve(ticket));
  await timesOf(200, () => vault.resolve(ticket));
  const warm: number[] = [];
  const floor: number[] = [];
  const cpu: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    const before = process.cpuUsage();
    warm.push(...(await timesOf(100, () => vault.resolve(ticket))));
    const { user, system } = process.cpuUsage(before);
    cpu.push((user + system) / 1_000 / 100);
    floor.push(...(await timesOf(100, () => writeOne(vault))));
  }
  vault.keyCalls.length = 0;
  for (let done = 0; done < 10_000; done += 50) await Promise.all(Array.from({ length: 50 }, () => vault.resolve(ticket)));
  const calls = vault.keyCalls.filter((each) => each.endsWith('vault')).length;
  return [
    `Resolving ${names.length} names, the audit write durable before the answer (target: p50 under 2 ms, p99 under 5 ms); the first one took ${cold[0]?.toFixed(1)} ms.`,
    '',
    table(
      ['', 'p50 ms', 'p99 ms'],
      [row('resolve of 50, warm', sortedUp(warm)), row('one durable write of one small row, in turns with it (the disk)', sortedUp(floor))],
    ),
    '',
    `Processor time of one resolve: ${quantile(sortedUp(cpu), 0.5).toFixed(2)} ms.`,
    '',
    `Calls to the key service in 10,000 resolves over one workspace: ${calls} (a branch key is unwrapped once in five minutes or 100,000 uses).`,
  ].join('\n');
};

const fillWorkspace = async (vault: Vault): Promise<string[]> => {
  const values = Array.from({ length: manySecrets }, () => Buffer.from(realWorld.bytes(24)).toString('base64url'));
  for (let from = 0; from < manySecrets; from += 2_000) {
    const lines = values.slice(from, from + 2_000).map((value, n) => `SECRET_${String(from + n).padStart(5, '0')}=${value}`);
    await vault.importAll('research', lines.join('\n'));
  }
  return values;
};

/** Pages by a hundred; the first pages against the last. */
const listReport = async ({ call }: Vault, query: Record<string, string>): Promise<string[]> => {
  const walk = async (): Promise<number[]> => {
    const times: number[] = [];
    for (let cursor = ''; ; ) {
      const started = performance.now();
      const page = await call('GET', '/secrets', { query: { ...query, limit: '100', ...(cursor === '' ? {} : { cursor }) } });
      times.push(performance.now() - started);
      if (page.nextCursor === undefined) return times;
      cursor = page.nextCursor;
    }
  };
  await walk();
  const walks = [await walk(), await walk(), await walk()];
  const part = (of: (times: number[]) => number[]): string =>
    quantile(
      walks.flatMap(of).sort((a, b) => a - b),
      0.5,
    ).toFixed(2);
  return [
    query.workspace === undefined ? 'the whole organization' : 'one workspace',
    part((times) => times.slice(0, 10)),
    part((times) => times.slice(-11, -1)),
  ];
};

const findReport = async (vault: Vault, values: readonly string[]): Promise<string> => {
  const started = performance.now();
  const known = await secretFingerprints(vault.platform)(org, 'research');
  const loadMs = performance.now() - started;
  const prose = 'Summarise the ticket of the customer in two sentences, and say when it was opened. '.repeat(12_000);
  const text = `${prose.slice(0, 500_000)}${values[77]}${prose.slice(500_000)}`;
  const found = findSecrets(known, text);
  if (found.length !== 1) throw new Error(`found ${found.length} secrets instead of one`);
  const times = await timesOf(20, async () => findSecrets(known, text));
  const rate = text.length / 1_000 / quantile(times, 0.5);
  return `A text of ${(text.length / 1e6).toFixed(1)} MB searched for ${manySecrets} secrets in ${known.size} forms: ${rate.toFixed(0)} MB/s (target: 10). Loading their fingerprints once an epoch: ${loadMs.toFixed(0)} ms.`;
};

const run = async (): Promise<string> => {
  const envelope = await envelopeReport();
  const folder = mkdtempSync(join(tmpdir(), 'vault-bench-'));
  const vault = await openVault(folder);
  try {
    const resolving = await resolveReport(vault);
    const values = await fillWorkspace(vault);
    const pages = [await listReport(vault, { workspace: 'research' }), await listReport(vault, {})];
    const listing = table([`100 a page of ${manySecrets} secrets`, 'first ten pages, ms', 'last ten pages, ms'], pages);
    return [envelope, resolving, listing, await findReport(vault, values)].join('\n\n');
  } finally {
    vault.close();
    rmSync(folder, { recursive: true, force: true });
  }
};

export const vaultBench: Bench = { name: 'Vault', run };
