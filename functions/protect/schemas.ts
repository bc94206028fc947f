// Wire shapes of prompt protection: policies, deny lists, scans and verdicts.
import * as z from 'zod';
import { listQuery, pageOf } from '../shared/http/list.ts';
import { identifier, workspaceId } from '../shared/kernel/ids.ts';
import { maxPatternUnits } from './domain/pattern.ts';
import { contentCategories, type Policy, piiTypes } from './domain/policy.ts';
import { maxTermUnits } from './domain/term-automaton.ts';

/** Printable, on one line: names stand in lists and logs. */
const line = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'this text holds control characters or line breaks')
    .refine((text) => text.isWellFormed(), 'the text has a lone surrogate');
const name = line(100).min(1);
const unique = (values: readonly unknown[]): boolean => new Set(values).size === values.length;
const set = <T extends z.ZodType>(of: T, max: number) => z.array(of).max(max).refine(unique, 'a value stands here twice');

const workspaces = z.union([z.literal('*'), set(workspaceId, 1_000).min(1)]);
const piiAction = z.enum(['redact', 'block', 'log']);
const sensitivity = z.enum(['high', 'medium', 'low', 'off']);
const pointer = z
  .string()
  .max(200)
  .regex(/^(?:\/(?:[^~/]|~[01])*)+$/, 'a JSON pointer begins with `/`');

/** Patterns of one policy, at most: each costs work on every text. */
const maxCustomPatterns = 50;

const customPattern = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9 _-]{0,49}$/, 'a name is 1 to 50 letters, digits, spaces, `_` and `-`, beginning with a letter'),
  pattern: z.string().min(1).max(maxPatternUnits),
  action: piiAction,
});

const pii = z.strictObject({
  types: z.partialRecord(z.enum(piiTypes), piiAction).default({}),
  custom: z.array(customPattern).max(maxCustomPatterns).default([]),
  allow: set(z.string().min(1).max(500), 1_000).default([]),
});

/** A group sets its members; a member's own sensitivity stands before its group's. */
const groups = { harmful: ['violence', 'selfHarm', 'illegal'], inappropriate: ['explicit', 'offensive'] } as const;

const content = z
  .strictObject({
    ...(Object.fromEntries(contentCategories.map((category) => [category, sensitivity.optional()])) as Record<
      (typeof contentCategories)[number],
      z.ZodOptional<typeof sensitivity>
    >),
    harmful: sensitivity.optional(),
    inappropriate: sensitivity.optional(),
    domain: z
      .strictObject({ description: z.string().min(1).max(4_000), examples: z.array(z.string().min(1).max(4_000)).max(200).default([]) })
      .optional(),
  })
  .transform(({ harmful, inappropriate, ...own }) => {
    const filled = { ...own };
    for (const category of groups.harmful) if (harmful !== undefined) filled[category] ??= harmful;
    for (const category of groups.inappropriate) if (inappropriate !== undefined) filled[category] ??= inappropriate;
    return Object.fromEntries(Object.entries(filled).filter(([, value]) => value !== undefined)) as Omit<
      NonNullable<Policy['content']>,
      never
    >;
  });

const policyFields = {
  name,
  description: line(1_000).default(''),
  enabled: z.boolean().default(true),
  mode: z.enum(['enforce', 'monitor']).default('enforce'),
  workspaces: workspaces.default('*'),
  optional: set(pointer, 100).default([]),
  denyLists: set(identifier, 50).default([]),
  pii: pii.optional(),
  content: content.optional(),
  injection: sensitivity.optional(),
  secrets: z.enum(['redact', 'block', 'off']).optional(),
};
export const policyBody = z.strictObject({ id: identifier.optional(), ...policyFields });
export const policyPut = z.strictObject(policyFields);
export type PolicyPut = z.infer<typeof policyPut>;
export const policyReadOnly = ['version', 'createdAt', 'updatedAt'] as const;
/** A `PUT` names its policy in the path. */
export const putReadOnly = ['id', ...policyReadOnly] as const;

const times = { createdAt: z.string(), updatedAt: z.string() };

export const policyShape = z.object({
  id: identifier,
  name: z.string(),
  description: z.string(),
  enabled: z.boolean(),
  mode: z.enum(['enforce', 'monitor']),
  workspaces,
  optional: z.array(z.string()),
  denyLists: z.array(identifier),
  pii: z
    .object({ types: z.partialRecord(z.enum(piiTypes), piiAction), custom: z.array(customPattern), allow: z.array(z.string()) })
    .optional(),
  content: z
    .object({
      ...(Object.fromEntries(contentCategories.map((category) => [category, sensitivity.optional()])) as Record<
        (typeof contentCategories)[number],
        z.ZodOptional<typeof sensitivity>
      >),
      domain: z.object({ description: z.string(), examples: z.array(z.string()) }).optional(),
    })
    .optional(),
  injection: sensitivity.optional(),
  secrets: z.enum(['redact', 'block', 'off']).optional(),
  version: z.int(),
  ...times,
});
export type PolicyShape = z.infer<typeof policyShape>;
export const policiesPage = pageOf(policyShape);

const entryType = z.enum(['phrase', 'keyword', 'regex']);
const entryBody = z
  .strictObject({
    id: identifier.optional(),
    type: entryType,
    value: z
      .string()
      .min(1)
      .max(maxPatternUnits)
      .refine((text) => text.isWellFormed(), 'the text has a lone surrogate'),
    note: line(500).optional(),
  })
  .refine(({ type, value }) => type === 'regex' || value.length <= maxTermUnits, {
    path: ['value'],
    message: `a phrase or keyword has at most ${maxTermUnits} code units`,
  });
export type EntryBody = z.infer<typeof entryBody>;
/** Entries of one request; the body's limit of 1 MiB may come first. */
const maxEntriesPerRequest = 20_000;
const entries = z.array(entryBody).max(maxEntriesPerRequest);

export const listBody = z.strictObject({
  id: identifier.optional(),
  name,
  workspaces: workspaces.default('*'),
  entries: entries.default([]),
});
export const listPut = z.strictObject({ name, workspaces: workspaces.default('*'), entries: entries.optional() });
export const listReadOnly = ['version', 'entryCount', 'createdAt', 'updatedAt'] as const;
export const listPutReadOnly = ['id', ...listReadOnly] as const;

export const entryShape = z.object({ id: identifier, type: entryType, value: z.string(), note: z.string().optional() });
export type EntryShape = z.infer<typeof entryShape>;

/** Entries shown with their list, at most; more are read by pages. */
export const maxShownEntries = 1_000;

export const listShape = z.object({
  id: identifier,
  name: z.string(),
  workspaces,
  /** Present for up to 1,000 entries; more are read by pages. */
  entries: z.array(entryShape).optional(),
  entryCount: z.int(),
  version: z.int(),
  ...times,
});
export type ListShape = z.infer<typeof listShape>;
export const listsPage = pageOf(listShape.omit({ entries: true }));

/** One entry, or several. */
export const entriesBody = z.union([z.strictObject({ entries: entries.min(1) }), entryBody]);
export const entriesAdded = z.union([entryShape, z.object({ items: z.array(entryShape) })]);
export const entriesPage = pageOf(entryShape);
export const entriesQuery = listQuery.extend({ type: entryType.optional() });
const ids = z.union([identifier.transform((id) => [id]), z.array(identifier).max(100)]);
export const removeQuery = z.strictObject({ id: ids });

export const itemParams = z.object({ id: identifier });
export const entryParams = z.object({ id: identifier, entry: identifier });
export const workspaceParams = z.object({ workspace: workspaceId });

const message = z.looseObject({ role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']) });

export const scanBody = z
  .strictObject({
    direction: z.enum(['input', 'output']),
    text: z.string().optional(),
    messages: z.array(message).min(1).max(1_000).optional(),
    ticket: z.string().max(2_000).optional(),
    step: identifier.optional(),
  })
  .refine(({ text, messages }) => (text === undefined) !== (messages === undefined), {
    path: ['text'],
    message: 'send `text` or `messages`, one of the two',
  });
export type ScanBody = z.infer<typeof scanBody>;

const finding = z.object({
  policy: identifier,
  type: z.enum(['denyList', 'pii', 'content', 'injection', 'secret']),
  category: z.string(),
  start: z.int(),
  end: z.int(),
  score: z.number().optional(),
  action: piiAction,
  wouldBe: piiAction.optional(),
  path: z.string().optional(),
});

export const verdictShape = z.object({
  action: z.enum(['allow', 'redact', 'block']),
  text: z.string().optional(),
  messages: z.array(z.looseObject({ role: z.string() })).optional(),
  findings: z.array(finding),
  error: z
    .object({
      code: z.enum(['deny-list-match', 'pii-detected', 'secret-detected', 'content-violation', 'injection-detected']),
      message: z.string(),
    })
    .optional(),
  policyVersion: z.int(),
  durationMs: z.number(),
});
