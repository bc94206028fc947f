// Assignments as callers see them, and what giving or taking one changes.
import { toTime } from '../../shared/kernel/world.ts';
import type { HeldRole } from '../domain/compile-grants.ts';
import type { StoredAssignment } from '../ports.ts';
import type { Snapshot } from './load-access.ts';

export const showAssignment = ({ id, principal, role, scope, expiresAtMs, version }: StoredAssignment) => ({
  id,
  principal,
  role,
  scope,
  ...(expiresAtMs === undefined ? {} : { expiresAt: toTime(expiresAtMs) }),
  version,
});

/** @returns the role as its principal holds it; nothing where the role is gone */
export const heldThrough = (
  snapshot: Snapshot,
  { id, role, scope, expiresAtMs }: Pick<StoredAssignment, 'id' | 'role' | 'scope' | 'expiresAtMs'>,
): readonly HeldRole[] => {
  const compiled = snapshot.compiled(role);
  return compiled === undefined ? [] : [{ role: compiled, assignment: id, scope, expiresAtMs: expiresAtMs ?? Number.POSITIVE_INFINITY }];
};
