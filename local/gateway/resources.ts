// What the gateway serves: for each path template the app behind it, and which of its methods take a credential.
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import type { Route } from '../../functions/shared/http/route.ts';

/** A Lambda context that also tells when nobody waits for the answer any more. */
export interface GatewayContext extends Context {
  readonly signal: AbortSignal;
}

/** A Lambda handler behind the proxy integration. */
export type App = (event: APIGatewayProxyEvent, context: GatewayContext) => Promise<APIGatewayProxyResult>;

export interface GatewayResource {
  /** API Gateway's form: `/v1/orgs/{org}/roles/{role}`. */
  readonly path: string;
  readonly service: string;
  readonly app: App;
  readonly methods: Readonly<Record<string, 'authorized' | 'public'>>;
}

/** @returns a resource for each path of a service's route table */
export const resourcesOf = (service: { name: string; routes: readonly Route<never>[]; app: App }): GatewayResource[] => {
  const byPath = new Map<string, Record<string, 'authorized' | 'public'>>();
  for (const { path, method, permission } of service.routes) {
    const methods = byPath.get(path) ?? {};
    if (methods[method] !== undefined) throw new Error(`\`${method} ${path}\` is there twice`);
    methods[method] = permission === 'public' ? 'public' : 'authorized';
    byPath.set(path, methods);
  }
  return [...byPath].map(([path, methods]) => ({ path, service: service.name, app: service.app, methods }));
};

/** @returns whether the method takes a credential; one that is not there does unless all of the resource is public */
export const takesCredential = ({ methods }: GatewayResource, method: string): boolean => {
  const named = Object.hasOwn(methods, method) ? methods[method] : undefined;
  return named === undefined ? Object.values(methods).some((kind) => kind !== 'public') : named !== 'public';
};
