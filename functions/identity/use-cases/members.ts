// Members as callers see them, and what a change of one means for access.

import type { Change } from '../../audit/public.ts';
import { type AccessChange, type AccessModel, changesOfHeld, everything, type HeldRole, type Snapshot } from '../../authz/public.ts';
import { principal } from '../../shared/kernel/principal.ts';
import { toTime } from '../../shared/kernel/world.ts';
import type { Member } from '../ports.ts';
import type { MemberItem } from '../schemas.ts';

export const showMember = ({ lastLoginAtMs, groups, ...member }: Member): MemberItem => ({
  ...member,
  groups: [...groups],
  ...(lastLoginAtMs === undefined ? {} : { lastLoginAt: toTime(lastLoginAtMs) }),
  attributes: member.attributes === undefined ? undefined : { ...member.attributes },
});

/** Everything that waits for a member: its own roles, and those of its groups, also while it is invited or suspended. */
const waitsFor = async (model: AccessModel, snapshot: Snapshot, member: Member | undefined): Promise<readonly HeldRole[]> => {
  if (member === undefined) return [];
  const holders = [`user:${member.id}`, ...member.groups.map((group) => `group:${group}`)];
  return (await Promise.all(holders.map((text) => model.heldBy(snapshot, principal.parse(text))))).flat();
};

const sameAttributes = (a: Member, b: Member): boolean => {
  const sorted = ({ attributes = {} }: Member) => JSON.stringify(Object.entries(attributes).sort(([x], [y]) => (x < y ? -1 : 1)));
  return sorted(a) === sorted(b);
};

const isIn = (member: Member | undefined): boolean => member?.status === 'active';
const isSuspended = (member: Member | undefined): boolean => member?.status === 'suspended';

/** Whether somebody else may be this member from now on, or begins to act as it: then all that waits for it is given. */
const begins = (before: Member | undefined, after: Member | undefined): boolean =>
  after !== undefined && (before === undefined || before.email !== after.email || (isIn(after) && !isIn(before)));

/** Whether the member is kept out from now on: then all that waited for it is taken. */
const ends = (before: Member | undefined, after: Member | undefined): boolean =>
  after === undefined || (isSuspended(after) && before !== undefined && !isSuspended(before));

/**
 * What its attributes give and deny a member is not told from its roles alone, nor from those of today, so nobody sets them who does not hold
 * everything: neither at creation nor later.
 */
const setsAttributes = (before: Member | undefined, after: Member | undefined): boolean =>
  after !== undefined && (before === undefined ? Object.keys(after.attributes ?? {}).length > 0 : !sameAttributes(before, after));

const except = (held: readonly HeldRole[], others: readonly HeldRole[]): readonly HeldRole[] => {
  const known = new Set(others.map(({ assignment }) => assignment));
  return held.filter(({ assignment }) => !known.has(assignment));
};

/** @returns what the change of a member gives or takes; absent before for a new one, absent after for one that is removed */
export const changesOfMember = async (
  model: AccessModel,
  snapshot: Snapshot,
  before: Member | undefined,
  after: Member | undefined,
  nowMs: number,
): Promise<AccessChange[]> => {
  const [had, has] = await Promise.all([waitsFor(model, snapshot, before), waitsFor(model, snapshot, after)]);
  return [
    ...(setsAttributes(before, after) ? [everything] : []),
    ...changesOfHeld(begins(before, after) ? has : except(has, had), 'add', nowMs),
    ...changesOfHeld(ends(before, after) ? had : except(had, has), 'take', nowMs),
  ];
};

/** Which fields changed; values only of those that say nothing of the person. */
export const auditedChanges = (before: Member | undefined, after: Member): Change[] => {
  const changes: Change[] = [];
  if (before?.status !== after.status) changes.push({ path: '/status', ...(before && { before: before.status }), after: after.status });
  if (JSON.stringify(before?.groups ?? []) !== JSON.stringify(after.groups)) {
    changes.push({ path: '/groups', ...(before && { before: [...before.groups] }), after: [...after.groups] });
  }
  if (before?.email !== after.email) changes.push({ path: '/email' });
  if (before?.name !== after.name) changes.push({ path: '/name' });
  if (before !== undefined && !sameAttributes(before, after)) changes.push({ path: '/attributes' });
  return changes;
};
