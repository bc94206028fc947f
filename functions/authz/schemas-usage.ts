// Wire shapes of what is asked of usage records: simulations of a change, and what is granted and not used.
import * as z from 'zod';
import { listQuery } from '../shared/http/list.ts';
import { identifier } from '../shared/kernel/ids.ts';
import { principal } from '../shared/kernel/principal.ts';
import { usageKeptDays } from './domain/usage.ts';
import { assignmentBody, policyBody, roleBody } from './schemas.ts';

/** Fields of an item as it is read, which a change need not leave out. */
const asRead = { builtIn: z.literal(false).optional(), version: z.int().optional() };

const change = z
  .strictObject({
    putRole: roleBody.extend({ id: identifier, ...asRead }).optional(),
    deleteRole: identifier.optional(),
    putPolicy: policyBody.safeExtend({ id: identifier, version: z.int().optional() }).optional(),
    deletePolicy: identifier.optional(),
    putAssignment: assignmentBody.extend({ version: z.int().optional() }).optional(),
    deleteAssignment: identifier.optional(),
  })
  .refine((given) => Object.values(given).some((part) => part !== undefined), 'a change names at least one thing to put or delete');
export type SimulatedChange = z.infer<typeof change>;

const timestamp = z.iso.datetime({ offset: true, message: 'a time is RFC 3339, for example `2026-01-31T12:00:00.000Z`' });

export const simulate = z.strictObject({ change, since: timestamp });
export type Simulate = z.infer<typeof simulate>;

const sample = z.object({
  principal: z.string(),
  /** Absent where a principal had too many to be told apart. */
  permission: z.string().optional(),
  /** `used` by the principal itself, or `asked` about it by somebody else. */
  kind: z.enum(['used', 'asked']),
  recorded: z.enum(['allowed', 'denied']),
  count: z.int(),
  lastAt: timestamp,
  hour: timestamp.optional(),
  environment: z.string().optional(),
  mfa: z.boolean().optional(),
  /** Of the source address; the address itself is not kept. */
  network: z.string().optional(),
  /** Why it would be answered so. */
  reason: z.string().optional(),
  /** Inputs that were not kept well enough to tell. */
  unsettled: z.array(z.string()).optional(),
});
const tally = z.object({ count: z.int(), samples: z.array(sample) });

/** Counts of decisions: as they are answered now, against how they would be answered after the change. */
export const simulated = z.object({
  /** The hour from which on decisions were replayed. */
  since: timestamp,
  until: timestamp,
  /** False where time ran out: then only the newest days were replayed. */
  complete: z.boolean(),
  decisions: z.int(),
  unchanged: z.int(),
  /** Answered otherwise now than they were then, with or without the change. */
  drifted: z.int(),
  allowedToDenied: tally,
  deniedToAllowed: tally,
  unknown: tally,
});

export const unusedQuery = listQuery.extend({
  days: z.coerce
    .number()
    .int()
    .min(1)
    .max(usageKeptDays - 35)
    .default(90),
  role: identifier.optional(),
  principal: principal.optional(),
});
export type UnusedQuery = z.infer<typeof unusedQuery>;

const unusedGrant = z.object({ permission: z.string(), policy: z.string().optional(), asked: z.boolean() });

export const unused = z.object({
  days: z.int(),
  from: timestamp,
  to: timestamp,
  /** What the records cover of that time: roles are proposed only where it is all of it. */
  coverage: z.object({ share: z.number(), gaps: z.array(z.object({ from: timestamp, to: timestamp })) }),
  items: z.array(
    z.object({
      role: z.string(),
      builtIn: z.boolean(),
      /** Used by none of those who hold the role. */
      unused: z.array(unusedGrant),
      /** A body for `POST /roles` or `PUT /roles/{role}`. */
      tighter: z.object({ name: z.string(), description: z.string(), permissions: z.array(z.string()) }).optional(),
      principals: z.array(z.object({ principal: z.string(), assignment: z.string(), scope: z.string(), unused: z.array(unusedGrant) })),
      principalCount: z.int(),
    }),
  ),
  nextCursor: z.string().optional(),
});
