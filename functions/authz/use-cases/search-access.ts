// AuthZEN searches: which subjects, resources or actions a decision would be yes for. Results hold only what the caller may itself read.
import type * as z from 'zod';
import { demand } from '../../shared/http/demand.ts';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import type { Decision, DecisionInputs } from '../../shared/kernel/decision.ts';
import { invalid } from '../../shared/kernel/errors.ts';
import { type Action, catalogue, type Resource } from '../../shared/kernel/permission.ts';
import { type Principal, principalId, principalKind } from '../../shared/kernel/principal.ts';
import { everywhere, intersect, type Scope, workspaceOf } from '../../shared/kernel/scope.ts';
import { contextOf, isFault, permissionOf, principalOf, scopeOfId } from '../domain/authzen.ts';
import { chainOf, decideFor, type Holder } from '../domain/holder.ts';
import { whoCan } from '../domain/who-can.ts';
import type { actionSearch, resourceSearch, subjectSearch } from '../schemas-authzen.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';
import { inputsFrom } from './check-permission.ts';
import { pageInMemory } from './list-page.ts';

type Search = {
  readonly context?: Record<string, unknown> | undefined;
  readonly page?:
    | { readonly token?: string | undefined; readonly limit?: number | undefined; readonly next_token?: string | undefined }
    | undefined;
};
type Entity = { readonly type: string; readonly properties?: Record<string, unknown> | undefined };

/** Results a page, at most and unless less is asked for. */
const maxResults = 100;

const inputsOf = (body: Search, subject: Entity, resource: Entity, nowMs: number): DecisionInputs => {
  const context = contextOf(body.context, subject.properties, resource.properties);
  if (isFault(context)) throw invalid(context);
  return inputsFrom(context, nowMs);
};

/** A page of what was found; its token is bound to the caller and to all of the question. */
const pageOf = async <T>(
  { cursors }: AuthzDependencies,
  call: Call<object, object, Search>,
  route: string,
  found: readonly { readonly id: string; readonly shown: T }[],
): Promise<Answer> => {
  const { page, ...question } = call.body;
  const token = page?.token ?? page?.next_token;
  const query = { question: JSON.stringify(question), ...(token ? { cursor: token } : {}) };
  const bound = { org: call.org, caller: call.caller, query };
  const limit = Math.min(Math.max(page?.limit ?? maxResults, 1), maxResults);
  const { items, next } = pageInMemory(found, limit, await cursors.open(bound, route));
  const next_token = next === undefined ? '' : await cursors.seal(bound, route, next);
  return ok({ results: items.map(({ shown }) => shown), page: { next_token, count: items.length, total: found.length } });
};

export const searchSubjects = async (
  dependencies: AuthzDependencies,
  call: Call<object, object, z.infer<typeof subjectSearch>>,
): Promise<Answer> => {
  const { subject, action, resource } = call.body;
  demand(call, 'iam', everywhere, 'read');
  const inputs = inputsOf(call.body, subject, resource, dependencies.world.nowMs());
  const scope = scopeOfId(resource.id);
  const permission = permissionOf(resource.type, action.name);
  const directory = await dependencies.loadDirectory(call.org);
  const allowed = scope === undefined || permission === undefined ? [] : whoCan(directory, { ...permission, scope }, inputs);
  const found = allowed
    .filter(({ principal }) => principalKind(principal) === subject.type)
    .map(({ principal }) => ({ id: principal, shown: { type: subject.type, id: principalId(principal) } }));
  return pageOf(dependencies, call, 'authzen-subjects', found);
};

interface Asked {
  readonly holder: Holder;
  decide(resource: Resource, at: Scope, action: Action): Decision;
}

/** The subject's decisions: one's own with the inputs of the request, another's with those given, for who may ask about others. */
const subjectOf = async (
  { model, world }: AuthzDependencies,
  call: Call<object, object, Search>,
  subject: Entity & { readonly id: string },
  resource: Entity,
): Promise<Asked | undefined> => {
  const inputs = inputsOf(call.body, subject, resource, world.nowMs());
  const principal: Principal | undefined = principalOf(subject);
  const isSelf = principal === call.caller.principal;
  if (!isSelf) demand(call, 'iam', everywhere, 'read');
  const holder = principal && (await model.load(call.org, principal))?.holder;
  if (holder === undefined) return undefined;
  return {
    holder,
    decide: (of, at, action) => (isSelf ? call.access.decide(of, at, action) : decideFor(holder, of, at, action, inputs)),
  };
};

/** `*`, every workspace, and every place that something is granted at. */
const placesOf = async ({ workspaces }: AuthzDependencies, call: Pick<Call, 'org' | 'access'>, holder: Holder): Promise<Scope[]> => {
  const known = new Set<string>();
  for (let after: string | undefined; ; ) {
    const page = await workspaces.list(call.org, { limit: 500, after });
    for (const { id } of page.items) known.add(id);
    after = page.next;
    if (after === undefined) break;
  }
  const granted = chainOf(holder).flatMap(({ grants }) =>
    grants.held.flatMap((held) => held.role.grants.flatMap((grant) => intersect(grant.scope, held.scope) ?? [])),
  );
  const places = new Set<Scope>([everywhere, ...([...known] as Scope[]), ...granted]);
  return [...places].filter((place) => {
    const workspace = workspaceOf(place);
    return (workspace === undefined || known.has(workspace)) && call.access.decide('workspace', place, 'read').allowed;
  });
};

export const searchResources = async (
  dependencies: AuthzDependencies,
  call: Call<object, object, z.infer<typeof resourceSearch>>,
): Promise<Answer> => {
  const { subject, action, resource } = call.body;
  const asked = await subjectOf(dependencies, call, subject, resource);
  const permission = permissionOf(resource.type, action.name);
  const places = asked === undefined || permission === undefined ? [] : await placesOf(dependencies, call, asked.holder);
  const found = places
    .filter((place) => permission !== undefined && asked?.decide(permission.resource, place, permission.action).allowed)
    .sort()
    .map((id) => ({ id, shown: { type: resource.type, id } }));
  return pageOf(dependencies, call, 'authzen-resources', found);
};

export const searchActions = async (
  dependencies: AuthzDependencies,
  call: Call<object, object, z.infer<typeof actionSearch>>,
): Promise<Answer> => {
  const { subject, resource } = call.body;
  const asked = await subjectOf(dependencies, call, subject, resource);
  const scope = scopeOfId(resource.id);
  const actions: readonly Action[] = Object.hasOwn(catalogue, resource.type) ? catalogue[resource.type as Resource] : [];
  const found = actions
    .filter((action) => scope !== undefined && asked?.decide(resource.type as Resource, scope, action).allowed)
    .toSorted()
    .map((name) => ({ id: name, shown: { name } }));
  return pageOf(dependencies, call, 'authzen-actions', found);
};
