// Scopes: paths in the tree `*`, `<workspace>`, `<workspace>/<app>`, `<workspace>/<app>/<namespace>`; a scope covers itself and all below it.
import * as z from 'zod';
import { isIdentifier } from './ids.ts';

const maxDepth = 3;
const slash = '/'.charCodeAt(0);

const isScope = (text: string): boolean => {
  if (text === '*') return true;
  const parts = text.split('/');
  return parts.length <= maxDepth && parts.every(isIdentifier);
};

export const scope = z
  .string()
  .max(200)
  .refine(isScope, 'a scope is `*`, `<workspace>`, `<workspace>/<app>` or `<workspace>/<app>/<namespace>`')
  .brand<'Scope'>();
export type Scope = z.infer<typeof scope>;

/** The whole organization. */
export const everywhere = scope.parse('*');

/** @returns whether everything in `inner` lies within `outer` */
export const covers = (outer: Scope, inner: Scope): boolean => {
  const { length } = outer;
  if (length === 1 && outer === '*') return true;
  if (inner.length <= length) return inner === outer;
  return inner.charCodeAt(length) === slash && inner.startsWith(outer);
};

/** @returns the part of the tree that lies in both, or undefined where there is none */
export const intersect = (a: Scope, b: Scope): Scope | undefined => {
  if (covers(a, b)) return b;
  return covers(b, a) ? a : undefined;
};

/** @returns the workspace of a scope, or undefined for `*` */
export const workspaceOf = (of: Scope): string | undefined => (of === '*' ? undefined : of.split('/', 1)[0]);

/** Joins path parts that were each validated as identifiers; absent trailing parts are left out. */
export const scopeOf = (workspace: string, app?: string, namespace?: string): Scope =>
  scope.parse([workspace, ...(app ? [app] : []), ...(app && namespace ? [namespace] : [])].join('/'));
