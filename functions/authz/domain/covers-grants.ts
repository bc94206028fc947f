// No climbing: whoever changes access must itself hold all that the change gives, uncovers or takes away.
import type { Action, Resource } from '../../shared/kernel/permission.ts';
import { everywhere, type Scope } from '../../shared/kernel/scope.ts';
import { above, type CompiledGrants, cellOf, grantOf, type HeldRole, type RoleGrant, rowAt } from './compile-grants.ts';
import { attributesHold, conditionsCover } from './conditions.ts';
import type { Conditions, Effect } from './model.ts';
import { allowedNumbers, permissionOf } from './permission-numbers.ts';

/** What a write adds to somebody's access, or takes from it. */
export interface AccessChange {
  readonly grant: Pick<RoleGrant, 'effect' | 'resource' | 'action' | 'conditions' | 'unless' | 'numbers'>;
  readonly scope: Scope;
  /** When what is added ends: Infinity without an end. What is taken away ends now. */
  readonly untilMs: number;
}

/** The first permission that the writer lacks. */
export interface Uncovered {
  readonly resource: Resource;
  readonly scope: Scope;
  readonly action: Action;
  readonly reason: string;
}

/** Whose own access bounds a change: the writer, or whoever created the writer's token. */
export interface Writer {
  readonly grants: CompiledGrants;
  /** From the member's record; a token, group or service has none. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
}

/** For each permission that some deny of the writer bears on: where they stand, and all that is above those places. */
type DeniedPlaces = ReadonlyMap<number, { readonly at: Set<Scope>; readonly overAt: Set<Scope> }>;

const deniedPlaces = ({ held }: CompiledGrants, nowMs: number): DeniedPlaces => {
  const places = new Map<number, { at: Set<Scope>; overAt: Set<Scope> }>();
  for (const each of held) {
    if (nowMs >= each.expiresAtMs) continue;
    for (const of of each.role.grants) {
      const grant = of.effect === 'deny' ? grantOf(of, each) : undefined;
      if (grant === undefined) continue;
      for (const number of of.numbers) {
        const known = places.get(number) ?? { at: new Set(), overAt: new Set() };
        places.set(number, known);
        if (known.at.has(grant.scope)) continue;
        known.at.add(grant.scope);
        for (let over: Scope | undefined = grant.scope; over !== undefined; over = above(over)) known.overAt.add(over);
      }
    }
  }
  return places;
};

/** @returns whether a deny of the writer stands at the scope, above it or below it */
const meetsDeny = (places: DeniedPlaces, number: number, scope: Scope): boolean => {
  const denied = places.get(number);
  if (denied === undefined) return false;
  for (let at: Scope | undefined = scope; at !== undefined; at = above(at)) if (denied.at.has(at)) return true;
  return denied.overAt.has(scope);
};

/** Conditions are compared once for each two that meet: grants of one policy share theirs. */
const comparing = (attributes: Writer['attributes']) => {
  const known = new Map<Conditions | undefined, Map<Conditions | undefined, boolean>>();
  return (own: Conditions | undefined, given: Conditions | undefined): boolean => {
    if (own === undefined) return true;
    const ofOwn = known.get(own) ?? new Map<Conditions | undefined, boolean>();
    known.set(own, ofOwn);
    let covers = ofOwn.get(given);
    if (covers === undefined) {
      // INVARIANT: what asks for attributes covers nothing unless its holder has them now: else they would give others, who have them, more than
      // they hold. Nobody but an administrator sets attributes (`everything`), so nobody gives them to somebody else to get around this.
      covers = attributesHold(own, attributes) && conditionsCover(own, given);
      ofOwn.set(given, covers);
    }
    return covers;
  };
};

const coverOf = ({ grants, attributes }: Writer, nowMs: number) => {
  const conditionsFit = comparing(attributes);
  const places = deniedPlaces(grants, nowMs);
  const holds = (number: number, change: AccessChange): boolean => {
    // INVARIANT: a deny bars whatever its conditions are, also where an input is missing, so taking it away uncovers without condition.
    const given = change.grant.effect === 'allow' ? change.grant.conditions : undefined;
    const row = rowAt(grants, change.scope);
    const bearing = (row && cellOf(row, number)?.grants) ?? [];
    return bearing.some(
      ({ of, expiresAtMs }) =>
        of.effect === 'allow' && nowMs < expiresAtMs && change.untilMs <= expiresAtMs && conditionsFit(of.conditions, given),
    );
  };
  return (number: number, change: AccessChange): string | undefined => {
    if (!holds(number, change)) return 'nobody gives or takes what they do not hold';
    return meetsDeny(places, number, change.scope) ? 'nobody gives or takes what is denied to them' : undefined;
  };
};

/**
 * @param writers the writer's own grants, and those of whoever bounds it (a token's creators): each must cover the change
 * @returns the first permission that is not covered, or that a deny of the writer meets
 */
export const firstUncovered = (writers: readonly Writer[], changes: readonly AccessChange[], nowMs: number): Uncovered | undefined => {
  if (changes.length === 0) return undefined;
  const refusals = writers.map((writer) => coverOf(writer, nowMs));
  for (const change of changes) {
    for (const number of change.grant.numbers) {
      for (const refusal of refusals) {
        const reason = refusal(number, change);
        if (reason !== undefined) return { ...permissionOf(number), scope: change.scope, reason };
      }
    }
  }
  return undefined;
};

/** What only an administrator may do: it is as if everything were given, everywhere and for good. */
export const everything: AccessChange = {
  grant: { effect: 'allow', resource: '*', action: '*', numbers: new Set(allowedNumbers('*', '*')) },
  scope: everywhere,
  untilMs: Number.POSITIVE_INFINITY,
};

/** What is taken from others needs cover now; what is given, or uncovered where a deny goes, for as long as it lasts. */
const untilOf = (effect: Effect, kind: 'add' | 'take', endMs: number, nowMs: number): number =>
  (effect === 'allow') === (kind === 'add') ? endMs : nowMs;

/** @returns what adding or taking away these held roles changes; those that have ended change nothing */
export const changesOfHeld = (held: readonly HeldRole[], kind: 'add' | 'take', nowMs: number): AccessChange[] =>
  held
    .filter(({ expiresAtMs }) => nowMs < expiresAtMs)
    .flatMap((each) =>
      each.role.grants.flatMap((of) => {
        const grant = grantOf(of, each);
        return grant === undefined ? [] : [{ grant: of, scope: grant.scope, untilMs: untilOf(of.effect, kind, each.expiresAtMs, nowMs) }];
      }),
    );

const changing =
  (kind: 'add' | 'take', nowMs: number) =>
  (grant: RoleGrant): AccessChange => ({
    grant,
    scope: grant.scope,
    untilMs: untilOf(grant.effect, kind, Number.POSITIVE_INFINITY, nowMs),
  });

const without = (grants: readonly RoleGrant[], others: readonly RoleGrant[]): readonly RoleGrant[] => {
  const known = new Set(others.map(({ permission }) => permission));
  return grants.filter(({ permission }) => !known.has(permission));
};

/** The grants of a role's permissions, or of one policy: all of one effect, under the same conditions. */
export interface Edited {
  readonly grants: readonly RoleGrant[];
  /** The roles that they are granted through. */
  readonly roles: readonly string[];
}

const termsOf = ({ grants: [first] }: Edited): string =>
  JSON.stringify([first?.effect ?? null, first?.conditions ?? null, first?.unless ?? null]);

/**
 * @returns what an edit of a role's permissions or of a policy changes, once for each grant, however many roles it is granted through;
 * a changed deny counts as one taken and one added
 */
export const changesOfEdit = (before: Edited, after: Edited, nowMs: number): AccessChange[] => {
  const sameTerms = termsOf(before) === termsOf(after);
  const joins = after.roles.some((role) => !before.roles.includes(role));
  const leaves = before.roles.some((role) => !after.roles.includes(role));
  const added = joins || !sameTerms ? after.grants : without(after.grants, before.grants);
  const taken = leaves || !sameTerms ? before.grants : without(before.grants, after.grants);
  return [...added.map(changing('add', nowMs)), ...taken.map(changing('take', nowMs))];
};
