// Replays recorded decisions against access as it is and as a change would make it: which flip, and which the kept inputs do not settle.
import type { Principal } from '../../shared/kernel/principal.ts';
import { principalKind } from '../../shared/kernel/principal.ts';
import { covers } from '../../shared/kernel/scope.ts';
import { type CompiledRole, type Grant, grantOf, outcomeOf, type RoleGrant } from './compile-grants.ts';
import { chainOf, type Holder } from './holder.ts';
import { compileKept, type InputName, type KeptInputs, type KeptPart, type Settled, testKept } from './kept-conditions.ts';
import type { Conditions } from './model.ts';
import { permissionCount, permissionOf } from './permission-numbers.ts';
import {
  attributesDigest,
  dayMs,
  hourMs,
  type KeptFacts,
  type UsageKind,
  type UsageRow,
  type UsedPermission,
  unkeptHour,
} from './usage.ts';

/** A principal as it is, and as it would be. */
export interface HolderPair {
  readonly before: Holder;
  readonly after: Holder;
}

export interface Sample {
  readonly principal: Principal;
  /** Undefined where it was not told apart. */
  readonly permission: string | undefined;
  readonly kind: UsageKind;
  /** The outcome at the time. */
  readonly recorded: 'allowed' | 'denied';
  readonly count: number;
  readonly lastMs: number;
  /** When its hour began; undefined: not kept. */
  readonly hourStartMs: number | undefined;
  readonly facts: KeptFacts;
  /** Why it would be answered so; absent where it is not settled. */
  readonly reason?: string;
  /** Which inputs were not kept well enough. */
  readonly unsettled?: readonly string[];
}

export interface Tally {
  readonly count: number;
  readonly samples: readonly Sample[];
}

/** Counts are of decisions, not of records. */
export interface SimulationResult {
  readonly decisions: number;
  readonly allowedToDenied: Tally;
  readonly deniedToAllowed: Tally;
  /** The kept inputs do not settle whether they flip. */
  readonly unknown: Tally;
  readonly unchanged: number;
  /** Answered otherwise today than they were then, the change aside. */
  readonly drifted: number;
}

export interface Simulation {
  /** @param fromHour hours of the row's day before this one are passed over */
  replay(row: UsageRow, pair: HolderPair, fromHour?: number): void;
  result(): SimulationResult;
}

/** What a pair of holders differ in, worked out once. */
interface Prepared {
  readonly digest: string;
  /** The change does not touch what the principal holds. */
  readonly same: boolean;
}

/** A grant with its conditions, for kept inputs. */
interface KeptGrant {
  readonly of: RoleGrant;
  readonly isDeny: boolean;
  readonly isPlain: boolean;
  readonly parts: readonly KeptPart[];
  readonly unless: readonly KeptPart[] | undefined;
}

/** What is kept of one decision. */
interface KeptDecision {
  readonly facts: KeptFacts;
  readonly hourStartMs: number | undefined;
  /** The attributes of then are those of now. */
  readonly sameAttributes: boolean;
  readonly same: boolean;
}

const no: Settled = false;
const noAttributes: Readonly<Record<string, string>> = {};

const not = (settled: Settled): Settled => (settled === 'unknown' ? settled : !settled);

const and = (a: Settled, b: Settled): Settled => {
  if (a === no || b === no) return no;
  return a === 'unknown' ? a : b;
};

/** @returns whether the hour lies before an end */
const beforeEnd = (endMs: number, hourStartMs: number | undefined): Settled => {
  if (endMs === Number.POSITIVE_INFINITY) return true;
  if (hourStartMs === undefined) return 'unknown';
  if (hourStartMs + hourMs <= endMs) return true;
  return hourStartMs >= endMs ? no : 'unknown';
};

const sameConditions = (a: Conditions | undefined, b: Conditions | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && JSON.stringify(a) === JSON.stringify(b));

const sameOf = (a: RoleGrant, b: RoleGrant): boolean =>
  a === b ||
  (a.role === b.role &&
    a.policy === b.policy &&
    a.permission === b.permission &&
    a.effect === b.effect &&
    sameConditions(a.conditions, b.conditions) &&
    sameConditions(a.unless, b.unless));

const sameRole = (a: CompiledRole, b: CompiledRole): boolean =>
  a === b ||
  (a.grants.length === b.grants.length &&
    a.grants.every((grant, index) => {
      const other = b.grants[index];
      return other !== undefined && sameOf(grant, other);
    }));

const sameGrant = (a: Grant, b: Grant): boolean =>
  a.scope === b.scope && a.expiresAtMs === b.expiresAtMs && a.match.assignment === b.match.assignment && sameOf(a.of, b.of);

const eachIn = (a: readonly Grant[], b: readonly Grant[]): boolean => a.every((grant) => b.some((other) => sameGrant(grant, other)));

/** @returns the grants that bear on a permission at a scope */
const bearingOn = (holder: Holder, { number, scope }: UsedPermission): readonly Grant[] =>
  holder.grants.held.flatMap((held) =>
    held.role.grants.flatMap((of) => {
      const grant = of.numbers.has(number) ? grantOf(of, held) : undefined;
      return grant !== undefined && covers(grant.scope, scope) ? [grant] : [];
    }),
  );

/** @returns whether the same grants bear on it, so that the same inputs get the same answer */
const sameBearing = (a: Holder, b: Holder, permission: UsedPermission): boolean => {
  if (a.inactive !== b.inactive || a.expiresAtMs !== b.expiresAtMs) return false;
  const [ofA, ofB] = [bearingOn(a, permission), bearingOn(b, permission)];
  if (!eachIn(ofA, ofB) || !eachIn(ofB, ofA)) return false;
  if (a.creator === undefined || b.creator === undefined) return a.creator === b.creator;
  return sameBearing(a.creator, b.creator, permission);
};

const sampleRow = (row: UsageRow, count: number, hourStartMs: number | undefined): Sample => {
  const { principal, permission, kind, allowed, lastMs, facts } = row;
  const named = permission && permissionOf(permission.number);
  return {
    principal,
    permission: permission && named && `${named.resource}:${permission.scope}:${named.action}`,
    kind,
    recorded: allowed ? 'allowed' : 'denied',
    count,
    lastMs,
    hourStartMs,
    facts,
  };
};

/** @param sampleSize samples kept of each kind */
export const simulation = (sampleSize = 20): Simulation => {
  const kept = new WeakMap<RoleGrant, KeptGrant>();
  const indexed = new WeakMap<CompiledRole, readonly (readonly KeptGrant[] | undefined)[]>();
  const prepared = new WeakMap<HolderPair, Prepared>();
  const roles = new WeakMap<CompiledRole, { readonly after: CompiledRole; readonly same: boolean }>();
  const tally = () => ({ count: 0, samples: [] as Sample[] });
  const allowedToDenied = tally();
  const deniedToAllowed = tally();
  const unknown = tally();
  let decisions = 0;
  let unchanged = 0;
  let drifted = 0;

  const keptOf = (of: RoleGrant): KeptGrant => {
    const known = kept.get(of);
    if (known !== undefined) return known;
    const { effect, conditions, unless } = of;
    const isPlain = conditions === undefined && unless === undefined;
    const made = { of, isDeny: effect === 'deny', isPlain, parts: compileKept(conditions), unless: unless && compileKept(unless) };
    kept.set(of, made);
    return made;
  };

  const byNumber = (role: CompiledRole): readonly (readonly KeptGrant[] | undefined)[] => {
    const known = indexed.get(role);
    if (known !== undefined) return known;
    const made = new Array<KeptGrant[] | undefined>(permissionCount).fill(undefined);
    for (const of of role.grants) {
      for (const number of of.numbers) {
        const bearing = made[number];
        if (bearing === undefined) made[number] = [keptOf(of)];
        else bearing.push(keptOf(of));
      }
    }
    indexed.set(role, made);
    return made;
  };

  const sameRoles = (before: CompiledRole, after: CompiledRole): boolean => {
    const known = roles.get(before);
    if (known?.after === after) return known.same;
    const same = sameRole(before, after);
    roles.set(before, { after, same });
    return same;
  };

  const sameHeld = (a: Holder, b: Holder): boolean =>
    a.inactive === b.inactive &&
    a.expiresAtMs === b.expiresAtMs &&
    a.grants.held.length === b.grants.held.length &&
    a.grants.held.every((held, index) => {
      const other = b.grants.held[index];
      return (
        other !== undefined &&
        held.assignment === other.assignment &&
        held.scope === other.scope &&
        held.expiresAtMs === other.expiresAtMs &&
        sameRoles(held.role, other.role)
      );
    }) &&
    (a.creator === undefined || b.creator === undefined ? a.creator === b.creator : sameHeld(a.creator, b.creator));

  const prepare = (pair: HolderPair): Prepared => {
    const known = prepared.get(pair);
    if (known !== undefined) return known;
    const made = { digest: attributesDigest(pair.before), same: sameHeld(pair.before, pair.after) };
    prepared.set(pair, made);
    return made;
  };

  const matches = ({ isDeny, isPlain, parts, unless }: KeptGrant, expiresAtMs: number, inputs: KeptInputs): Settled => {
    const alive = beforeEnd(expiresAtMs, inputs.hourStartMs);
    if (isPlain || alive === no) return alive;
    const meets = and(alive, testKept(parts, inputs, isDeny));
    return unless === undefined ? meets : and(meets, not(testKept(unless, inputs, false)));
  };

  const inputsOf = (holder: Holder, { facts, hourStartMs, sameAttributes }: KeptDecision): KeptInputs => ({
    hourStartMs,
    network: facts.network,
    environment: facts.environment,
    // INVARIANT: a second factor is a user's, as where decisions are made.
    mfa: facts.mfa === undefined || principalKind(holder.principal) !== 'user' ? undefined : facts.mfa,
    attributes: sameAttributes ? (holder.attributes ?? noAttributes) : undefined,
  });

  const decideKept = ({ grants }: Holder, { number, scope }: UsedPermission, inputs: KeptInputs): Settled => {
    let allow: Settled = no;
    let deny: Settled = no;
    for (const { role, scope: at, expiresAtMs } of grants.held) {
      const bearing = covers(at, scope) ? byNumber(role)[number] : undefined;
      if (bearing === undefined) continue;
      for (const each of bearing) {
        if ((allow === true && !each.isDeny) || !covers(each.of.scope, scope)) continue;
        const one = matches(each, expiresAtMs, inputs);
        if (one === no) continue;
        if (!each.isDeny) allow = one;
        else if (one === true) return no;
        else deny = one;
      }
    }
    return and(allow, not(deny));
  };

  const answer = (holder: Holder, permission: UsedPermission, decision: KeptDecision): Settled => {
    if (holder.inactive !== undefined) return no;
    const alive = beforeEnd(holder.expiresAtMs ?? Number.POSITIVE_INFINITY, decision.hourStartMs);
    const own = and(alive, decideKept(holder, permission, inputsOf(holder, decision)));
    if (own === no || holder.creator === undefined) return own;
    return and(own, answer(holder.creator, permission, decision));
  };

  const reasonOf = (holder: Holder, permission: UsedPermission, decision: KeptDecision): string => {
    let allowed: string | undefined;
    for (const each of chainOf(holder)) {
      const whose = each === holder ? '' : `the token's creator \`${each.principal}\` is refused: `;
      if (each.inactive !== undefined) return whose + each.inactive;
      const own = inputsOf(each, decision);
      const outcome = outcomeOf(
        bearingOn(each, permission).filter(({ of, expiresAtMs }) => matches(keptOf(of), expiresAtMs, own) === true),
      );
      if (!outcome?.allowed) return whose + (outcome?.reason ?? 'nothing allows it');
      allowed ??= outcome.reason;
    }
    return allowed ?? '';
  };

  const unsettledOf = ({ before, after }: HolderPair, permission: UsedPermission, decision: KeptDecision): string[] => {
    const names = new Set<InputName>();
    for (const each of [...chainOf(before), ...chainOf(after)]) {
      const own = inputsOf(each, decision);
      const bearing = bearingOn(each, permission);
      const ends = [each.expiresAtMs ?? Number.POSITIVE_INFINITY, ...bearing.map(({ expiresAtMs }) => expiresAtMs)];
      if (ends.some((endMs) => beforeEnd(endMs, decision.hourStartMs) === 'unknown')) names.add('time');
      for (const { of } of bearing) {
        const { parts, unless = [] } = keptOf(of);
        for (const { name, test } of [...parts, ...unless]) if (test(own, false) === 'unknown') names.add(name);
      }
    }
    return [...names].sort();
  };

  const sampleInto = (into: typeof unknown, make: () => Sample): void => {
    if (into.samples.length < sampleSize) into.samples.push(make());
  };

  const weigh = (row: UsageRow, permission: UsedPermission, pair: HolderPair, count: number, decision: KeptDecision): void => {
    const before = answer(pair.before, permission, decision);
    if (before !== 'unknown' && before !== row.allowed) drifted += count;
    const after = decision.same ? before : answer(pair.after, permission, decision);
    const unsettled = before === 'unknown' || after === 'unknown';
    if (decision.same || (!unsettled && before === after)) {
      unchanged += count;
    } else if (!unsettled) {
      const into = before ? allowedToDenied : deniedToAllowed;
      into.count += count;
      sampleInto(into, () => ({ ...sampleRow(row, count, decision.hourStartMs), reason: reasonOf(pair.after, permission, decision) }));
    } else if (sameBearing(pair.before, pair.after, permission)) {
      unchanged += count;
    } else {
      unknown.count += count;
      sampleInto(unknown, () => ({ ...sampleRow(row, count, decision.hourStartMs), unsettled: unsettledOf(pair, permission, decision) }));
    }
  };

  return {
    replay: (row, pair, fromHour = 0) => {
      const { permission, hours, day, facts } = row;
      const { digest, same } = prepare(pair);
      for (const [hour, count] of hours) {
        if (hour < fromHour) continue;
        decisions += count;
        const hourStartMs = hour === unkeptHour ? undefined : day * dayMs + hour * hourMs;
        if (permission !== undefined) {
          weigh(row, permission, pair, count, { facts, hourStartMs, same, sameAttributes: facts.attributes === digest });
        } else if (same) {
          unchanged += count;
        } else {
          unknown.count += count;
          sampleInto(unknown, () => ({ ...sampleRow(row, count, hourStartMs), unsettled: ['permission'] }));
        }
      }
    },
    result: () => ({ decisions, allowedToDenied, deniedToAllowed, unknown, unchanged, drifted }),
  };
};
