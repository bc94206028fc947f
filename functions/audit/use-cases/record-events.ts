// Takes events of the platform's other services: each has its own outcome, and is idempotent by its sender's id.

import type * as z from 'zod';
import type { Answer, Call } from '../../shared/kernel/call.ts';
import { AppError } from '../../shared/kernel/errors.ts';
import { toTime } from '../../shared/kernel/world.ts';
import { type Table, TransactionConflict } from '../../shared/ports/table.ts';
import { foreignKey } from '../adapters/keys.ts';
import { foreignEvent } from '../domain/event.ts';
import { asOwn, bodyDigest, foreignFault } from '../domain/foreign-event.ts';
import type { recordResults } from '../schemas.ts';
import { outboxPut, registerOrganization } from './commit-change.ts';
import { scopeOfEvent } from './search-events.ts';

/** A sender's id is remembered this long. */
const rememberedDays = 90;
const tries = 5;
/** How far a sender's clock may be ahead. */
const maxAheadMs = 5 * 60_000;

type Result = z.infer<typeof recordResults>['results'][number];
type RecordCall = Call<object, object, { events: readonly unknown[] }, unknown>;

class Known extends Error {}

const idOf = (sent: unknown): string => {
  const id = typeof sent === 'object' && sent !== null ? (sent as { id?: unknown }).id : undefined;
  return typeof id === 'string' ? id.slice(0, 100) : '';
};

const recordOne = async (table: Table, call: RecordCall, sent: unknown): Promise<Result> => {
  const id = idOf(sent);
  const refused = (detail: string): Result => ({ id, status: 'refused', detail });
  const { success, data: event, error } = foreignEvent.safeParse(sent);
  if (!success) {
    const issue = error.issues[0];
    return refused(`not valid at \`/${(issue?.path ?? []).map(String).join('/').slice(0, 200)}\`: ${issue?.message ?? ''}`);
  }
  if (!call.access.decide('audit', scopeOfEvent(event), 'write').allowed)
    return refused('there is no workspace here that you may record events of');
  if (Date.parse(event.time) > call.timeMs + maxAheadMs) return refused('its time lies in the future');
  const fault = foreignFault(event);
  if (fault !== undefined) return refused(fault);
  const { principal } = call.caller;
  const own = asOwn(call.org, principal, toTime(call.timeMs), event);
  const digest = bodyDigest(event);
  const expiresAtSeconds = Math.floor(call.timeMs / 1000) + rememberedDays * 24 * 60 * 60;
  const mark = { ...foreignKey(call.org, own.id), digest, expiresAtSeconds };
  for (let attempt = 1; ; attempt += 1) {
    try {
      await table.transact(call.org, [{ kind: 'put', item: mark, condition: { absent: true }, orElse: () => new Known() }, outboxPut(own)]);
      return { id, status: 'recorded', eventId: own.id };
    } catch (error_) {
      if (error_ instanceof Known) {
        const known = await table.get(call.org, foreignKey(call.org, own.id));
        return known?.digest === digest ? { id, status: 'duplicate', eventId: own.id } : refused('this id was used with another body');
      }
      if (!(error_ instanceof TransactionConflict)) throw error_;
      if (attempt === tries) throw new AppError('dependency-unavailable', 'too many changes at once; try again', { cause: error_ });
    }
  }
};

export const recordEvents = async ({ table }: { table: Table }, call: RecordCall): Promise<Answer<z.infer<typeof recordResults>>> => {
  await registerOrganization(table, call.org);
  const results: Result[] = [];
  for (const sent of call.body.events) results.push(await recordOne(table, call, sent));
  return { status: 202, body: { results } };
};
