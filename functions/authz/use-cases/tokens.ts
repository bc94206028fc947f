// API tokens as callers see them: never the secret or its hash.
import { toTime } from '../../shared/kernel/world.ts';
import type { StoredToken } from '../ports.ts';

export const showToken = ({ id, name, role, scope, expiresAtMs, createdAtMs, createdBy, version }: StoredToken, lastUsedAtMs?: number) => ({
  id,
  name,
  role,
  scope,
  expiresAt: toTime(expiresAtMs),
  ...(lastUsedAtMs === undefined ? {} : { lastUsedAt: toTime(lastUsedAtMs) }),
  createdAt: toTime(createdAtMs),
  createdBy,
  version,
});
