// Permissions `resource:scope:action` against the catalogue; `manage` implies `read` and `write` of its resource, nothing else implies anything.
import * as z from 'zod';
import { type Scope, scope } from './scope.ts';

/** Every resource and its actions. */
export const catalogue = {
  workspace: ['read', 'write', 'manage'],
  apps: ['read', 'write', 'manage', 'delete'],
  endpoints: ['read', 'write', 'trigger'],
  augmentations: ['read', 'write', 'execute'],
  secrets: ['read', 'write', 'delete'],
  models: ['read', 'write', 'manage'],
  tools: ['read', 'write', 'manage'],
  analytics: ['view'],
  iam: ['read', 'write'],
  sso: ['read', 'write'],
  audit: ['read', 'write', 'export'],
  protection: ['read', 'write', 'execute'],
} as const;

export type Resource = keyof typeof catalogue;
export type Action = (typeof catalogue)[Resource][number];

/** The resources, in the catalogue's order. */
export const resources = Object.keys(catalogue) as Resource[];

/** A parsed permission; `*` stands for every resource or action. */
export interface Permission {
  readonly resource: Resource | '*';
  readonly scope: Scope;
  readonly action: Action | '*';
}

const isResource = (text: string): text is Resource => Object.hasOwn(catalogue, text);

/** @returns whether the resource has that action; `*` matches, `*` as resource takes any action of any resource */
export const hasAction = (resource: string, action: string): boolean => {
  if (action === '*') return resource === '*' || isResource(resource);
  if (resource === '*') return resources.some((name) => (catalogue[name] as readonly string[]).includes(action));
  return isResource(resource) && (catalogue[resource] as readonly string[]).includes(action);
};

/** @returns what is wrong with a permission text, or undefined when it is well formed and in the catalogue */
export const permissionFault = (text: string): string | undefined => {
  const parts = text.split(':');
  if (parts.length !== 3) return 'a permission is `resource:scope:action`';
  const [resource = '', at = '', action = ''] = parts;
  if (resource !== '*' && !isResource(resource)) return `there is no resource \`${resource.slice(0, 64)}\``;
  if (!scope.safeParse(at).success) return `\`${at.slice(0, 64)}\` is not a scope`;
  if (!hasAction(resource, action)) return `\`${resource}\` has no action \`${action.slice(0, 64)}\``;
  return undefined;
};

/** @throws Error when the text is not a permission of the catalogue; validate untrusted text with {@link permissionText} first */
export const parsePermission = (text: string): Permission => {
  const fault = permissionFault(text);
  if (fault !== undefined) throw new Error(fault);
  const [resource, at, action] = text.split(':') as [Resource, Scope, Action];
  return { resource, scope: at, action };
};

/** A permission as text, refused when it names an action that its resource does not have. */
export const permissionText = z
  .string()
  .max(300)
  .superRefine((text, context) => {
    const fault = permissionFault(text);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  });

/** Actions that are granted where `action` is allowed: itself, and read and write for `manage`. Denies use {@link deniedBy}. */
export const impliedBy = (action: string): readonly string[] => (action === 'manage' ? ['manage', 'read', 'write'] : [action]);

/** Actions that a deny of `action` takes away: itself, and `manage` for read and write (SECURITY ruling: implication widens allows only). */
export const deniedBy = (action: string): readonly string[] => (action === 'read' || action === 'write' ? [action, 'manage'] : [action]);
