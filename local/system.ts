// The whole system over one platform: every service's app behind the gateway, the authorizer, the resolver, the documents.
import type { JSONWebKeySet } from 'jose';
import { auditDependencies } from '../functions/audit/dependencies.ts';
import { routes as auditRoutes } from '../functions/audit/routes.ts';
import { createAuthorizer, joseVerifyJwt } from '../functions/authz/authorizer.ts';
import { authzDependencies } from '../functions/authz/dependencies.ts';
import { accessSource, serviceKit } from '../functions/authz/public.ts';
import { routes as authzRoutes } from '../functions/authz/routes.ts';
import { identityDependencies } from '../functions/identity/dependencies.ts';
import { routes as identityRoutes } from '../functions/identity/routes.ts';
import { protectDependencies } from '../functions/protect/dependencies.ts';
import { routes as protectRoutes } from '../functions/protect/routes.ts';
import { createApp } from '../functions/shared/http/app.ts';
import type { Route } from '../functions/shared/http/route.ts';
import type { Platform } from '../functions/shared/platform.ts';
import { resolverDependencies, vaultDependencies } from '../functions/vault/dependencies.ts';
import { createResolver } from '../functions/vault/resolver.ts';
import { routes as vaultRoutes } from '../functions/vault/routes.ts';
import { documentResources } from './documents.ts';
import type { Authorizer } from './gateway/authorize.ts';
import { type App, type GatewayResource, resourcesOf } from './gateway/resources.ts';
import type { Issuer } from './issuer/issuer.ts';
import { issuerResources } from './issuer/issuer-resources.ts';

/** One service: its route table, and the app that serves it. */
export interface LocalService {
  readonly name: string;
  readonly routes: readonly Route<never>[];
  readonly app: App;
}

export interface System {
  readonly services: readonly LocalService[];
  readonly resources: readonly GatewayResource[];
  readonly authorizer: Authorizer;
  readonly resolver: ReturnType<typeof createResolver>;
}

/** The client that the laptop's issuer makes tokens for. */
const localClientId = 'local';

export const buildSystem = (platform: Platform, issuer: Issuer): System => {
  const { table, world, log } = platform;
  const access = accessSource({ table, world });
  const app = <D>(service: string, routes: readonly Route<D>[], dependencies: D): App => {
    return createApp(serviceKit(platform, service, access), routes, dependencies);
  };
  const keySet = { keys: [...issuer.keySet().keys] } as JSONWebKeySet;
  const verifyJwt = joseVerifyJwt({ keySet, issuer: issuer.issuer, clientId: localClientId, clock: world });
  const services = [
    { name: 'authz', routes: authzRoutes, app: app('authz', authzRoutes, authzDependencies(platform)) },
    { name: 'identity', routes: identityRoutes, app: app('identity', identityRoutes, identityDependencies(platform)) },
    { name: 'vault', routes: vaultRoutes, app: app('vault', vaultRoutes, vaultDependencies(platform)) },
    { name: 'protect', routes: protectRoutes, app: app('protect', protectRoutes, protectDependencies(platform)) },
    { name: 'audit', routes: auditRoutes, app: app('audit', auditRoutes, auditDependencies(platform)) },
  ];
  return {
    services,
    resources: [...services.flatMap(resourcesOf), ...documentResources(services), ...issuerResources(issuer)],
    authorizer: createAuthorizer({ table, world, log, verifyJwt }),
    resolver: createResolver(resolverDependencies(platform)),
  };
};
