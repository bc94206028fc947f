// The decision: a matching deny wins, else a matching allow permits, else denied. Total: an error is a deny.
import type { Decision, DecisionInputs, Match } from '../../shared/kernel/decision.ts';
import type { Action, Permission, Resource } from '../../shared/kernel/permission.ts';
import type { Scope } from '../../shared/kernel/scope.ts';
import { type CompiledGrants, cellOf, type Grant, outcomeOf, rowAt } from './compile-grants.ts';
import { namedNumbers, permissionNumber, permissionOf } from './permission-numbers.ts';

/** @returns whether a grant counts; what is missing makes an allow not match and a deny match */
const matches = ({ of, expiresAtMs }: Grant, inputs: DecisionInputs, nowMs: number | undefined): boolean => {
  const missing = of.effect === 'deny';
  if (expiresAtMs !== Number.POSITIVE_INFINITY && !(nowMs === undefined ? missing : nowMs < expiresAtMs)) return false;
  if (of.test !== undefined && !of.test(inputs, missing)) return false;
  return of.unlessTest === undefined || !of.unlessTest(inputs, false);
};

const none: readonly Match[] = [];

/** A denial in which no grant took part. */
export const refusal = (reason: string): Decision => ({ allowed: false, reason, matched: none });

const nothingAllows = (resource: string, at: string, action: string, passedOver: boolean): Decision => {
  const asked = `nothing allows \`${resource}:${at}:${action}\``;
  return refusal(passedOver ? `${asked}; what would has ended, or its conditions do not hold` : asked);
};

/**
 * @param inputs of conditions; what is absent is missing
 * @param nowMs when assignments are asked whether they have ended; the inputs' time unless given
 */
export const decide = (
  grants: CompiledGrants,
  resource: string,
  at: Scope,
  action: string,
  inputs: DecisionInputs,
  nowMs: number | undefined = inputs.timeMs,
): Decision => {
  try {
    const number = permissionNumber(resource, action);
    if (number === undefined) return refusal('the catalogue has no such permission');
    const row = rowAt(grants, at);
    const cell = row === undefined ? null : cellOf(row, number);
    if (cell === null) return nothingAllows(resource, at, action, false);
    if (cell.settled !== undefined) return cell.settled;
    const matching = cell.grants.filter((grant) => matches(grant, inputs, nowMs));
    return outcomeOf(matching) ?? nothingAllows(resource, at, action, true);
  } catch {
    return refusal('the decision failed, and what fails is denied');
  }
};

/** Decides a permission that may hold `*`: it is allowed where all that it stands for is. */
export const decidePermission = (
  { resource, scope, action }: Permission,
  one: (resource: Resource, at: Scope, action: Action) => Decision,
): Decision => {
  if (resource !== '*' && action !== '*') return one(resource, scope, action);
  let first: Decision | undefined;
  for (const number of namedNumbers(resource, action)) {
    const named = permissionOf(number);
    const decision = one(named.resource, scope, named.action);
    if (!decision.allowed) return decision;
    first ??= decision;
  }
  return first ?? refusal('the catalogue has no such permission');
};
