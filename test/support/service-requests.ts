// Requests to a service's app, as API Gateway sends them once its authorizer has let somebody in.
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Route } from '../../functions/shared/http/route.ts';
import { newId, type World } from '../../functions/shared/kernel/world.ts';
import type { Issuer } from '../../local/issuer/issuer.ts';
import type { LocalService } from '../../local/system.ts';

export type AnyRoute = Route<never>;
export type Params = Readonly<Record<string, string>>;

export interface Answered {
  readonly status: number;
  /** Status, headers and body, without the request's id. */
  readonly bytes: string;
  readonly text: string;
}

export interface Asking {
  readonly params?: Params;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Who asks, as the authorizer would say. */
export interface Actor {
  readonly org: string;
  readonly principal: string;
}

/** For systems in which nobody signs in. */
export const noIssuer: Issuer = {
  issuer: 'http://127.0.0.1/issuer',
  issueAccessToken: async () => {
    throw new Error('nobody signs in here');
  },
  keySet: () => ({ keys: [] }),
  configuration: () => ({}),
};

/** @returns a function that asks the app which serves a route */
export const requestsTo = (services: readonly LocalService[], world: World) => {
  const apps = new Map(services.flatMap(({ routes, app }) => routes.map((route) => [route, app] as const)));
  return async (actor: Actor, route: AnyRoute, asking: Asking = {}): Promise<Answered> => {
    const app = apps.get(route);
    if (app === undefined) throw new Error(`no service has the route ${route.method} ${route.path}`);
    const { params = {}, query, body, headers = {} } = asking;
    const path = route.path.replace(/\{(\w+)\+?\}/g, (_, name) => encodeURIComponent(params[name] ?? ''));
    const text = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body);
    const requestId = `request-${newId(world)}`;
    const event = {
      httpMethod: route.method,
      resource: route.path,
      path,
      pathParameters: params,
      headers: { ...(text === null ? {} : { 'content-type': route.accepts ?? 'application/json' }), ...headers },
      multiValueQueryStringParameters:
        query === undefined ? null : Object.fromEntries(Object.entries(query).map(([name, value]) => [name, [value]])),
      body: text,
      isBase64Encoded: false,
      requestContext: {
        requestId,
        requestTimeEpoch: world.nowMs(),
        domainName: 'api.example.com',
        path,
        identity: { sourceIp: '203.0.113.7', userAgent: 'tests' },
        authorizer: actor,
      },
    } as unknown as APIGatewayProxyEvent;
    const answer = await app(event, {} as never);
    const answered = answer.body ?? '';
    const { 'x-request-id': _, ...others } = answer.headers ?? {};
    const bytes = JSON.stringify([answer.statusCode, others, answered]).replaceAll(requestId, '<id>');
    return { status: answer.statusCode, bytes, text: answered };
  };
};
