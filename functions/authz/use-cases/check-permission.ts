// Answers whether a principal may do something: oneself with the request's own inputs, others for holders of `iam:*:read`.
import { demand } from '../../shared/http/demand.ts';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import type { Decision, DecisionInputs } from '../../shared/kernel/decision.ts';
import { parsePermission } from '../../shared/kernel/permission.ts';
import type { Principal } from '../../shared/kernel/principal.ts';
import { everywhere } from '../../shared/kernel/scope.ts';
import { decidePermission, refusal } from '../domain/decide.ts';
import { decideFor, type Holder } from '../domain/holder.ts';
import type { Check, CheckContext } from '../schemas.ts';
import type { AuthzDependencies } from './authz-dependencies.ts';

/** @returns the inputs that a caller gives about somebody else */
export const inputsFrom = (context: CheckContext | undefined, nowMs: number): DecisionInputs => {
  const { time, ip, environment, mfa, attributes } = context ?? {};
  return {
    timeMs: time === undefined ? nowMs : Date.parse(time),
    ...(ip === undefined ? {} : { ip }),
    ...(environment === undefined ? {} : { environment }),
    ...(mfa === undefined ? {} : { mfa }),
    ...(attributes === undefined ? {} : { attributes }),
  };
};

/** @throws {@link Denied} where somebody else is asked about, unless the caller holds `iam:*:read` */
export const decideAll = async (
  { model, world, usage }: AuthzDependencies,
  call: Pick<Call, 'org' | 'caller' | 'access'>,
  checks: readonly Check[],
): Promise<Decision[]> => {
  const self = call.caller.principal;
  if (checks.some(({ principal }) => principal !== undefined && principal !== self)) demand(call, 'iam', everywhere, 'read');
  const holders = new Map<Principal, Holder | undefined>();
  const holderOf = async (principal: Principal): Promise<Holder | undefined> => {
    if (!holders.has(principal)) holders.set(principal, (await model.load(call.org, principal))?.holder);
    return holders.get(principal);
  };
  const nowMs = world.nowMs();
  const decisions: Decision[] = [];
  for (const { principal = self, permission, context } of checks) {
    const asked = parsePermission(permission);
    if (principal === self) {
      // INVARIANT: what one asks for oneself is decided with the inputs of the request, whatever the body says.
      // It counts as a use: whoever enforces permissions elsewhere asks here, with the credential of whoever acts.
      decisions.push(decidePermission(asked, (resource, at, action) => call.access.decide(resource, at, action)));
      continue;
    }
    const holder = await holderOf(principal);
    const inputs = inputsFrom(context, nowMs);
    // What is asked about others is counted as asked: neither a use, nor a sign that there was none.
    const count = holder && usage.watch(call.org, holder, inputs, 'asked');
    decisions.push(
      decidePermission(asked, (resource, at, action) => {
        if (holder === undefined) return refusal('there is no such principal');
        const decision = decideFor(holder, resource, at, action, inputs);
        count?.(resource, at, action, decision.allowed);
        return decision;
      }),
    );
  }
  return decisions;
};

export const checkPermission = async (dependencies: AuthzDependencies, call: Call<object, object, Check>): Promise<Answer> => {
  const [decision] = await decideAll(dependencies, call, [call.body]);
  return ok(decision);
};

export const checkPermissions = async (dependencies: AuthzDependencies, call: Call<object, object, { checks: Check[] }>): Promise<Answer> =>
  ok({ results: await decideAll(dependencies, call, call.body.checks) });
