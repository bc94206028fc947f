// Prompt protection on embedded tables: its app, principals with plain grants, and what it left in the table.

import { protectDependencies } from '../../functions/protect/dependencies.ts';
import { routes } from '../../functions/protect/routes.ts';
import { fileKeys } from '../../functions/shared/embedded/file-keys.ts';
import { openSqliteTable } from '../../functions/shared/embedded/sqlite-table.ts';
import { createApp } from '../../functions/shared/http/app.ts';
import { appKit } from '../../functions/shared/http/app-kit.ts';
import type { AccessSource } from '../../functions/shared/kernel/call.ts';
import { orgId } from '../../functions/shared/kernel/ids.ts';
import { realWorld, type World } from '../../functions/shared/kernel/world.ts';
import { jsonLog } from '../../functions/shared/observability/log.ts';
import { orgKeys } from '../../functions/shared/org-keys.ts';
import { sealTicket, type Ticket } from '../../functions/vault/domain/ticket.ts';
import { type EventWords, lambdaContext, proxyEvent } from './events.ts';
import { temporaryFolder, testClock } from './ports.ts';
import { accessOf, type Grant, type Reply } from './vault-fixture.ts';

type StoredEvent = Record<string, never> & {
  type: string;
  action: string;
  outcome: string;
  details: Record<string, unknown>;
  changes: unknown;
};

export const protectFixture = () => {
  const folder = temporaryFolder();
  const clock = testClock();
  const world: World = { ...clock, bytes: realWorld.bytes };
  const table = openSqliteTable({ path: `${folder.path}/table.sqlite`, clock, name: 'main' });
  const keyTable = openSqliteTable({ path: `${folder.path}/keys.sqlite`, clock, name: 'keys' });
  const keys = fileKeys({ path: `${folder.path}/keys.json`, randomness: world });
  const logLines: string[] = [];
  const log = jsonLog((line) => logLines.push(line));
  const principals = new Map<string, readonly Grant[]>();
  const access: AccessSource = async (org, principal) => accessOf(principals.get(`${org}/${principal}`) ?? []);
  const platform = { world, log, table, keyTable, keys };
  const workspaces = new Set<string>();
  const start = () => {
    const dependencies = {
      ...protectDependencies(platform),
      workspaceExists: async (org: string, workspace: string) => workspaces.has(`${org}/${workspace}`),
    };
    const kit = appKit(platform, { service: 'protect', access, recordDenial: async () => {} });
    return createApp(kit, routes, dependencies);
  };
  const app = start();

  const call = async (
    who: string,
    method: string,
    path: string,
    more: Pick<EventWords, 'body' | 'query' | 'headers'> = {},
    by = app,
  ): Promise<Reply> => {
    const [org = '', principal = ''] = who.split('/');
    const { resource, params } = matchRoute(method, path);
    const event = proxyEvent({ method, resource, params: { org, ...params }, authorizer: { org, principal }, ...more });
    const { statusCode, body = '', headers = {} } = await by(event, lambdaContext);
    return { status: statusCode, text: body, body: body === '' ? undefined : JSON.parse(body), headers };
  };

  const ticketFor = async (of: Partial<Record<keyof Ticket, unknown>> & { org: string }): Promise<string> => {
    const key = await orgKeys({ keyTable, keys, clock })(orgId.parse(of.org), 'tickets');
    const expiresAtMs = clock.nowMs() + 60_000;
    return sealTicket(key, {
      caller: 'user:ada',
      workspace: 'support',
      pipeline: 'answer',
      environment: 'production',
      execution: 'e1',
      expiresAtMs,
      ...of,
    } as Ticket);
  };

  const changes = async () => (await table.read(undefined, 100_000)).changes;
  return {
    clock,
    logLines,
    call,
    /** Another process on the same tables. */
    start,
    ticketFor,
    grant: (who: string, ...grants: Grant[]) => void principals.set(who, grants),
    makeWorkspace: (org: string, workspace: string) => void workspaces.add(`${org}/${workspace}`),
    rows: async () => JSON.stringify(await changes()),
    countRows: async () => (await changes()).length,
    events: async (): Promise<StoredEvent[]> =>
      (await changes()).flatMap(({ item }) => (item?.event === undefined ? [] : [item.event as unknown as StoredEvent])),
    close: () => {
      table.close();
      keyTable.close();
      folder.remove();
    },
  };
};

export type ProtectFixture = ReturnType<typeof protectFixture>;

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
