// A principal with all it holds at one version, and its decisions: a token is allowed only what its creator is.
import type { Access } from '../../shared/kernel/call.ts';
import type { Decision, DecisionInputs } from '../../shared/kernel/decision.ts';
import type { Action, Resource } from '../../shared/kernel/permission.ts';
import { type Principal, principalKind } from '../../shared/kernel/principal.ts';
import { intersect, type Scope, scope } from '../../shared/kernel/scope.ts';
import { type CompiledGrants, reachesInto } from './compile-grants.ts';
import { decide, refusal } from './decide.ts';
import { permissionNumber } from './permission-numbers.ts';

export interface Holder {
  readonly principal: Principal;
  readonly grants: CompiledGrants;
  /** Why nothing counts: suspended, removed, revoked. */
  readonly inactive?: string;
  /** When a token ends. */
  readonly expiresAtMs?: number;
  /** From the member's record. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Who created the token. */
  readonly creator?: Holder;
}

/** @returns why the holder counts for nothing now, undefined where it counts */
const inactivity = ({ inactive, expiresAtMs }: Holder, nowMs: number | undefined): string | undefined => {
  if (inactive !== undefined) return inactive;
  return expiresAtMs !== undefined && !(nowMs !== undefined && nowMs < expiresAtMs) ? 'the token has ended' : undefined;
};

/** INVARIANT: a second factor is a user's; what a token or service says of one does not count. */
const inputsOf = ({ principal, attributes }: Holder, inputs: DecisionInputs): DecisionInputs => {
  const isUser = principalKind(principal) === 'user';
  if (isUser && attributes === undefined) return inputs;
  const { mfa, ...others } = inputs;
  return {
    ...others,
    ...(isUser && mfa !== undefined ? { mfa } : {}),
    ...(attributes === undefined ? {} : { attributes: { ...attributes, ...inputs.attributes } }),
  };
};

/** @param inputs attributes given here are laid over those of the member's record */
export const decideFor = (holder: Holder, resource: Resource, at: Scope, action: Action, inputs: DecisionInputs): Decision => {
  const inactive = inactivity(holder, inputs.timeMs);
  if (inactive !== undefined) return refusal(inactive);
  const own = decide(holder.grants, resource, at, action, inputsOf(holder, inputs));
  if (!own.allowed || holder.creator === undefined) return own;
  const { attributes: _, ...shared } = inputs;
  const bound = decideFor(holder.creator, resource, at, action, shared);
  if (bound.allowed) return own;
  return {
    allowed: false,
    reason: `the token's creator \`${holder.creator.principal}\` is refused: ${bound.reason}`,
    matched: bound.matched,
  };
};

/** The holder and those who bound it, outwards. */
export const chainOf = (holder: Holder): readonly Holder[] => [holder, ...(holder.creator === undefined ? [] : chainOf(holder.creator))];

/** @returns the access of a request by this holder */
export const accessOf = (holder: Holder, version: number, inputs: DecisionInputs): Access => {
  const nowMs = inputs.timeMs ?? Number.NaN;
  const chain = chainOf(holder);
  const active = chain.every((each) => inactivity(each, inputs.timeMs) === undefined);
  return {
    version,
    decide: (resource, at, action, added) =>
      decideFor(holder, resource, at, action, added === undefined ? inputs : { ...inputs, ...added }),
    reaches: (workspace) => {
      const at = scope.safeParse(workspace);
      return active && at.success && chain.every(({ grants }) => reachesInto(grants, at.data, nowMs));
    },
    holdsSomewhere: (resource, action) => {
      const number = permissionNumber(resource, action);
      if (number === undefined || !active) return false;
      return chain.every(({ grants }) =>
        grants.held.some(
          ({ role, scope: at, expiresAtMs }) =>
            nowMs < expiresAtMs &&
            role.grants.some((of) => of.effect === 'allow' && of.numbers.has(number) && intersect(of.scope, at) !== undefined),
        ),
      );
    },
  };
};
