// Rows of secrets and of their values, both ways; what is read is checked.
import * as z from 'zod';
import { environment } from '../../shared/kernel/ids.ts';
import type { Item, Value } from '../../shared/ports/table.ts';
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

const headFields = z.object({
  id: z.string(),
  name: z.string(),
  location: locationRow,
  description: z.string().optional(),
  tags: z.array(z.string()),
  disabled: z.boolean(),
  hosts: z.array(z.string()).optional(),
  decoy: z.literal(true).optional(),
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
});

/** What an import wrote beside a head, or (without `next`) as a head of its own, that counts from the moment the import is switched to. */
const stagedFields = z.object({ import: z.string(), next: headFields.optional() });
const headRow = headFields.extend({ version: z.number(), staged: stagedFields.optional() });

const valueRow = z.object({ keyId: z.string(), envelope: z.instanceof(Uint8Array), createdAtMs: z.number(), createdBy: z.string() });

/** A pointer's row: the key of the head. */
export const pointerRow = z.object({ workspace: z.string(), head: z.string() });

const withoutUndefined = <T extends object>(of: T): T =>
  Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined)) as T;

/** Deleted secrets come to an end by the time to live of their rows. */
export const ttlOf = ({ recoverableUntilMs }: Secret): { expiresAtSeconds?: number } =>
  recoverableUntilMs === undefined ? {} : { expiresAtSeconds: Math.ceil(recoverableUntilMs / 1000) };

const headAttributes = (secret: Secret): Record<string, Value | undefined> => {
  const { org, location, expiresAtMs, revision, importing, tags, versions, hosts, ...rest } = secret;
  return withoutUndefined({
    ...rest,
    location: { ...plainLocation(location) },
    tags: [...tags],
    versions: [...versions],
    hosts: hosts && [...hosts],
    secretExpiresAtMs: expiresAtMs,
  });
};

export const headItem = (secret: Secret): Item => ({
  ...headAttributes(secret),
  ...headKey(secret.org, secret.location, secret.name),
  version: secret.revision,
  ...ttlOf(secret),
});

/** @param before what stands there; absent: the import makes the secret */
export const stagedItem = (before: Secret | undefined, after: Secret, importId: string): Item => {
  if (before === undefined) return { ...headItem(after), staged: { import: importId } };
  return { ...headItem(before), version: after.revision, staged: { import: importId, next: headAttributes(after) } };
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

const secretFrom = (org: string, fields: z.infer<typeof headFields>, revision: number): Secret => {
  const { secretExpiresAtMs: expiresAtMs, ...rest } = fields;
  return { org, ...rest, ...(expiresAtMs === undefined ? {} : { expiresAtMs }), revision };
};

/** A head's row: what counts, what would count if its import were switched to, and which import that is. */
export interface Head {
  readonly before: Secret | undefined;
  readonly after: Secret;
  readonly importId: string | undefined;
}

/** @throws ZodError for a damaged row */
export const headOfRow = (org: string, row: Item): Head => {
  const { version, staged, ...fields } = headRow.parse(row);
  const shown = secretFrom(org, fields, version);
  if (staged === undefined) return { before: shown, after: shown, importId: undefined };
  const { next } = staged;
  if (next === undefined) return { before: undefined, after: shown, importId: staged.import };
  return { before: shown, after: secretFrom(org, next, version), importId: staged.import };
};

export const storedValueOf = (row: Item): StoredValue => valueRow.parse(row);
