// Where a secret lives, how specific that is, and in what order a name is looked for.
import type { Environment } from '../../shared/kernel/ids.ts';
import { type Scope, scopeOf } from '../../shared/kernel/scope.ts';

/** Workspace-wide, one namespace of an app, one environment, or both; `app` and `namespace` come together. */
export interface Location {
  readonly workspace: string;
  readonly app?: string | undefined;
  readonly namespace?: string | undefined;
  readonly environment?: Environment | undefined;
}

/** The words that the guide has for a location: a namespace isolates whether or not an environment is named beside it. */
export type ScopeKind = 'workspace' | 'namespace' | 'environment';

export const scopeKind = (of: Location): ScopeKind => {
  if (of.namespace !== undefined) return 'namespace';
  return of.environment === undefined ? 'workspace' : 'environment';
};

/** The scope that permissions on a secret there are asked at. */
export const scopeAt = (of: Location): Scope => scopeOf(of.workspace, of.app, of.namespace);

/** @returns the location without absent fields, in the order in which it is shown */
export const plainLocation = ({ workspace, app, namespace, environment }: Location): Location => ({
  workspace,
  ...(app === undefined ? {} : { app }),
  ...(namespace === undefined ? {} : { namespace }),
  ...(environment === undefined ? {} : { environment }),
});

/** @returns the at most four locations that a name may be found at, the most specific first: namespace and environment, namespace, environment, workspace */
export const candidates = ({ workspace, app, namespace, environment }: Location): readonly Location[] => {
  const inNamespace = app !== undefined && namespace !== undefined;
  return [
    ...(inNamespace && environment !== undefined ? [{ workspace, app, namespace, environment }] : []),
    ...(inNamespace ? [{ workspace, app, namespace }] : []),
    ...(environment !== undefined ? [{ workspace, environment }] : []),
    { workspace },
  ];
};
