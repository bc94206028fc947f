// No climbing: whoever changes access must itself hold all that the change gives, uncovers or takes away.
import type { Action, Resource } from '../../shared/kernel/permission.ts';
import { covers, type Scope } from '../../shared/kernel/scope.ts';
import { type CompiledGrants, cellOf, type Grant, grantOf, type HeldRole, type RoleGrant, rowAt } from './compile-grants.ts';
import { conditionsCover } from './conditions.ts';
import type { Conditions, Effect } from './model.ts';
import { permissionOf } from './permission-numbers.ts';

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

const cellAt = (writer: CompiledGrants, number: number, scope: Scope): readonly Grant[] => {
  const row = rowAt(writer, scope);
  return (row && cellOf(row, number)?.grants) ?? [];
};

const meetsDeny = (writer: CompiledGrants, number: number, scope: Scope, nowMs: number): boolean => {
  const denies = (grants: readonly Grant[]): boolean => grants.some(({ of, expiresAtMs }) => of.effect === 'deny' && nowMs < expiresAtMs);
  if (denies(cellAt(writer, number, scope))) return true;
  for (const row of writer.rows.values()) if (covers(scope, row.scope) && denies(cellOf(row, number)?.grants ?? [])) return true;
  return false;
};

const holds = (writer: CompiledGrants, number: number, change: AccessChange, nowMs: number): boolean => {
  // INVARIANT: a deny bars whatever its conditions are, also where an input is missing, so taking it away uncovers without condition.
  const conditions: Conditions | undefined = change.grant.effect === 'allow' ? change.grant.conditions : undefined;
  return cellAt(writer, number, change.scope).some(
    ({ of, expiresAtMs }) =>
      of.effect === 'allow' && nowMs < expiresAtMs && change.untilMs <= expiresAtMs && conditionsCover(of.conditions, conditions),
  );
};

/**
 * @param writers the writer's own grants, and those of whoever bounds it (a token's creators): each must cover the change
 * @returns the first permission that is not covered, or that a deny of the writer meets
 */
export const firstUncovered = (
  writers: readonly CompiledGrants[],
  changes: readonly AccessChange[],
  nowMs: number,
): Uncovered | undefined => {
  for (const change of changes) {
    for (const number of change.grant.numbers) {
      for (const writer of writers) {
        const lacks = !holds(writer, number, change, nowMs);
        if (!lacks && !meetsDeny(writer, number, change.scope, nowMs)) continue;
        const reason = lacks ? 'nobody gives or takes what they do not hold' : 'nobody gives or takes what is denied to them';
        return { ...permissionOf(number), scope: change.scope, reason };
      }
    }
  }
  return undefined;
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

const identityOf = ({ role, policy, effect, permission, conditions, unless }: RoleGrant): string =>
  JSON.stringify([role, policy ?? null, effect, permission, conditions ?? null, unless ?? null]);

/** @returns what an edit of roles or policies changes, grant by grant; a changed deny counts as one taken and one added */
export const changesOfEdit = (before: readonly RoleGrant[], after: readonly RoleGrant[], nowMs: number): AccessChange[] => {
  const had = new Set(before.map(identityOf));
  const has = new Set(after.map(identityOf));
  const added = after.filter((grant) => !had.has(identityOf(grant)));
  const taken = before.filter((grant) => !has.has(identityOf(grant)));
  const change = (kind: 'add' | 'take') => (grant: RoleGrant) => ({
    grant,
    scope: grant.scope,
    untilMs: untilOf(grant.effect, kind, Number.POSITIVE_INFINITY, nowMs),
  });
  return [...added.map(change('add')), ...taken.map(change('take'))];
};
