// Events are cut to what an entry is meant to hold: large values give way to their SHA-256, the largest first.
import { hash } from 'node:crypto';
import { canonicalJson, type Json } from './canonical-json.ts';
import type { AuditEvent } from './event.ts';

/**
 * Bytes of an event's free content (`changes`, `details`, `reason`) that are kept as they are. With it an entry stays under 16 KiB,
 * and a bundle of 256 of them under what one Lambda answer may hold.
 */
const maxBodyBytes = 10_000;

/** A value of up to this many bytes is never cut: its hash would be no shorter. */
const smallBytes = 128;
const maxReasonBytes = 1_000;

/** What stands in a value's place. */
const cut = (value: Json): Json => {
  const text = canonicalJson(value);
  return { cut: { sha256: hash('sha256', text, 'hex'), bytes: Buffer.byteLength(text) } };
};

const sizeOf = (value: unknown): number => (value === undefined ? 0 : Buffer.byteLength(canonicalJson(value as Json)));

/** Cuts the largest values until the sum fits; equal sizes in order, so that the same event is always cut the same way. */
const cutLargest = (values: readonly (Json | undefined)[], limit: number): (Json | undefined)[] => {
  const fitted = [...values];
  const sizes = values.map(sizeOf);
  let total = sizes.reduce((sum, size) => sum + size, 0);
  const largestFirst = sizes.map((size, index) => ({ size, index })).sort((a, b) => b.size - a.size || a.index - b.index);
  for (const { size, index } of largestFirst) {
    const value = values[index];
    if (total <= limit || size <= smallBytes || value === undefined) break;
    fitted[index] = cut(value);
    total += sizeOf(fitted[index]) - size;
  }
  return fitted;
};

/** @returns the event itself where it fits, else with its large values cut to their hashes */
export const fitEvent = (event: AuditEvent): AuditEvent => {
  const { changes = [], details = {}, reason } = event;
  if (sizeOf(changes) + sizeOf(details) + sizeOf(reason) <= maxBodyBytes) return event;
  const names = Object.keys(details);
  const values = cutLargest(
    [
      ...changes.flatMap(({ before, after }) => [before as Json | undefined, after as Json | undefined]),
      ...names.map((name) => details[name] as Json),
    ],
    maxBodyBytes / 2,
  );
  const fitted = changes.map((change, index) => {
    const [before, after] = values.slice(2 * index, 2 * index + 2);
    return { path: change.path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
  });
  const offset = 2 * changes.length;
  const fittedDetails = Object.fromEntries(names.map((name, index) => [name, values[offset + index] as Json]));
  const whole = (of: Json): Json => (sizeOf(of) <= maxBodyBytes / 2 ? of : cut(of));
  const keptChanges = whole(fitted as Json);
  return {
    ...event,
    ...(event.changes === undefined
      ? {}
      : { changes: (Array.isArray(keptChanges) ? keptChanges : [{ path: '', after: keptChanges }]) as typeof changes }),
    ...(event.details === undefined ? {} : { details: whole(fittedDetails) as typeof details }),
    ...(reason === undefined ? {} : { reason: sizeOf(reason) <= maxReasonBytes ? reason : `${reason.slice(0, maxReasonBytes / 4)} (cut)` }),
  };
};
