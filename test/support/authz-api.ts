// Access control and identity on an embedded table, asked as API Gateway would ask them: authorizer first, then the handler.
import type { APIGatewayProxyEvent, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { createAuthorizer } from '../../functions/authz/authorizer.ts';
import { authzDependencies } from '../../functions/authz/dependencies.ts';
import type { VerifyJwt } from '../../functions/authz/ports.ts';
import { accessSource, apiTokenText, organizationSetup, serviceKit } from '../../functions/authz/public.ts';
import { routes as authzRoutes } from '../../functions/authz/routes.ts';
import { identityDependencies } from '../../functions/identity/dependencies.ts';
import { routes as identityRoutes } from '../../functions/identity/routes.ts';
import { openEmbeddedPlatform } from '../../functions/shared/embedded/embedded-platform.ts';
import { createApp } from '../../functions/shared/http/app.ts';
import type { Caller } from '../../functions/shared/kernel/call.ts';
import { orgId } from '../../functions/shared/kernel/ids.ts';
import { principal } from '../../functions/shared/kernel/principal.ts';
import { scope } from '../../functions/shared/kernel/scope.ts';
import { newId } from '../../functions/shared/kernel/world.ts';
import { rememberingLog } from './gateway.ts';
import { temporaryFolder, testClock, testRandomness } from './ports.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // biome-ignore lint/suspicious/noExplicitAny: answers of many routes, checked by what is expected of them
  readonly json: any;
  readonly text: string;
}

export interface AskOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly ip?: string;
}

const noJwt: VerifyJwt = async () => {
  throw new Error('no access tokens here');
};

const matchPath = (pattern: string, path: string): Record<string, string> | undefined => {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = decodeURIComponent(given[index] ?? '');
    if (part.startsWith('{')) params[part.slice(1, -1)] = value;
    else if (part !== value) return undefined;
  }
  return params;
};

/** An organization `acme` with workspaces `support` and `research`, its admin `user:ada`, and a second one, `globex`. */
export const authzApi = async ({ verifyJwt = noJwt }: { verifyJwt?: VerifyJwt } = {}) => {
  const folder = temporaryFolder();
  const clock = testClock();
  const world = { ...clock, ...testRandomness('authz') };
  const { log, lines } = rememberingLog();
  const platform = openEmbeddedPlatform({ folder: folder.path, world, log });
  const { table } = platform;
  const acme = orgId.parse('acme');
  const setup = organizationSetup({ table, world });
  const kit = (service: string) => serviceKit(platform, service, accessSource({ table, world }));
  const services = [
    { routes: authzRoutes, app: createApp(kit('authz'), authzRoutes, authzDependencies(platform)) },
    { routes: identityRoutes, app: createApp(kit('identity'), identityRoutes, identityDependencies(platform)) },
  ];
  const authorizer = createAuthorizer({ table, world, log, verifyJwt });

  const authorizerEvent = (headers: Record<string, string>): APIGatewayRequestAuthorizerEvent =>
    ({
      type: 'REQUEST',
      methodArn: 'arn:aws:execute-api:eu-central-1:123456789012:api/prod/GET/v1/orgs/acme/roles',
      headers,
      multiValueHeaders: null,
      requestContext: { requestId: 'request' },
    }) as unknown as APIGatewayRequestAuthorizerEvent;

  const send = async (context: unknown, method: string, path: string, body: unknown, options: AskOptions): Promise<Reply> => {
    const [bare = '', search] = path.split('?');
    const query = new URLSearchParams(search);
    const found = services
      .flatMap(({ routes, app }) => routes.map((route) => ({ route, app, params: matchPath(route.path, bare) })))
      .filter(({ params }) => params !== undefined);
    const hit = found.find(({ route }) => route.method === method) ?? found[0];
    if (hit === undefined) throw new Error(`no route has the path ${bare}`);
    const event = {
      httpMethod: method,
      resource: hit.route.path,
      path: bare,
      pathParameters: hit.params,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers },
      multiValueQueryStringParameters:
        search === undefined ? null : Object.fromEntries([...query.keys()].map((key) => [key, query.getAll(key)])),
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
      isBase64Encoded: false,
      requestContext: {
        requestId: `request-${newId(world)}`,
        requestTimeEpoch: world.nowMs(),
        domainName: 'api.example.com',
        path: bare,
        identity: { sourceIp: options.ip ?? '203.0.113.7', userAgent: 'tests' },
        authorizer: context,
      },
    } as unknown as APIGatewayProxyEvent;
    const { statusCode, headers, body: text } = await hit.app(event, {} as never);
    return { status: statusCode, headers: headers ?? {}, text, json: text === '' ? undefined : JSON.parse(text) };
  };

  const path = (of: string) => (of.includes('/v1/orgs/') ? of : `/v1/orgs/acme${of}`);

  /** Asks as a principal that the authorizer has let in. */
  const as =
    (who: string, caller: Partial<Caller> = {}) =>
    (method: string, of: string, body?: unknown, options: AskOptions = {}): Promise<Reply> =>
      send({ org: 'acme', principal: who, ...caller }, method, path(of), body, options);

  /** Asks with a bearer credential; 401 is the gateway's. */
  const withToken =
    (credential: string) =>
    async (method: string, of: string, body?: unknown, options: AskOptions = {}): Promise<Reply> => {
      try {
        const { context } = await authorizer(authorizerEvent({ Authorization: `Bearer ${credential}` }));
        return await send(context, method, path(of), body, options);
      } catch (error) {
        if (error instanceof Error && error.message === 'Unauthorized') return { status: 401, headers: {}, json: undefined, text: '' };
        throw error;
      }
    };

  for (const org of ['acme', 'globex']) {
    await setup.createOrganization(orgId.parse(org), { id: 'ada', email: 'ada@example.com', name: 'Ada' });
    for (const id of ['support', 'research']) await setup.ensureWorkspace(orgId.parse(org), { id });
  }

  /** A token of that role, created by ada. */
  const seedToken = async (role: string, org = 'acme'): Promise<string> => {
    const token = apiTokenText(newId(world), world.bytes(32));
    const createdBy = principal.parse('user:ada');
    const expiresAtMs = world.nowMs() + 30 * 86_400_000;
    await setup.ensureToken(orgId.parse(org), { token, name: role, role, scope: scope.parse('*'), expiresAtMs, createdBy });
    return token;
  };

  /** All audit records that wait in the outbox. */
  const events = async (): Promise<Record<string, unknown>[]> => {
    const all: Record<string, unknown>[] = [];
    for (let shard = 0; shard < 16; shard += 1) {
      const page = await table.query('acme', { pk: `acme#outbox:${shard}`, range: { prefix: 'pending#' }, limit: 1_000 });
      all.push(...page.items.map((item) => item.event as Record<string, unknown>));
    }
    return all.sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1));
  };

  /** Makes a custom role of these permissions and assigns it to a user. */
  const grant = async (
    user: string,
    permissions: readonly string[],
    at = '*',
    more: object = {},
  ): Promise<{ role: string; assignment: string }> => {
    const admin = as('user:ada');
    const role = await admin('POST', '/roles', { permissions });
    if (role.status !== 201) throw new Error(role.text);
    const assignment = await admin('POST', '/assignments', { principal: `user:${user}`, role: role.json.id, scope: at, ...more });
    if (assignment.status !== 201) throw new Error(assignment.text);
    return { role: role.json.id, assignment: assignment.json.id };
  };

  return {
    acme,
    table,
    world,
    clock,
    lines,
    setup,
    authorizer,
    authorizerEvent,
    as,
    admin: as('user:ada'),
    withToken,
    seedToken,
    grant,
    events,
    access: accessSource({ table, world }),
    close: () => {
      platform.close();
      folder.remove();
    },
  };
};

export type AuthzApi = Awaited<ReturnType<typeof authzApi>>;
