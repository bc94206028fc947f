// The vault on embedded tables: its app and resolver, principals with plain grants, and everything that left it.

import { fileKeys } from '../../functions/shared/embedded/file-keys.ts';
import { openSqliteTable, type SqliteTable } from '../../functions/shared/embedded/sqlite-table.ts';
import { createApp } from '../../functions/shared/http/app.ts';
import { appKit } from '../../functions/shared/http/app-kit.ts';
import type { Access, AccessSource } from '../../functions/shared/kernel/call.ts';
import type { DecisionInputs } from '../../functions/shared/kernel/decision.ts';
import { orgId } from '../../functions/shared/kernel/ids.ts';
import { covers, intersect, type Scope, scope } from '../../functions/shared/kernel/scope.ts';
import { realWorld, type World } from '../../functions/shared/kernel/world.ts';
import { jsonLog } from '../../functions/shared/observability/log.ts';
import type { Keys } from '../../functions/shared/ports/keys.ts';
import type { Table } from '../../functions/shared/ports/table.ts';
import { resolverDependencies, vaultDependencies } from '../../functions/vault/dependencies.ts';
import { createResolver } from '../../functions/vault/resolver.ts';
import { routes } from '../../functions/vault/routes.ts';
import { type EventWords, lambdaContext, proxyEvent } from './events.ts';
import { type TestClock, temporaryFolder, testClock } from './ports.ts';

/** `resource:scope:action`, with `@environment` where the grant holds in that environment only; `!` before it denies. */
export type Grant = string;

interface ParsedGrant {
  readonly deny: boolean;
  readonly resource: string;
  readonly at: Scope;
  readonly action: string;
  readonly environment: string | undefined;
}

const parseGrant = (text: Grant): ParsedGrant => {
  const [permission = '', environment] = text.replace('!', '').split('@');
  const [resource = '', at = '', action = ''] = permission.split(':');
  return { deny: text.startsWith('!'), resource, at: scope.parse(at), action, environment };
};

/** An allow whose environment is missing does not match, a deny does. */
const matches = (grant: ParsedGrant, resource: string, at: Scope, action: string, inputs: DecisionInputs | undefined): boolean =>
  [resource, '*'].includes(grant.resource) &&
  [action, '*'].includes(grant.action) &&
  covers(grant.at, at) &&
  (grant.environment === undefined || (inputs?.environment === undefined ? grant.deny : inputs.environment === grant.environment));

export const accessOf = (texts: readonly Grant[]): Access => {
  const grants = texts.map(parseGrant);
  return {
    version: 1,
    decide: (resource, at, action, inputs) => {
      const matching = grants.filter((grant) => matches(grant, resource, at, action, inputs));
      const allowed = matching.length > 0 && !matching.some(({ deny }) => deny);
      return { allowed, reason: allowed ? 'granted' : 'not granted', matched: [] };
    },
    reaches: (workspace) => grants.some(({ deny, at }) => !deny && intersect(at, scope.parse(workspace)) !== undefined),
    holdsSomewhere: (resource, action) =>
      grants.some((grant) => !grant.deny && [resource, '*'].includes(grant.resource) && [action, '*'].includes(grant.action)),
  };
};

export interface Reply {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every route
  readonly body: any;
  readonly text: string;
  readonly headers: Record<string, unknown>;
}

/** Counts the calls of the keys port. */
const counted = (keys: Keys, calls: string[]): Keys => ({
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

/** An emulator may take longer than Lambda's usual deadline. */
const context = { ...lambdaContext, getRemainingTimeInMillis: () => 55_000 };

/** Other adapters than the embedded ones. */
export interface VaultPorts {
  readonly clock: TestClock;
  readonly table: Table;
  readonly keyTable: Table;
  readonly keys?: Keys;
}

export const vaultFixture = (ports?: VaultPorts) => {
  const folder = temporaryFolder();
  const clock = ports?.clock ?? testClock();
  const world: World = { ...clock, bytes: realWorld.bytes };
  const embedded = openSqliteTable({ path: `${folder.path}/table.sqlite`, clock, name: 'main' });
  const embeddedKeys = openSqliteTable({ path: `${folder.path}/keys.sqlite`, clock, name: 'keys' });
  const main: Table = ports?.table ?? embedded;
  const keyTable: Table = ports?.keyTable ?? embeddedKeys;
  const keyCalls: string[] = [];
  const reads: string[] = [];
  let beforeWrite: ((writes: number) => void) | undefined;
  const table: Table = {
    get: (tenant, key) => {
      reads.push('get');
      return main.get(tenant, key);
    },
    batchGet: (tenant, keys) => {
      reads.push(`batchGet ${keys.length}`);
      return main.batchGet(tenant, keys);
    },
    query: (tenant, query) => main.query(tenant, query),
    transact: async (tenant, writes) => {
      beforeWrite?.(writes.length);
      await main.transact(tenant, writes);
    },
  };
  const keys = counted(ports?.keys ?? fileKeys({ path: `${folder.path}/keys.json`, randomness: world }), keyCalls);
  const logLines: string[] = [];
  const log = jsonLog((line) => logLines.push(line));
  const principals = new Map<string, readonly Grant[]>();
  const access: AccessSource = async (org, principal) => accessOf(principals.get(`${org}/${principal}`) ?? []);
  const platform = { world, log, table, keyTable, keys };
  const workspaces = new Set<string>();
  const dependencies = {
    ...vaultDependencies(platform),
    workspaceExists: async (org: string, workspace: string) => workspaces.has(`${org}/${workspace}`),
  };
  const denials: unknown[] = [];
  const kit = appKit(platform, { service: 'vault', access, recordDenial: async (_, denial) => void denials.push(denial) });
  const app = createApp(kit, routes, dependencies);
  const newResolver = () => createResolver({ ...resolverDependencies(platform), access });
  const resolver = newResolver();
  const replies: string[] = [];
  let requests = 0;

  const call = async (
    who: string,
    method: string,
    path: string,
    more: Pick<EventWords, 'body' | 'query' | 'headers'> = {},
  ): Promise<Reply> => {
    const [org = '', principal = ''] = who.split('/');
    const { resource, params } = matchRoute(method, path);
    const event = proxyEvent({ method, resource, params: { org, ...params }, authorizer: { org, principal }, ...more });
    const { statusCode, body = '', headers = {} } = await app(event, context);
    replies.push(JSON.stringify(headers) + body);
    return { status: statusCode, text: body, body: body === '' ? undefined : JSON.parse(body), headers };
  };

  const resolve = async (body: unknown, by = resolver): Promise<Reply> => {
    requests += 1;
    const answer = await by({
      rawPath: '/',
      headers: { 'content-type': 'application/json' },
      isBase64Encoded: false,
      body: typeof body === 'string' ? body : JSON.stringify(body),
      requestContext: {
        requestId: `resolve-${requests}`,
        timeEpoch: clock.nowMs(),
        http: { method: 'POST', sourceIp: '127.0.0.1', userAgent: 'test' },
        authorizer: { iam: { userArn: 'arn:aws:sts::111122223333:assumed-role/pipelines/run' } },
      },
    });
    return { status: answer.statusCode, text: answer.body, body: JSON.parse(answer.body), headers: answer.headers ?? {} };
  };

  const rowsOf = async (of: SqliteTable): Promise<string> => {
    const { changes } = await of.read(undefined, 100_000);
    return JSON.stringify(changes, (_, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value));
  };

  return {
    clock,
    world,
    table: main,
    keyTable,
    keyCalls,
    keys,
    reads,
    logLines,
    replies,
    denials,
    folder: folder.path,
    call,
    resolve,
    newResolver,
    dependencies,
    grant: (who: string, ...grants: Grant[]) => void principals.set(who, grants),
    makeWorkspace: (org: string, workspace: string) => {
      workspaces.add(`${org}/${workspace}`);
      // Writes are carried out in their order: what a test does next finds it.
      void table.transact(org, [{ kind: 'put', item: { pk: `${org}#workspaces`, sk: workspace } }]);
    },
    failWrites: (when: typeof beforeWrite) => {
      beforeWrite = when;
    },
    /** All rows ever written to embedded tables, bytes as Latin-1. */
    rows: () => rowsOf(embedded),
    keyRows: () => rowsOf(embeddedKeys),
    events: async () =>
      (await embedded.read(undefined, 100_000)).changes.flatMap(({ item }) =>
        item?.event === undefined
          ? []
          : [item.event as unknown as Record<string, never> & { type: string; outcome: string; details: Record<string, unknown> }],
      ),
    org: orgId.parse('acme'),
    close: () => {
      embedded.close();
      embeddedKeys.close();
      folder.remove();
    },
  };
};

export type VaultFixture = ReturnType<typeof vaultFixture>;

/** @returns the route's path for a path below `/v1/orgs/{org}`, and its parameters */
const matchRoute = (method: string, path: string): { resource: string; params: Record<string, string> } => {
  for (const route of routes) {
    const names: string[] = [];
    const pattern = route.path.replace('/v1/orgs/{org}', '').replace(/\{(\w+)\}/g, (_, name: string) => {
      names.push(name);
      return '([^/]+)';
    });
    const match = route.method === method ? new RegExp(`^${pattern}$`).exec(path) : null;
    if (match !== null) return { resource: route.path, params: Object.fromEntries(names.map((name, n) => [name, match[n + 1] ?? ''])) };
  }
  throw new Error(`no route ${method} ${path}`);
};
