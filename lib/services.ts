// The functions: where each one's code begins, what it is told, and the routes that services answer.
import { auditEnv, sealerEnv, shipperEnv } from '../functions/audit/env.ts';
import { routes as auditRoutes } from '../functions/audit/routes.ts';
import { authorizerEnv, authzEnv } from '../functions/authz/env.ts';
import { routes as authzRoutes } from '../functions/authz/routes.ts';
import { identityEnv } from '../functions/identity/env.ts';
import { routes as identityRoutes } from '../functions/identity/routes.ts';
import { protectEnv } from '../functions/protect/env.ts';
import { routes as protectRoutes } from '../functions/protect/routes.ts';
import { resolverEnv, vaultEnv } from '../functions/vault/env.ts';
import { routes as vaultRoutes } from '../functions/vault/routes.ts';
import type { FunctionName } from './config.ts';
import type { RouteRow } from './constructs/rest-api.ts';
import { environmentOf, type Values } from './environment.ts';

export interface FunctionSource {
  /** The file that exports `handler`, from the project's root. */
  readonly entry: string;
  readonly environment: (values: Values) => Record<string, string>;
}

/** Functions that nobody reaches through the gateway's routes. */
export const workers = {
  authorizer: { entry: 'functions/authz/authorizer-handler.ts', environment: (values) => environmentOf(authorizerEnv, values) },
  resolver: { entry: 'functions/vault/resolver-handler.ts', environment: (values) => environmentOf(resolverEnv, values) },
  sealer: { entry: 'functions/audit/sealer-handler.ts', environment: (values) => environmentOf(sealerEnv, values) },
  shipper: { entry: 'functions/audit/shipper-handler.ts', environment: (values) => environmentOf(shipperEnv, values) },
} satisfies Partial<Record<FunctionName, FunctionSource>>;

export type ServiceName = Exclude<FunctionName, keyof typeof workers>;

/** One function a service. */
export const services: Readonly<Record<ServiceName, FunctionSource & { readonly routes: readonly RouteRow[] }>> = {
  authz: { entry: 'functions/authz/handler.ts', environment: (values) => environmentOf(authzEnv, values), routes: authzRoutes },
  vault: { entry: 'functions/vault/handler.ts', environment: (values) => environmentOf(vaultEnv, values), routes: vaultRoutes },
  protect: { entry: 'functions/protect/handler.ts', environment: (values) => environmentOf(protectEnv, values), routes: protectRoutes },
  audit: { entry: 'functions/audit/handler.ts', environment: (values) => environmentOf(auditEnv, values), routes: auditRoutes },
  identity: { entry: 'functions/identity/handler.ts', environment: (values) => environmentOf(identityEnv, values), routes: identityRoutes },
};
