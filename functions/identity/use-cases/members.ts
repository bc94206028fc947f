// Members as callers see them, and what a change of one means for access.

import type { Change } from '../../audit/public.ts';
import { type AccessChange, type AccessModel, changesOfHeld, type HeldRole, type Snapshot } from '../../authz/public.ts';
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

/** Everything that a member holds unless suspended: its own roles, and those of its groups. An invitation counts as accepted. */
const heldBy = async (model: AccessModel, snapshot: Snapshot, member: Member | undefined): Promise<readonly HeldRole[]> => {
  if (member === undefined || member.status === 'suspended') return [];
  const holders = [`user:${member.id}`, ...member.groups.map((group) => `group:${group}`)];
  return (await Promise.all(holders.map((text) => model.heldBy(snapshot, principal.parse(text))))).flat();
};

const sameAttributes = (a: Member, b: Member): boolean => {
  const sorted = ({ attributes = {} }: Member) => JSON.stringify(Object.entries(attributes).sort(([x], [y]) => (x < y ? -1 : 1)));
  return sorted(a) === sorted(b);
};

/** Grants that ask for attributes may begin to match, and denies cease to, when these change: they count as given, whatever they ask. */
const attributesAside = (held: readonly HeldRole[], nowMs: number): AccessChange[] => [
  ...changesOfHeld(held, 'add', nowMs)
    .filter(({ grant }) => grant.effect === 'allow' && grant.conditions?.attributes !== undefined)
    .map((change) => {
      const { attributes: _, ...conditions } = change.grant.conditions ?? {};
      return { ...change, grant: { ...change.grant, conditions } };
    }),
  ...changesOfHeld(held, 'take', nowMs).filter(
    ({ grant }) => grant.effect === 'deny' && (grant.conditions?.attributes !== undefined || grant.unless?.attributes !== undefined),
  ),
];

/** @returns what the change of a member gives or takes; absent before for a new one, absent after for one that is removed */
export const changesOfMember = async (
  model: AccessModel,
  snapshot: Snapshot,
  before: Member | undefined,
  after: Member | undefined,
  nowMs: number,
): Promise<AccessChange[]> => {
  const [had, has] = await Promise.all([heldBy(model, snapshot, before), heldBy(model, snapshot, after)]);
  const hadIds = new Set(had.map(({ assignment }) => assignment));
  const hasIds = new Set(has.map(({ assignment }) => assignment));
  const stays = has.filter(({ assignment }) => hadIds.has(assignment));
  const moved = before !== undefined && after !== undefined && !sameAttributes(before, after);
  return [
    ...changesOfHeld(
      has.filter(({ assignment }) => !hadIds.has(assignment)),
      'add',
      nowMs,
    ),
    ...changesOfHeld(
      had.filter(({ assignment }) => !hasIds.has(assignment)),
      'take',
      nowMs,
    ),
    ...(moved ? attributesAside(stays, nowMs) : []),
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
