// What callers of the audit service send and see.
import * as z from 'zod';
import { listQuery, pageOf } from '../shared/http/list.ts';
import { identifier } from '../shared/kernel/ids.ts';
import { auditEvent, outcome, storedEvent } from './domain/event.ts';
import { parseIpRange } from './domain/ip-range.ts';

/** An event as it is read by its id: until it is sealed it has no place yet. */
export const shownEvent = auditEvent.extend({ leafIndex: z.int().min(0).optional() });

const maxFilterLength = 300;
const filterText = z.string().min(1).max(maxFilterLength);
const filterTime = z.iso.datetime({ offset: true, message: 'a time is RFC 3339, for example `2026-01-31T12:00:00Z`' });

export const searchQuery = listQuery.extend({
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
  order: z.enum(['newest', 'oldest']).default('newest'),
});
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
