// The last way in stays open: whoever administers access for good is there after each change, and nothing may ever deny it to them.

import type { Member, MemberStore } from '../../identity/public.ts';
import { type Principal, principalId, principal as principalSchema } from '../../shared/kernel/principal.ts';
import { adminRole } from '../domain/built-in-roles.ts';
import { type BarringRoles, barringRoles, barsAccessControl, isBarring, isWayIn } from '../domain/way-in.ts';
import type { AssignmentStore, StoredAssignment, StoredPolicy } from '../ports.ts';
import type { AccessModel, Snapshot } from './load-access.ts';

/** What a change does that may close the last way in: what goes of it, and what may bring a deny. */
export interface MayClose {
  readonly deletesAssignment?: StoredAssignment;
  readonly putsAssignment?: StoredAssignment;
  readonly putsPolicy?: StoredPolicy;
  readonly putsMember?: Member;
  readonly removesMember?: Member;
}

/** @returns whether a way in stays open once the change is made */
export type WayInGuard = (snapshot: Snapshot, change: MayClose, nowMs: number) => Promise<boolean>;

const pageSize = 100;

/** @returns whether the change takes nothing of a way in and brings no deny: then nothing need be read */
const isHarmless = (barring: BarringRoles, change: MayClose, nowMs: number): boolean => {
  const { deletesAssignment: gone, putsAssignment: put, putsPolicy: policy, putsMember, removesMember } = change;
  return (
    !(gone !== undefined && isWayIn(gone)) &&
    !(put !== undefined && isBarring(barring, put, nowMs)) &&
    !(policy !== undefined && barsAccessControl(policy)) &&
    putsMember === undefined &&
    removesMember === undefined
  );
};

const policiesAfter = ({ policies }: Snapshot, put: StoredPolicy | undefined): Iterable<StoredPolicy> =>
  put === undefined ? policies.values() : new Map([...policies, [put.id, put]]).values();

export const wayInGuard = ({
  model,
  assignments,
  members,
}: {
  model: Pick<AccessModel, 'isLive'>;
  assignments: AssignmentStore;
  members: MemberStore;
}): WayInGuard => {
  const isOpen = async (snapshot: Snapshot, barring: BarringRoles, change: MayClose, nowMs: number): Promise<boolean> => {
    const rowsOf = new Map<Principal, Promise<readonly StoredAssignment[]>>();
    const heldBy = (principal: Principal): Promise<readonly StoredAssignment[]> => {
      const known = rowsOf.get(principal) ?? assignments.ofPrincipal(snapshot.org, principal);
      rowsOf.set(principal, known);
      return known;
    };
    const isBarred = async ({ id, groups }: Member): Promise<boolean> => {
      if (barring.size === 0) return false;
      const principals = [`user:${id}`, ...groups.map((group) => `group:${group}`)].map((text) => principalSchema.parse(text));
      const { putsAssignment: put } = change;
      if (put !== undefined && principals.includes(put.principal) && isBarring(barring, put, nowMs)) return true;
      for (const principal of principals) {
        const rows = await heldBy(principal);
        if (rows.some((row) => model.isLive(snapshot, row) && isBarring(barring, row, nowMs))) return true;
      }
      return false;
    };
    for (let after: string | undefined; ; ) {
      const page = await assignments.list(snapshot.org, { role: adminRole }, { limit: pageSize, after });
      const users = page.items
        .filter((row) => isWayIn(row) && row.id !== change.deletesAssignment?.id)
        .map(({ principal }) => principalId(principal))
        .filter((user) => user !== change.removesMember?.id);
      for (const record of await members.lookUpAll(snapshot.org, users)) {
        if (typeof record !== 'object') continue;
        const member = record.id === change.putsMember?.id ? change.putsMember : record;
        if (member.status === 'active' && !(await isBarred(member))) return true;
      }
      after = page.next;
      if (after === undefined) return false;
    }
  };

  return async (snapshot, change, nowMs) => {
    const barring = barringRoles(policiesAfter(snapshot, change.putsPolicy));
    return isHarmless(barring, change, nowMs) || isOpen(snapshot, barring, change, nowMs);
  };
};
