// Walks the real route tables of all services on one embedded platform: requests made from the tables themselves, and what each changed.
import * as z from 'zod';
import { organizationSetup } from '../../functions/authz/public.ts';
import { openEmbeddedPlatform } from '../../functions/shared/embedded/embedded-platform.ts';
import { openapiOf } from '../../functions/shared/http/openapi.ts';
import { exampleOf } from '../../functions/shared/http/openapi-examples.ts';
import type { JsonSchema } from '../../functions/shared/http/openapi-schemas.ts';
import { environment, orgId } from '../../functions/shared/kernel/ids.ts';
import type { Change } from '../../functions/shared/ports/table.ts';
import { buildSystem } from '../../local/system.ts';
import { rememberingLog } from './gateway.ts';
import { temporaryFolder, testClock, testRandomness } from './ports.ts';
import { type AnyRoute, noIssuer, requestsTo } from './service-requests.ts';

/** Stands in everything that the walk makes, so that a leak of it shows. */
export const canary = 'CANARY';

export const paramsOfPath = (path: string): string[] => [...path.matchAll(/\{(\w+)\+?\}/g)].map((match) => match[1] ?? '');

/** Values by the name of the field that takes them; each is tried, and kept where the body stays valid. */
const valuesByName = (workspace: string, futureTime: string, pastTime: string): Readonly<Record<string, readonly unknown[]>> => ({
  workspace: [workspace],
  workspaces: [[workspace]],
  scope: [workspace],
  scopes: [[workspace]],
  location: [{ workspace }],
  permission: [`apps:${workspace}:read`],
  permissions: [[`apps:${workspace}:read`]],
  principal: ['user:vic'],
  subject: ['user:vic'],
  role: ['viewer'],
  roles: [[]],
  denyLists: [[]],
  name: [`${canary}_NAME`],
  names: [[`${canary}_NAME`]],
  description: [canary],
  email: ['walk@example.com'],
  pipeline: ['triage'],
  expiresAt: [futureTime],
  since: [pastTime],
  policies: [[]],
  pii: [{ types: { email: 'redact' } }],
  overrides: [{}],
});

/** @param put what stands there instead; absent: nothing */
const changedAt = (value: unknown, path: readonly (string | number)[], put?: { readonly value: unknown }): unknown => {
  const copy = structuredClone(value);
  let at = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  if (put !== undefined) at[path.at(-1) ?? ''] = put.value;
  else if (Array.isArray(at)) at.splice(Number(path.at(-1)), 1);
  else delete at[path.at(-1) ?? ''];
  return copy;
};

const pathsOf = (value: unknown): (readonly (string | number)[])[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => [[key], ...pathsOf(each).map((path) => [key, ...path])]);
};

/** An example that the schema refuses gets what the walk knows, or loses one member after another, until it is taken. */
const repaired = (example: unknown, schema: z.ZodType, values: Readonly<Record<string, readonly unknown[]>>): unknown => {
  const faults = (value: unknown): number => {
    const parsed = schema.safeParse(value);
    return parsed.success ? 0 : parsed.error.issues.length;
  };
  let best = example;
  for (let left = 30; left > 0 && faults(best) > 0; left -= 1) {
    const known = pathsOf(best).flatMap((path) => (values[String(path.at(-1))] ?? []).map((value) => changedAt(best, path, { value })));
    const smaller = pathsOf(best).map((path) => changedAt(best, path));
    const next = [...known.filter((each) => faults(each) < faults(best)), ...smaller].toSorted((a, b) => faults(a) - faults(b))[0];
    if (next === undefined) return undefined;
    best = next;
  }
  return faults(best) === 0 ? best : undefined;
};

/** Left out where they may be: they would narrow the place, or ask for what is not there. */
const dropped = [
  ['app', 'namespace'],
  ...[
    'id',
    'conditions',
    'unless',
    'hosts',
    'confirmation',
    'decoy',
    'environment',
    'ticket',
    'content',
    'injection',
    'secrets',
    'optional',
    'deleteRole',
    'deletePolicy',
    'deleteAssignment',
  ].map((name) => [name]),
];

/** Fills in what the walk knows, as long as the schema goes on taking it. */
const adapted = (example: unknown, schema: z.ZodType, values: Readonly<Record<string, readonly unknown[]>>): unknown => {
  let body = structuredClone(example);
  const attempt = (change: (copy: never) => void): void => {
    const copy = structuredClone(body);
    change(copy as never);
    if (schema.safeParse(copy).success) body = copy;
  };
  const places: (readonly (string | number)[])[] = [];
  const visit = (value: unknown, path: readonly (string | number)[]): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, each] of Object.entries(value)) {
      places.push([...path, key]);
      visit(each, [...path, key]);
    }
  };
  visit(body, []);
  const parentAt = (root: unknown, path: readonly (string | number)[]): Record<string, unknown> | undefined => {
    let at = root as Record<string | number, unknown> | undefined;
    for (const key of path.slice(0, -1)) at = at?.[key] as Record<string | number, unknown> | undefined;
    return typeof at === 'object' && at !== null ? (at as Record<string, unknown>) : undefined;
  };
  for (const path of places) {
    const key = String(path.at(-1));
    for (const group of dropped.filter((names) => names.includes(key))) {
      attempt((copy) => {
        const parent = parentAt(copy, path);
        for (const name of group) delete parent?.[name];
      });
    }
    for (const value of values[key] ?? []) {
      attempt((copy) => {
        const parent = parentAt(copy, path);
        if (parent !== undefined && Object.hasOwn(parent, key)) parent[key] = value;
      });
    }
  }
  return body;
};

/** Rows that a request may leave whatever it was answered: the record of a denial or of a reading, and counts of decisions. */
const isTrace = ({ key, item }: Change): boolean => {
  const type = (item?.event as { type?: string } | undefined)?.type;
  return /#(usage|audit-read:)/.test(key.pk) || type === 'authz.denied' || type === 'audit.searched';
};

export const openWalk = async () => {
  const folder = temporaryFolder();
  const clock = testClock();
  const world = { ...clock, ...testRandomness('walk') };
  const { log } = rememberingLog();
  const platform = openEmbeddedPlatform({ folder: folder.path, world, log });
  const { services } = buildSystem(platform, noIssuer);
  const document = openapiOf(services, { title: 'walk', version: '1' }) as unknown as {
    paths: Record<string, Record<string, { requestBody?: { content: Record<string, { example?: unknown; schema?: JsonSchema }> } }>>;
  };
  const components = (document as { components?: { schemas?: Record<string, JsonSchema> } }).components?.schemas ?? {};
  const routes: readonly AnyRoute[] = services.flatMap(({ routes: own }) => own);

  const setup = organizationSetup({ table: platform.table, world });
  for (const org of ['acme', 'globex']) {
    await setup.createOrganization(orgId.parse(org), { id: 'ada', email: `ada@${org}.test`, name: 'Ada' });
    for (const id of ['support', 'research']) await setup.ensureWorkspace(orgId.parse(org), { id, environments: environment.options });
  }

  const send = requestsTo(services, world);

  /** The example body of the route, about that workspace; undefined where the route takes none. */
  const bodyOf = (route: AnyRoute, workspace = 'support'): unknown => {
    if (route.body === undefined) return undefined;
    const operation = document.paths[route.path.replace(/\{(\w+)\+\}/, '{$1}')]?.[route.method.toLowerCase()];
    const [content] = Object.values(operation?.requestBody?.content ?? {});
    const day = 86_400_000;
    const values = valuesByName(workspace, new Date(world.nowMs() + day).toISOString(), new Date(world.nowMs() - day).toISOString());
    const { body: schema } = route;
    const example = content?.example ?? repaired(exampleOf(content?.schema ?? {}, z.any(), 'input', components), schema, values);
    return adapted(example, schema, values);
  };

  /** Query parameters that the route cannot do without. */
  const queryOf = (route: AnyRoute): Record<string, string> | undefined => {
    const known: Record<string, string> = { permission: 'apps:support:read', id: 'some', direction: 'input', from: '1', to: '1' };
    if (route.query === undefined || route.query.safeParse({}).success) return undefined;
    const needed = Object.keys(route.query.shape).filter((name) => !(route.query as z.ZodObject).shape[name]?.safeParse(undefined).success);
    return Object.fromEntries(needed.map((name) => [name, known[name] ?? '1']));
  };

  /** @returns the id of an event about the workspace */
  const eventIdIn = async (org: string, workspace: string): Promise<string> => {
    const { changes } = await platform.table.read(undefined, 100_000);
    for (const { item } of changes) {
      const event = item?.event as { id: string; org?: string; workspace?: string } | undefined;
      if (event?.workspace === workspace && item?.pk.startsWith(`${org}#`)) return event.id;
    }
    throw new Error(`no event is about ${workspace}`);
  };

  let cursor: string | undefined;
  /** @returns what was written since the last call, besides traces */
  const changesSince = async (): Promise<readonly string[]> => {
    const written: string[] = [];
    for (;;) {
      const page = await platform.table.read(cursor, 1_000);
      cursor = page.cursor;
      if (page.changes.length === 0) return written;
      written.push(...page.changes.filter((change) => !isTrace(change)).map(({ kind, key }) => `${kind} ${key.pk} ${key.sk}`));
    }
  };

  return {
    /** Public routes and provisioning have callers of their own. */
    routes: routes.filter(({ permission }) => permission !== 'public' && permission !== 'scim'),
    clock,
    send,
    bodyOf,
    queryOf,
    eventIdIn,
    changesSince,
    close: () => {
      platform.close();
      folder.remove();
    },
  };
};

export type Walk = Awaited<ReturnType<typeof openWalk>>;
