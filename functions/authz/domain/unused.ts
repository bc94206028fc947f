// What was granted and not used: uses marked on the grants that permitted them, and the tighter role that would still permit them all.
import { covers, intersect, type Scope } from '../../shared/kernel/scope.ts';
import type { HeldRole, RoleGrant } from './compile-grants.ts';
import { chainOf, type Holder } from './holder.ts';
import { permissionOf } from './permission-numbers.ts';
import type { UsageKind } from './usage.ts';

/** Permission numbers that a grant served for. */
export interface Served {
  readonly used: Set<number>;
  readonly asked: Set<number>;
}

/** A permission that was granted, and not used. */
export interface UnusedGrant {
  readonly permission: string;
  readonly policy?: string;
  /** Somebody asked whether it is held, which may be a gateway that enforces it. */
  readonly asked: boolean;
}

export interface UseMarks {
  /** Marks every grant that may have permitted it, those of a token's creators included: none of them is called unused. */
  mark(holder: Holder, number: number, scope: Scope, kind: UsageKind): void;
  /** @returns what a grant served for through these assignments */
  servedBy(assignments: readonly string[], grant: RoleGrant): Served;
}

const nothing = (): Served => ({ used: new Set(), asked: new Set() });

const permits = (grant: RoleGrant, held: HeldRole, number: number, scope: Scope): boolean => {
  if (grant.effect !== 'allow' || !grant.numbers.has(number)) return false;
  const meets = intersect(grant.scope, held.scope);
  return meets !== undefined && covers(meets, scope);
};

const keyOf = ({ policy, permission }: RoleGrant): string => `${policy ?? ''}#${permission}`;

export const useMarks = (): UseMarks => {
  const marks = new Map<string, Map<string, Served>>();

  const markOf = (assignment: string, grant: RoleGrant): Served => {
    const ofAssignment = marks.get(assignment) ?? new Map<string, Served>();
    marks.set(assignment, ofAssignment);
    const served = ofAssignment.get(keyOf(grant)) ?? nothing();
    ofAssignment.set(keyOf(grant), served);
    return served;
  };

  return {
    mark: (holder, number, scope, kind) => {
      for (const { grants } of chainOf(holder)) {
        for (const held of grants.held) {
          if (!covers(held.scope, scope)) continue;
          for (const grant of held.role.grants) if (permits(grant, held, number, scope)) markOf(held.assignment, grant)[kind].add(number);
        }
      }
    },
    servedBy: (assignments, grant) => {
      const sum = nothing();
      for (const assignment of assignments) {
        const served = marks.get(assignment)?.get(keyOf(grant));
        for (const number of served?.used ?? []) sum.used.add(number);
        for (const number of served?.asked ?? []) sum.asked.add(number);
      }
      return sum;
    },
  };
};

/** @returns the grants, of those that reach into one of the scopes, that were not used through these assignments */
export const unusedGrants = (
  marks: UseMarks,
  grants: readonly RoleGrant[],
  held: readonly { readonly assignment: string; readonly scope: Scope }[],
): readonly UnusedGrant[] => {
  const assignments = held.map(({ assignment }) => assignment);
  return grants.flatMap((grant) => {
    if (grant.effect !== 'allow' || !held.some(({ scope }) => intersect(grant.scope, scope) !== undefined)) return [];
    const { used, asked } = marks.servedBy(assignments, grant);
    if (used.size > 0) return [];
    const { permission, policy } = grant;
    return [{ permission, ...(policy === undefined ? {} : { policy }), asked: asked.size > 0 }];
  });
};

/**
 * @returns the permissions of a role that still permit all that was used or asked: the unused are gone, `*` and `manage` are narrowed to
 * what they served for; its policies stay as they are
 */
export const tighterPermissions = (marks: UseMarks, grants: readonly RoleGrant[], assignments: readonly string[]): readonly string[] => {
  const kept = new Set<string>();
  for (const grant of grants) {
    if (grant.policy !== undefined) continue;
    const { used, asked } = marks.servedBy(assignments, grant);
    const served = new Set([...used, ...asked]);
    if (served.size === 0) continue;
    if (served.size === grant.numbers.size) {
      kept.add(grant.permission);
      continue;
    }
    for (const number of [...served].sort((a, b) => a - b)) {
      const { resource, action } = permissionOf(number);
      kept.add(`${resource}:${grant.scope}:${action}`);
    }
  }
  return [...kept];
};
