// The engine as tests ask it: a model in, a decision out.
import { compileGrants, compileRole } from '../../functions/authz/domain/compile-grants.ts';
import { decide } from '../../functions/authz/domain/decide.ts';
import type { Decision, DecisionInputs } from '../../functions/shared/kernel/decision.ts';
import type { Scope } from '../../functions/shared/kernel/scope.ts';
import type { Model } from './authz-arbitraries.ts';

export const grantsOf = ({ roles, policies, assignments }: Model) => {
  const compiled = new Map(roles.map((role) => [role.id, compileRole(role, policies)]));
  return compileGrants(
    assignments.flatMap(({ id, role, scope, expiresAtMs }) => {
      const found = compiled.get(role);
      return found === undefined ? [] : [{ role: found, assignment: id, scope, expiresAtMs: expiresAtMs ?? Number.POSITIVE_INFINITY }];
    }),
  );
};

export const ask = (model: Model, [resource, at, action]: readonly [string, string, string], inputs: DecisionInputs): Decision =>
  decide(grantsOf(model), resource, at as Scope, action, inputs);
