// A secret's row of fingerprints: of each kept version, sealed under the workspace's key for fingerprints.
import * as z from 'zod';
import type { Item } from '../../shared/ports/table.ts';
import type { Secret } from '../domain/secret.ts';
import type { Fingerprint, Fingerprints } from '../ports.ts';
import { fingerprintKey } from './keys.ts';
import { ttlOf } from './secret-row.ts';

const fingerprintRow = z.object({
  keyId: z.string().optional(),
  decoy: z.boolean().optional(),
  versions: z.record(z.string().regex(/^\d+$/), z.instanceof(Uint8Array)).default({}),
});

/** @throws ZodError for a damaged row */
export const fingerprintsOf = (row: Item): Fingerprints => {
  const { keyId, decoy = false, versions } = fingerprintRow.parse(row);
  return { keyId, decoy, versions: new Map(Object.entries(versions).map(([n, sealed]) => [Number(n), sealed])) };
};

/** @param row what stands there; what another key sealed can be opened no more, and goes */
export const fingerprintItem = (secret: Secret, row: Fingerprints | undefined, added?: Fingerprint): Item => {
  const keyId = added?.keyId ?? row?.keyId;
  const kept = row !== undefined && row.keyId === keyId ? [...row.versions].filter(([n]) => secret.versions.includes(n)) : [];
  const all = [...kept, ...(added === undefined ? [] : [[secret.current, added.sealed] as const])];
  return {
    ...fingerprintKey(secret.org, secret.location.workspace, secret.id),
    ...(keyId === undefined ? {} : { keyId }),
    ...(secret.decoy === true ? { decoy: true } : {}),
    versions: Object.fromEntries(all.map(([n, sealed]) => [String(n), sealed])),
    ...ttlOf(secret),
  };
};
