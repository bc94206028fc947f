// The engine behind the interface of the peers' adapters: scope, deny and reason included, and what the adapters ask for is `allowed`.
import { type CompiledGrants, compileGrants, compileRole, type HeldRole } from '../../functions/authz/domain/compile-grants.ts';
import { decide } from '../../functions/authz/domain/decide.ts';
import type { Decision, DecisionInputs } from '../../functions/shared/kernel/decision.ts';
import type { Scope } from '../../functions/shared/kernel/scope.ts';

export interface SimpleCheck {
  readonly user: string;
  readonly workspace: string;
  readonly resource: string;
  readonly action: string;
  readonly expected: boolean;
}

/** The shape of `../shared/bench/authz/workload.mjs`. */
export interface SimpleWorkload {
  readonly roles: readonly { readonly id: string; readonly perms: readonly { readonly resource: string; readonly action: string }[] }[];
  readonly bindings: readonly { readonly user: string; readonly role: string; readonly workspace: string }[];
  readonly checks: readonly SimpleCheck[];
}

export interface Engine {
  readonly check: (of: SimpleCheck) => boolean | Promise<boolean>;
  /** The last decision whole, so that nothing of it can be optimised away. */
  readonly last?: () => Decision | undefined;
}

export const name = 'this engine, with scope, deny and reason';

export const setup = ({ roles, bindings }: SimpleWorkload): Engine => {
  const compiled = new Map(
    roles.map(({ id, perms }) => [id, compileRole({ id, permissions: perms.map((one) => `${one.resource}:*:${one.action}`) }, [])]),
  );
  const held = new Map<string, HeldRole[]>();
  for (const [index, { user, role: id, workspace }] of bindings.entries()) {
    const role = compiled.get(id);
    if (role === undefined) throw new Error(`there is no role \`${id}\``);
    const own = held.get(user) ?? [];
    own.push({ role, assignment: `assignment-${index}`, scope: workspace as Scope, expiresAtMs: Number.POSITIVE_INFINITY });
    held.set(user, own);
  }
  const grants = new Map<string, CompiledGrants>();
  for (const [user, own] of held) grants.set(user, compileGrants(own));
  const nothing = compileGrants([]);
  let last: Decision | undefined;
  const inputs: DecisionInputs = { timeMs: Date.UTC(2026, 0, 1) };
  return {
    check: ({ user, resource, workspace, action }) => {
      last = decide(grants.get(user) ?? nothing, resource, workspace as Scope, action, inputs);
      return last.allowed;
    },
    last: () => last,
  };
};
