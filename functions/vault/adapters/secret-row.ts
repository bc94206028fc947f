// Rows of secrets and of their values, both ways; what is read is checked.
import * as z from 'zod';
import { environment } from '../../shared/kernel/ids.ts';
import type { Item } from '../../shared/ports/table.ts';
import { plainLocation } from '../domain/location.ts';
import type { Secret } from '../domain/secret.ts';
import type { StoredValue } from '../ports.ts';
import { headKey, pointerKey, valueKey } from './keys.ts';

const locationRow = z.object({
  workspace: z.string(),
  app: z.string().optional(),
  namespace: z.string().optional(),
  environment: environment.optional(),
});

const headRow = z.object({
  id: z.string(),
  name: z.string(),
  location: locationRow,
  description: z.string().optional(),
  tags: z.array(z.string()),
  disabled: z.boolean(),
  secretExpiresAtMs: z.number().optional(),
  deletedAtMs: z.number().optional(),
  recoverableUntilMs: z.number().optional(),
  current: z.number(),
  latest: z.number(),
  versions: z.array(z.number()),
  createdAtMs: z.number(),
  createdBy: z.string(),
  updatedAtMs: z.number(),
  updatedBy: z.string(),
  version: z.number(),
});

const valueRow = z.object({ keyId: z.string(), envelope: z.instanceof(Uint8Array), createdAtMs: z.number(), createdBy: z.string() });

/** A pointer's row: the key of the head. */
export const pointerRow = z.object({ workspace: z.string(), head: z.string() });

const withoutUndefined = <T extends object>(of: T): T =>
  Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined)) as T;

/** Deleted secrets come to an end by the time to live of their rows. */
export const ttlOf = ({ recoverableUntilMs }: Secret): { expiresAtSeconds?: number } =>
  recoverableUntilMs === undefined ? {} : { expiresAtSeconds: Math.ceil(recoverableUntilMs / 1000) };

export const headItem = (secret: Secret): Item => {
  const { org, name, location, expiresAtMs, revision, tags, versions, ...rest } = secret;
  return withoutUndefined<Item>({
    ...headKey(org, location, name),
    ...rest,
    name,
    location: { ...plainLocation(location) },
    tags: [...tags],
    versions: [...versions],
    secretExpiresAtMs: expiresAtMs,
    version: revision,
    ...ttlOf(secret),
  });
};

export const pointerItem = (secret: Secret): Item => {
  const { workspace } = secret.location;
  const head = headKey(secret.org, secret.location, secret.name).sk;
  return { ...pointerKey(secret.org, secret.id), workspace, head, ...ttlOf(secret) };
};

/** The row also says whose value it is, for `scripts/recover-secret.ts`. INVARIANT: the vault itself never reads that from here. */
export const valueItem = (secret: Secret, version: number, value: StoredValue): Item => ({
  ...valueKey(secret.org, secret.location.workspace, secret.id, version),
  ...value,
  recovery: { name: secret.name, location: { ...plainLocation(secret.location) } },
  ...ttlOf(secret),
});

/** @throws ZodError for a damaged row */
export const secretOf = (org: string, row: Item): Secret => {
  const { secretExpiresAtMs: expiresAtMs, version: revision, ...rest } = headRow.parse(row);
  return { org, ...rest, ...(expiresAtMs === undefined ? {} : { expiresAtMs }), revision };
};

export const storedValueOf = (row: Item): StoredValue => valueRow.parse(row);
