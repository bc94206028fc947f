// Permission checks, in the chain and inside use cases: one refusal that the chain records and answers as 403 or 404.
import type { Access, Call } from '../kernel/call.ts';
import type { Decision, DecisionInputs } from '../kernel/decision.ts';
import { AppError } from '../kernel/errors.ts';
import type { Action, Resource } from '../kernel/permission.ts';
import { type Scope, workspaceOf } from '../kernel/scope.ts';

/** A refused permission: `forbidden` where the caller may know of the place, else `not-found`. */
export class Denied extends AppError {
  readonly permission: string;
  readonly scope: Scope;
  readonly decision: Decision;

  constructor(resource: Resource, at: Scope, action: Action, decision: Decision, visible: boolean) {
    if (visible) super('forbidden', `this needs \`${resource}:${at}:${action}\``);
    else super('not-found', 'there is nothing here that you may see');
    this.name = 'Denied';
    this.permission = `${resource}:${at}:${action}`;
    this.scope = at;
    this.decision = decision;
  }
}

/** @returns whether a refusal at this scope may be told: the organization's own routes, and workspaces that some grant reaches into */
export const mayKnowOf = (access: Access, at: Scope): boolean => {
  const workspace = workspaceOf(at);
  return workspace === undefined || access.reaches(workspace);
};

/** @throws {@link Denied} unless the caller holds the permission */
export const demand = (call: Pick<Call, 'access'>, resource: Resource, at: Scope, action: Action, inputs?: DecisionInputs): Decision => {
  const decision = call.access.decide(resource, at, action, inputs);
  if (!decision.allowed) throw new Denied(resource, at, action, decision, mayKnowOf(call.access, at));
  return decision;
};
