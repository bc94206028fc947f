// What the route tables of access control share: their maker, the organization's path, and how items are found.
import { type Asked, type Located, routeFor } from '../shared/http/route.ts';
import { everywhere } from '../shared/kernel/scope.ts';
import type { AuthzDependencies } from './use-cases/authz-dependencies.ts';

export const route = routeFor<AuthzDependencies>();
/** Where every route of an organization begins. */
export const org = '/v1/orgs/{org}';

/** A permission of the organization as a whole. */
export const iam = (action: 'read' | 'write') => ({ resource: 'iam', action, scope: '*' }) as const;

/** The event of a route that only reads. */
export const reads = { none: 'it changes nothing' };

/** A call with these path parameters, before its permission is known. */
export type OneAsked<P> = Asked<P, object, unknown>;

/** An item of the organization as a whole, where there is one. */
export const found = <T>(item: T | undefined): Located<T> | undefined => (item === undefined ? undefined : { scope: everywhere, item });
