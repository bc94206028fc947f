// Admin at `*`: every action of every resource, everywhere.
import { type Action, catalogue, type Resource, resources } from '../../shared/kernel/permission.ts';

/** All of the catalogue: whoever is allowed each of these at `*` is Admin there, by whatever roles. */
export const everyPermission: readonly { readonly resource: Resource; readonly action: Action }[] = resources.flatMap((resource) =>
  catalogue[resource].map((action) => ({ resource, action })),
);
