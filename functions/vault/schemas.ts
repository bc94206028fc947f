// Wire shapes of the vault. No answer's schema has a field that could hold a value.
import * as z from 'zod';
import { listQuery, pageOf } from '../shared/http/list.ts';
import { environment, identifier, workspaceId } from '../shared/kernel/ids.ts';
import { maxNames } from './domain/binding.ts';
import { recovery, secretNamePattern } from './domain/secret.ts';
import { maxValueBytes, valueFault } from './domain/value.ts';

/** INVARIANT: messages of this file never repeat what was sent: it may be a value in the wrong place. */
const secretName = z.string().regex(secretNamePattern, 'a name is 1 to 128 of `A-Z`, `0-9` and `_`, beginning with a letter');

const inNamespace = { app: identifier.optional(), namespace: identifier.optional() };
const wholeNamespace = ({ app, namespace }: { app?: string | undefined; namespace?: string | undefined }): boolean =>
  (app === undefined) === (namespace === undefined);
const wholeNamespaceRule = '`app` and `namespace` come together';

const location = z
  .strictObject({ workspace: workspaceId, ...inNamespace, environment: environment.optional() })
  .refine(wholeNamespace, wholeNamespaceRule);

const description = z
  .string()
  .max(1_000)
  .refine((text) => text.isWellFormed(), 'the text has a lone surrogate');
const tag = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9 _.:/-]{0,62}$/, 'a tag is 1 to 63 letters, digits, spaces and `_.:/-`, beginning with a letter or digit');
const tags = z
  .array(tag)
  .max(20)
  .refine((all) => new Set(all).size === all.length, 'a tag is named twice');
/** A host name, or all below one: `*.example.com`. Ports and addresses in brackets are not names. */
const host = z
  .string()
  .max(253)
  .regex(
    /^(\*\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/,
    'a host is a name in lower case such as `api.example.com` or `*.example.com`',
  );
const hosts = z
  .array(host)
  .min(1)
  .max(20)
  .refine((all) => new Set(all).size === all.length, 'a host is named twice');
const time = z.iso.datetime({ offset: true });

/** Longer than base64 of the largest value; the exact limit is in bytes. */
const maxValueLength = Math.ceil(maxValueBytes / 3) * 4;
const valueFields = {
  value: z.string().max(maxValueLength, 'a value has at most 64 KiB'),
  encoding: z.enum(['utf8', 'base64']).default('utf8'),
};
const checkValue = (given: { value: string; encoding: 'utf8' | 'base64' }, context: z.RefinementCtx): void => {
  const fault = valueFault(given);
  if (fault !== undefined) context.addIssue({ code: 'custom', path: ['value'], message: fault });
};

export const createBody = z
  .strictObject({
    name: secretName,
    location,
    description: description.optional(),
    tags: tags.default([]),
    expiresAt: time.optional(),
    hosts: hosts.optional(),
    /** Nobody uses it: resolving it is an alarm. Takes write at `*`; no answer tells. */
    decoy: z.boolean().optional(),
    ...valueFields,
  })
  .superRefine(checkValue);

export const valueBody = z.strictObject(valueFields).superRefine(checkValue);

/** `null` clears. */
export const patchBody = z.strictObject({
  status: z.enum(['active', 'disabled']).optional(),
  description: description.nullable().optional(),
  tags: tags.optional(),
  expiresAt: time.nullable().optional(),
  hosts: hosts.nullable().optional(),
  decoy: z.boolean().optional(),
});

/** Fields of a secret that a client may send back. */
export const readOnlyFields = [
  'id',
  'scope',
  'version',
  'createdAt',
  'createdBy',
  'updatedAt',
  'updatedBy',
  'lastAccessedAt',
  'lastAccessedBy',
  'deletedAt',
  'detectable',
  'recoverableUntil',
] as const;

const status = z.enum(['active', 'expiring', 'disabled', 'expired', 'deleted']);
const kind = z.enum(['workspace', 'namespace', 'environment']);

export const metadata = z.object({
  id: identifier,
  name: secretName,
  location,
  scope: kind,
  status,
  description: z.string().optional(),
  tags: z.array(z.string()),
  /** Where it may be sent; absent: anywhere. */
  hosts: z.array(z.string()).optional(),
  /** The value's version; the `ETag` counts changes of the metadata too. */
  version: z.int(),
  createdAt: z.string(),
  createdBy: z.string(),
  updatedAt: z.string(),
  updatedBy: z.string(),
  lastAccessedAt: z.string().nullable(),
  lastAccessedBy: z.string().nullable(),
  expiresAt: z.string().nullable(),
  deletedAt: z.string().optional(),
  recoverableUntil: z.string().optional(),
});
export type Metadata = z.infer<typeof metadata>;

/** The answer to writing a value; whether prompt protection can find it in a text is told here and nowhere else. */
export const written = metadata.extend({ detectable: z.boolean() });
export type Written = z.infer<typeof written>;

export const secretsQuery = listQuery.extend({
  workspace: workspaceId.optional(),
  scope: kind.optional(),
  status: status.optional(),
  namePrefix: z.string().regex(secretNamePattern, 'a prefix of a name').optional(),
  tag: tag.optional(),
  expiringBefore: time.optional(),
});
export const secretsPage = pageOf(metadata);

export const deleteQuery = z.strictObject({
  recoveryDays: z.coerce.number().int().min(recovery.minDays).max(recovery.maxDays).default(recovery.maxDays),
});

export const versionsPage = z.object({
  items: z.array(z.object({ version: z.int(), current: z.boolean(), createdAt: z.string(), createdBy: z.string() })),
});

const versionNumber = z
  .string()
  .regex(/^[1-9][0-9]{0,9}$/)
  .transform(Number);

export const secretParams = z.object({ id: identifier });
export const versionParams = z.object({ id: identifier, n: versionNumber });
export const bindingParams = z.object({ workspace: workspaceId, pipeline: identifier });

const names = z
  .array(secretName)
  .max(maxNames)
  .refine((all) => new Set(all).size === all.length, 'a name stands twice');

export const bindingBody = z
  .strictObject({ names: names.min(1), environment: environment.optional(), ...inNamespace })
  .refine(wholeNamespace, wholeNamespaceRule);

export const bindingReadOnlyFields = ['workspace', 'pipeline', 'author', 'updatedAt', 'version'] as const;
export const bindingShape = z.object({
  workspace: workspaceId,
  pipeline: identifier,
  names: z.array(secretName),
  environment: environment.optional(),
  app: identifier.optional(),
  namespace: identifier.optional(),
  author: z.string(),
  updatedAt: z.string(),
  version: z.int(),
});

export const executionBody = z.strictObject({ workspace: workspaceId, pipeline: identifier, environment, step: identifier.optional() });
export const executionShape = z.object({ ticket: z.string(), execution: identifier, expiresAt: z.string() });

/** What the resolver takes: either names, or a template, or neither for all that is bound. */
export const resolveBody = z
  .strictObject({ ticket: z.string(), template: z.json().optional(), names: names.optional() })
  .refine(({ template, names: asked }) => template === undefined || asked === undefined, 'send `template` or `names`, not both');

const resolvedValue = z.object({
  value: z.string(),
  /** Present where the value is bytes: `value` is their base64. */
  encoding: z.literal('base64').optional(),
  location,
  version: z.int(),
  hosts: z.array(z.string()).optional(),
});
/** With a template, `template` is it with the values filled in; else `values`. */
const resolveAnswer = z.union([z.object({ values: z.record(secretName, resolvedValue) }), z.object({ template: z.json() })]);
export type ResolveAnswer = z.infer<typeof resolveAnswer>;

const maxImportLength = 5 * 1024 * 1024;
export const importBody = z.strictObject({
  location,
  format: z.enum(['env', 'json']),
  content: z.string().max(maxImportLength, 'an import has at most 5 MiB'),
  /** Every line is written, or none. */
  allOrNothing: z.boolean().default(false),
});
export const importAnswer = z.object({
  results: z.array(
    z.object({
      line: z.int().min(1),
      name: z.string().optional(),
      status: z.enum(['created', 'updated', 'refused']),
      detail: z.string().optional(),
    }),
  ),
});
export type ImportAnswer = z.infer<typeof importAnswer>;

export const referencesPage = z.object({
  items: z.array(
    z.object({
      workspace: workspaceId,
      pipeline: identifier,
      environment,
      step: identifier.optional(),
      version: z.int(),
      lastResolvedAt: z.string(),
      lastResolvedBy: z.string(),
    }),
  ),
});

const job = z.object({
  id: identifier,
  status: z.enum(['queued', 'running', 'done', 'failed']),
  progress: z.object({ done: z.int(), total: z.int() }),
  /** Values that no key opens. */
  unreadable: z.int(),
  startedAt: z.string(),
  updatedAt: z.string(),
});
export const reencryptionShape = job;
export type ReencryptionShape = z.infer<typeof job>;

export const keysParams = z.object({ workspace: workspaceId });
export const workspaceKeys = z.object({
  workspace: workspaceId,
  keys: z.array(z.object({ id: identifier, createdAt: z.string(), ageDays: z.int(), current: z.boolean() })),
  reencryption: job.optional(),
});
export type WorkspaceKeys = z.infer<typeof workspaceKeys>;
export const keysPage = pageOf(workspaceKeys);

/** Without a confirmation: asks for one. */
export const shredBody = z.strictObject({ confirmation: z.string().max(2_000).optional() });
export const shredAnswer = z.object({
  status: z.enum(['confirmation-needed', 'shredded']),
  confirmation: z.string().optional(),
  /** Until when the confirmation is taken. */
  expiresAt: z.string().optional(),
  keys: z.int(),
  /** From then on nothing that was encrypted under these keys can be recovered by anybody. */
  recoveryImpossibleFrom: z.string(),
});
export type ShredAnswer = z.infer<typeof shredAnswer>;
