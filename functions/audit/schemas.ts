// What callers of the audit service send and see.
import * as z from 'zod';
import { listQuery, pageOf } from '../shared/http/list.ts';
import { identifier } from '../shared/kernel/ids.ts';
import { principal } from '../shared/kernel/principal.ts';
import { auditEvent, outcome, storedEvent } from './domain/event.ts';
import { exportFormats } from './domain/export-manifest.ts';
import { parseIpRange } from './domain/ip-range.ts';

/** An event as it is read by its id: until it is sealed it has no place yet. */
export const shownEvent = auditEvent.extend({ leafIndex: z.int().min(0).optional() });

const maxFilterLength = 300;
const filterText = z.string().min(1).max(maxFilterLength);
const filterTime = z.iso.datetime({ offset: true, message: 'a time is RFC 3339, for example `2026-01-31T12:00:00Z`' });

const filterFields = {
  /** A type, or the beginning of one. */
  type: z.union([filterText, z.array(filterText).max(20)]).optional(),
  actor: filterText.optional(),
  resourceType: filterText.optional(),
  resource: filterText.optional(),
  workspace: identifier.optional(),
  outcome: outcome.optional(),
  ip: filterText.refine((text) => parseIpRange(text) !== undefined, 'an address or a CIDR range').optional(),
  requestId: filterText.optional(),
  /** Inclusive. */
  from: filterTime.optional(),
  /** Exclusive. */
  to: filterTime.optional(),
  /** Words, all of which occur somewhere in the event. */
  q: filterText.optional(),
};
export const filterWords = z.strictObject(filterFields);
export type FilterWords = z.infer<typeof filterWords>;

export const searchQuery = listQuery.extend({ ...filterFields, order: z.enum(['newest', 'oldest']).default('newest') });
export type SearchQuery = z.infer<typeof searchQuery>;

export const eventPage = pageOf(storedEvent);

export const eventParams = z.object({ id: z.uuid() });
export const tileParams = z.object({ proxy: z.string().max(100) });

export const recordBody = z.strictObject({ events: z.array(z.unknown()).min(1).max(100) });

export const recordResults = z.object({
  results: z.array(
    z.object({
      /** As it was sent. */
      id: z.string(),
      status: z.enum(['recorded', 'duplicate', 'refused']),
      detail: z.string().optional(),
      /** Under which the event is found here. */
      eventId: z.string().optional(),
    }),
  ),
});

export const exportBody = z.strictObject({ filter: filterWords.default({}), format: z.enum(exportFormats) });

const link = { url: z.string() };

export const exportJob = z.object({
  id: z.string(),
  status: z.enum(['queued', 'running', 'done', 'failed']),
  format: z.enum(exportFormats),
  filter: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
  progress: z.object({ done: z.int(), total: z.int() }),
  createdAt: z.string(),
  createdBy: z.string(),
  detail: z.string().optional(),
  /** The first file of events; relative to the API's address, valid until `expiresAt`. */
  url: z.string().optional(),
  /** The manifest: with it and the files beside it, `audit:verify` accepts the export anywhere. */
  manifestUrl: z.string().optional(),
  /** When the links end; reading the job again gives new ones. */
  expiresAt: z.string().optional(),
  /** When the files go. */
  keptUntil: z.string().optional(),
  files: z.array(z.object({ name: z.string(), kind: z.string(), bytes: z.int(), sha256: z.string(), count: z.int(), ...link })).optional(),
});
export type ShownExport = z.infer<typeof exportJob>;

export const jobParams = z.object({ id: identifier });
export const fileParams = z.object({ id: identifier, name: z.string().regex(/^[a-z0-9.-]{1,40}$/) });
export const linkQuery = z.strictObject({ by: z.string().max(100), expires: z.coerce.number().int(), signature: z.string().max(100) });

const shownHold = z.object({ since: z.string(), by: z.string(), reason: z.string() });
export type ShownHold = z.infer<typeof shownHold>;
export const holdAnswer = shownHold;
export const holdBody = z.strictObject({ reason: z.string().min(1).max(500) });

const maxRetentionDays = 36_500;
export const retentionBody = z.strictObject({ days: z.int().min(1).max(maxRetentionDays) });
export const retention = z.object({
  mode: z.enum(['governance', 'compliance']),
  days: z.int(),
  years: z.number(),
  /** What the deployment gives every organization. */
  deployedDays: z.int(),
  hold: shownHold.optional(),
});
export type ShownRetention = z.infer<typeof retention>;

export const erasureBody = z.strictObject({
  subject: principal.refine((text) => text.startsWith('user:'), 'a person is `user:<id>`'),
  /** From the first step's answer. */
  confirmation: z.string().max(200).optional(),
});
export const erasureAnswer = z.object({
  status: z.enum(['confirm', 'erased']),
  confirmation: z.string().optional(),
  expiresAt: z.string().optional(),
  erasedAt: z.string().optional(),
  /** Which key is gone; `none` where the person had none. */
  key: z.string().optional(),
  /** Events of the index that the person was taken out of. */
  purged: z.int().optional(),
  /** From then on no backup of the key table can bring the key back. */
  irrecoverableAfter: z.string().optional(),
});
export type ErasureAnswer = z.infer<typeof erasureAnswer>;

export const statsQuery = z.strictObject({
  from: filterTime.optional(),
  to: filterTime.optional(),
  interval: z.enum(['hour', 'day']).default('day'),
  workspace: identifier.optional(),
});
export type StatsQuery = z.infer<typeof statsQuery>;

const count = z.record(z.string(), z.int());
const counts = { total: z.int(), types: count, outcomes: count, actors: count };
export const stats = z.object({
  from: z.string(),
  to: z.string(),
  interval: z.enum(['hour', 'day']),
  ...counts,
  buckets: z.array(z.object({ time: z.string(), ...counts })),
});
export type Stats = z.infer<typeof stats>;
