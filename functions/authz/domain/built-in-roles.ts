// The four built-in roles, which nobody changes or removes.
import type { Role } from './model.ts';

export interface BuiltInRole extends Role {
  readonly name: string;
  readonly description: string;
}

const on = (resources: readonly string[], actions: readonly string[]): string[] =>
  resources.flatMap((resource) => actions.map((action) => `${resource}:*:${action}`));

export const adminRole = 'admin';

export const builtInRoles: readonly BuiltInRole[] = [
  { id: adminRole, name: 'Admin', description: 'Everything.', permissions: ['*:*:*'] },
  {
    id: 'developer',
    name: 'Developer',
    description: 'Builds and runs apps, and manages their secrets.',
    permissions: [
      ...on(['apps', 'augmentations', 'endpoints', 'tools'], ['read', 'write']),
      'endpoints:*:trigger',
      'augmentations:*:execute',
      'protection:*:execute',
      ...on(['workspace', 'models'], ['read']),
      ...on(['secrets'], ['read', 'write']),
      'analytics:*:view',
    ],
  },
  {
    id: 'operator',
    name: 'Operator',
    description: 'Runs what others built, and watches it.',
    permissions: [
      'endpoints:*:trigger',
      'augmentations:*:execute',
      ...on(['workspace', 'apps', 'endpoints', 'augmentations', 'models', 'tools', 'secrets', 'protection', 'audit'], ['read']),
      'analytics:*:view',
    ],
  },
  {
    id: 'viewer',
    name: 'Viewer',
    description: 'Looks, and changes nothing.',
    permissions: [...on(['workspace', 'apps', 'endpoints', 'augmentations', 'models', 'tools'], ['read']), 'analytics:*:view'],
  },
];

const byId: ReadonlyMap<string, BuiltInRole> = new Map(builtInRoles.map((role) => [role.id, role]));

/** @returns the built-in role of that id */
export const builtInRole = (id: string): BuiltInRole | undefined => byId.get(id);
