// A service's Lambda handler, made from its route table: each request takes the steps of `dispatch`, top to bottom.
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import * as z from 'zod';
import type { Access, AccessSource, Answer, Call, Caller } from '../kernel/call.ts';
import type { DecisionInputs } from '../kernel/decision.ts';
import { AppError, notFound } from '../kernel/errors.ts';
import type { OrgId } from '../kernel/ids.ts';
import type { Principal } from '../kernel/principal.ts';
import { everywhere, type Scope, scope as scopeSchema } from '../kernel/scope.ts';
import type { World } from '../kernel/world.ts';
import type { Log } from '../observability/log.ts';
import { inChain } from './chain.ts';
import { Denied, mayKnowOf } from './demand.ts';
import type { Idempotency } from './idempotency.ts';
import { addressOf, bodyOf, bodyTextOf, callerOf, headerOf, ifMatchOf, paramsOf, queryOf, sourceOf } from './read-request.ts';
import type { Asked, Located, Needs, Route } from './route.ts';

/** What a refused request is recorded with. */
export interface Denial {
  readonly permission: string;
  readonly scope: Scope;
  readonly reason: string;
  readonly route: string;
}

export type CallFacts = Pick<Call, 'org' | 'caller' | 'source' | 'requestId' | 'timeMs'>;

/** What the chain itself needs of the other services. */
export interface AppKit {
  readonly service: string;
  readonly world: World;
  readonly log: Log;
  readonly access: AccessSource;
  /** Durable before the answer leaves. */
  readonly recordDenial: (facts: CallFacts, denial: Denial) => Promise<void>;
  readonly idempotency: Idempotency;
}

type AnyNeeds<D> = Needs<D, never, never, never, unknown>;
type AnyAsked = Asked<Record<string, string>, Record<string, unknown>, unknown>;

/** For public routes: nobody, with no rights anywhere. */
const nobody: Caller = { org: '-' as OrgId, principal: 'service:public' as Principal };
const noAccess: Access = {
  version: 0,
  decide: () => ({ allowed: false, reason: 'nobody is signed in', matched: [] }),
  reaches: () => false,
  holdsSomewhere: () => false,
};

/** @returns an API Gateway proxy handler that serves every route of the table, and 405 for other methods on its paths */
export const createApp = <D>(kit: AppKit, routes: readonly Route<D>[], dependencies: D) => {
  const byMethodAndPath = new Map(routes.map((route) => [`${route.method} ${route.path}`, route]));

  const findRoute = (event: APIGatewayProxyEvent): Route<D> => {
    const route = byMethodAndPath.get(`${event.httpMethod} ${event.resource}`);
    if (route !== undefined) return route;
    const allow = routes.filter((other) => other.path === event.resource).map((other) => other.method);
    if (allow.length === 0) throw notFound();
    refuseOtherOrganization(event);
    throw new AppError('method-not-allowed', `this path takes ${allow.join(', ')}`, { headers: { allow: allow.join(', ') } });
  };

  const refuseOtherOrganization = (event: APIGatewayProxyEvent): void => {
    const org = event.pathParameters?.org;
    if (event.requestContext.authorizer && org !== undefined && callerOf(event).org !== org) throw notFound();
  };

  const factsOf = (event: APIGatewayProxyEvent, caller: Caller): CallFacts => ({
    org: caller.org,
    caller,
    source: sourceOf(event),
    requestId: event.requestContext.requestId,
    timeMs: event.requestContext.requestTimeEpoch,
  });

  const dispatch = async (event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> => {
    const route = findRoute(event);
    if (route.permission === 'public') return answerOf(route, await runPublic(route, event));
    const caller = callerOf(event);
    const facts = factsOf(event, caller);
    try {
      return answerOf(route, await runPermitted(route, event, facts));
    } catch (error) {
      if (error instanceof Denied) {
        const { permission, scope, decision } = error;
        await kit.recordDenial(facts, { permission, scope, reason: decision.reason, route: `${route.method} ${route.path}` });
      }
      throw error;
    }
  };

  const runPublic = async (route: Route<D>, event: APIGatewayProxyEvent): Promise<Answer> => {
    const params = paramsOf(route as Route<never>, event);
    const query = queryOf(route as Route<never>, event);
    const body = bodyOf(route as Route<never>, bodyTextOf(route as Route<never>, event));
    return route.run(dependencies, { ...factsOf(event, nobody), params, query, body, located: undefined, access: noAccess });
  };

  const runPermitted = async (route: Route<D>, event: APIGatewayProxyEvent, facts: CallFacts): Promise<Answer> => {
    const table = route as Route<never>;
    const needs = typeof route.permission === 'object' ? (route.permission as AnyNeeds<D>) : undefined;
    const params = pathOrRefusal(table, event, facts);
    const { ip } = facts.source;
    const mfa = facts.caller.mfa;
    const inputs = { timeMs: kit.world.nowMs(), ...(ip === undefined ? {} : { ip }), ...(mfa === undefined ? {} : { mfa }) };
    const access = await kit.access(facts.org, facts.caller.principal, inputs);
    if (needs !== undefined) refuseHopeless(needs, access, params);
    const text = bodyTextOf(table, event);
    const ifMatch = ifMatchOf(event);
    const address = addressOf(event);
    const asked = {
      ...facts,
      params,
      query: queryOf(table, event),
      body: bodyOf(table, text),
      ...(ifMatch === undefined ? {} : { ifMatch }),
      ...(address === undefined ? {} : { address }),
    };
    const located = needs === undefined ? undefined : await permit(needs, asked, access);
    const call: Call = { ...asked, access, located };
    const key = route.method === 'POST' ? headerOf(event, 'idempotency-key') : undefined;
    return key === undefined ? route.run(dependencies, call) : runOnce(route, call, key, text);
  };

  /** A path of another organization, or one that cannot name anything, answers as if nothing were there. */
  const pathOrRefusal = (route: Route<never>, event: APIGatewayProxyEvent, facts: CallFacts): Record<string, string> => {
    const params = paramsOf(route, event);
    if (params.org !== undefined && params.org !== facts.org) {
      const decision = { allowed: false, reason: 'the credential belongs to another organization than the path', matched: [] };
      throw new Denied('workspace', everywhere, 'read', decision, false);
    }
    return params;
  };

  const alternatives = (needs: AnyNeeds<D>) => [{ resource: needs.resource, action: needs.action }, ...(needs.or ?? [])];

  /** Whoever holds the permission nowhere learns nothing from the validation of a body. */
  const refuseHopeless = (needs: AnyNeeds<D>, access: Access, params: Record<string, string>): void => {
    if (alternatives(needs).some(({ resource, action }) => access.holdsSomewhere(resource, action))) return;
    const workspace = scopeSchema.safeParse(params.workspace);
    const at = workspace.success ? workspace.data : everywhere;
    throw new Denied(needs.resource, at, needs.action, access.decide(needs.resource, at, needs.action), mayKnowOf(access, at));
  };

  const permit = async (needs: AnyNeeds<D>, asked: AnyAsked, access: Access): Promise<unknown> => {
    const located: Located<unknown> | undefined =
      needs.at === undefined ? { scope: everywhere, item: undefined } : await needs.at(dependencies, asked as never);
    if (located === undefined) {
      const overall = access.decide(needs.resource, everywhere, needs.action);
      // INVARIANT: whoever may not see everything gets the same answer, after the same writes, for what is hidden and for what does not exist:
      // 403 where all items are the organization's own, 404 where they follow their workspace.
      if (!overall.allowed) throw new Denied(needs.resource, everywhere, needs.action, overall, needs.scope === everywhere);
      throw notFound();
    }
    if (needs.anywhere === true) return located.item;
    const { inputs } = located;
    const settings: readonly (DecisionInputs | undefined)[] = Array.isArray(inputs) ? inputs : [inputs as DecisionInputs | undefined];
    const decisions = alternatives(needs).map(({ resource, action }) => {
      const each = settings.map((inputs) => access.decide(resource, located.scope, action, inputs));
      return each.find((decision) => !decision.allowed) ?? each[0];
    });
    const [first] = decisions;
    if (first === undefined) throw new Error('a permission is decided under at least one setting');
    if (decisions.some((decision) => decision?.allowed === true)) return located.item;
    throw new Denied(needs.resource, located.scope, needs.action, first, mayKnowOf(access, located.scope));
  };

  const runOnce = async (route: Route<D>, call: Call, key: string, text: string): Promise<Answer> => {
    const begun = await kit.idempotency.begin(call, `${route.method} ${route.path}`, key, JSON.stringify([call.params, text]));
    if ('replay' in begun) return begun.replay;
    const answer = await route.run(dependencies, { ...call, idempotency: begun.claim });
    await kit.idempotency.keep(call, begun.claim, keepable(route, answer)).catch((error: unknown) => {
      kit.log.warn('an answer was not kept for replays', { requestId: call.requestId, error });
    });
    return answer;
  };

  const speaksAuthzen = (event: APIGatewayProxyEvent): boolean =>
    byMethodAndPath.get(`${event.httpMethod} ${event.resource}`)?.speaks === 'authzen';

  return inChain({ log: kit.log, service: kit.service, nowMs: () => kit.world.nowMs(), speaksAuthzen }, dispatch);
};

/** The answer as it may be replayed: through its schema, without what is shown once. */
const keepable = <D>(route: Route<D>, { status, headers, version, body }: Answer): Omit<Answer, 'contentType'> => {
  const kept = { status, ...(headers ? { headers } : {}), ...(version === undefined ? {} : { version }) };
  if (typeof body !== 'object' || body === null) return kept;
  const shown = { ...(body as Record<string, unknown>) };
  for (const field of route.oneTime ?? []) delete shown[field];
  return { ...kept, body: shown };
};

/** Serialises an answer through its schema: what the schema does not name does not leave. */
const answerOf = <D>(route: Route<D>, answer: Answer): APIGatewayProxyResult => {
  const headers = { ...answer.headers, ...(answer.version === undefined ? {} : { etag: `"${answer.version}"` }) };
  const schema = route.answers[answer.status];
  if (schema === undefined) throw new Error(`the route declares no answer ${answer.status}`);
  if (schema === null) return { statusCode: answer.status, headers, body: '' };
  if (!(schema instanceof z.ZodType)) {
    const body = answer.body;
    const contentType = answer.contentType ?? schema.contentType;
    if (typeof body === 'string') return { statusCode: answer.status, headers: { 'content-type': contentType, ...headers }, body };
    if (!(body instanceof Uint8Array)) throw new Error('an answer that is not JSON is text or bytes');
    const encoded = Buffer.from(body).toString('base64');
    return { statusCode: answer.status, headers: { 'content-type': contentType, ...headers }, body: encoded, isBase64Encoded: true };
  }
  const shown = replayTolerant(route, schema).safeParse(answer.body);
  if (!shown.success) throw new Error(`an answer does not fit its schema at ${z.prettifyError(shown.error).split('\n')[0]?.slice(0, 120)}`);
  return { statusCode: answer.status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(shown.data) };
};

/** A replayed answer lacks its one-time fields. */
const replayTolerant = <D>(route: Route<D>, schema: z.ZodType): z.ZodType => {
  if (route.oneTime === undefined || !(schema instanceof z.ZodObject)) return schema;
  return schema.partial(Object.fromEntries(route.oneTime.map((field) => [field, true])) as never);
};
