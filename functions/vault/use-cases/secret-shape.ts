// A secret as its metadata is shown.
import type { OrgId } from '../../shared/kernel/ids.ts';
import { toTime } from '../../shared/kernel/world.ts';
import { plainLocation, scopeKind } from '../domain/location.ts';
import { type Secret, statusAt } from '../domain/secret.ts';
import type { LastAccess, SecretStore } from '../ports.ts';
import type { Metadata } from '../schemas.ts';

const shapeOf = (secret: Secret, access: LastAccess | undefined, nowMs: number): Metadata => ({
  id: secret.id,
  name: secret.name,
  location: plainLocation(secret.location) as Metadata['location'],
  scope: scopeKind(secret.location),
  status: statusAt(secret, nowMs),
  ...(secret.description === undefined ? {} : { description: secret.description }),
  tags: [...secret.tags],
  ...(secret.hosts === undefined ? {} : { hosts: [...secret.hosts] }),
  version: secret.current,
  createdAt: toTime(secret.createdAtMs),
  createdBy: secret.createdBy,
  updatedAt: toTime(secret.updatedAtMs),
  updatedBy: secret.updatedBy,
  lastAccessedAt: access === undefined ? null : toTime(access.atMs),
  lastAccessedBy: access?.by ?? null,
  expiresAt: secret.expiresAtMs === undefined ? null : toTime(secret.expiresAtMs),
  ...(secret.deletedAtMs === undefined ? {} : { deletedAt: toTime(secret.deletedAtMs) }),
  ...(secret.recoverableUntilMs === undefined ? {} : { recoverableUntil: toTime(secret.recoverableUntilMs) }),
});

/** @returns the metadata of each secret, with when it was last resolved */
export const shapesOf = async (store: SecretStore, org: OrgId, secrets: readonly Secret[], nowMs: number): Promise<Metadata[]> => {
  const accesses = await store.lastAccesses(org, secrets);
  return secrets.map((secret, index) => shapeOf(secret, accesses[index], nowMs));
};

export const oneShape = async (store: SecretStore, org: OrgId, secret: Secret, nowMs: number): Promise<Metadata> => {
  const [access] = await store.lastAccesses(org, [secret]);
  return shapeOf(secret, access, nowMs);
};
