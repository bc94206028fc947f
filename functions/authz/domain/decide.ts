// The decision: a matching deny wins, else a matching allow permits, else denied. Total: an error is a deny.
import type { Decision, DecisionInputs, Match } from '../../shared/kernel/decision.ts';
import type { Action, Permission, Resource } from '../../shared/kernel/permission.ts';
import { covers, type Scope } from '../../shared/kernel/scope.ts';
import { type CompiledGrants, cellOf, type Grant, gather, indexStride, outcomeOf, type Part, rowAt } from './compile-grants.ts';
import { maskBits, type PlainGrant, type RoleGrant, several } from './compile-role.ts';
import { namedNumbers, permissionCount, permissionNumber, permissionOf } from './permission-numbers.ts';
import { type PathHashes, pathHashes } from './scope-hash.ts';

/** Principals of no more parts are decided by going through their hashes; beyond, what bears on a permission is kept by scope. */
const maxParts = 96;

/** @returns whether a grant counts; what is missing makes an allow not match and a deny match */
const matches = (of: RoleGrant, expiresAtMs: number, inputs: DecisionInputs, nowMs: number | undefined): boolean => {
  const missing = of.effect === 'deny';
  if (expiresAtMs !== Number.POSITIVE_INFINITY && !(nowMs === undefined ? missing : nowMs < expiresAtMs)) return false;
  if (of.test !== undefined && !of.test(inputs, missing)) return false;
  return of.unlessTest === undefined || !of.unlessTest(inputs, false);
};

const none: readonly Match[] = [];

/** A denial in which no grant took part. */
export const refusal = (reason: string): Decision => ({ allowed: false, reason, matched: none });

const asked = Array.from({ length: permissionCount }, (_, number) => {
  const { resource, action } = permissionOf(number);
  return { start: `nothing allows \`${resource}:`, end: `:${action}\`` };
});

const nothingAllows = (number: number, at: string, more = ''): Decision => {
  const words = asked[number];
  return refusal(words === undefined ? 'nothing allows it' : words.start + at + words.end + more);
};

const passedOver = '; what would has ended, or its conditions do not hold';

const plainOutcome = ({ role, policy, permission, reasonStart }: PlainGrant, { assignment }: Part): Decision => ({
  allowed: true,
  reason: `${reasonStart}${assignment}\``,
  matched: [policy === undefined ? { role, permission, assignment } : { role, policy, permission, assignment }],
});

const outcomeAmong = (grants: readonly Grant[], number: number, at: Scope, inputs: DecisionInputs, nowMs: number | undefined): Decision => {
  const matching = grants.filter(({ of, expiresAtMs }) => matches(of, expiresAtMs, inputs, nowMs));
  return outcomeOf(matching) ?? nothingAllows(number, at, passedOver);
};

const decideByRows = (grants: CompiledGrants, number: number, at: Scope, inputs: DecisionInputs, nowMs: number | undefined): Decision => {
  const row = rowAt(grants, at);
  const cell = row === undefined ? null : cellOf(row, number);
  if (cell === null) return nothingAllows(number, at);
  return cell.settled ?? outcomeAmong(cell.grants, number, at, inputs, nowMs);
};

/** Goes through all parts by their hashes alone; most checks end at one plain grant, or at none. */
const decideByParts = (
  { parts, index }: CompiledGrants,
  { all, first, second, whole }: Readonly<PathHashes>,
  number: number,
  at: Scope,
  inputs: DecisionInputs,
  nowMs: number | undefined,
): Decision => {
  let only: Part | undefined;
  let found: Grant[] | undefined;
  const unit = 1 + Math.floor(number / maskBits);
  const bit = 1 << (number % maskBits);
  for (let place = 0; place < index.length; place += indexStride) {
    const hash = index.charCodeAt(place);
    if (hash !== whole && hash !== all && hash !== first && hash !== second) continue;
    if ((index.charCodeAt(place + unit) & bit) === 0) continue;
    const part = parts[place / indexStride] as Part;
    // INVARIANT: equal hashes prove nothing, so the scopes themselves are compared.
    if (!covers(part.scope, at)) continue;
    if (found !== undefined) gather(found, part, number);
    else if (only === undefined) only = part;
    else {
      found = [];
      gather(found, only, number);
      gather(found, part, number);
    }
  }
  if (only === undefined) return nothingAllows(number, at);
  if (found === undefined) {
    const plain = only.table.plain[number];
    if (plain !== undefined && plain !== several && only.endless) return plainOutcome(plain, only);
    found = [];
    gather(found, only, number);
  }
  return outcomeAmong(found, number, at, inputs, nowMs);
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
    const path = grants.parts.length > maxParts ? undefined : pathHashes(at);
    if (path === undefined) return decideByRows(grants, number, at, inputs, nowMs);
    return decideByParts(grants, path, number, at, inputs, nowMs);
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
