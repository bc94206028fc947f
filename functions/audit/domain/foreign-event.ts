// Events of the platform's other services: ids are scoped to their sender, and the same id always means the same event.
import { hash } from 'node:crypto';
import { canonicalJson, type Json } from './canonical-json.ts';
import type { AuditEvent, ForeignEvent } from './event.ts';
import { onlyRecordable, recordableOf } from './recordable.ts';

/** Bytes of an event as it is stored, at most; values of changes that are larger than {@link inlineBytes} stand beside it. */
const maxForeignBytes = 16 * 1024;
/** Bytes of all that is sent of one event, its large values included: one row of the outbox holds it. */
const maxSentBytes = 256 * 1024;
/** A value before or after a change of more than this many bytes is kept as an object of its own. */
const inlineBytes = 1024;

/** @returns a UUID (version 8) made of the sender's id's time and a hash over sender and id: the same for the same event, and no other sender's */
const ownIdOf = (org: string, sender: string, id: string): string => {
  const digest = hash('sha256', canonicalJson([org, sender, id.toLowerCase()]), 'hex');
  const variant = (8 + (Number.parseInt(digest[3] ?? '0', 16) & 3)).toString(16);
  return `${id.slice(0, 13).toLowerCase()}-8${digest.slice(0, 3)}-${variant}${digest.slice(4, 7)}-${digest.slice(8, 20)}`;
};

/** @returns what tells two bodies under one id apart */
export const bodyDigest = (event: ForeignEvent): string => hash('sha256', canonicalJson(event as unknown as Json), 'hex');

const sizeOf = (value: unknown): number => (value === undefined ? 0 : Buffer.byteLength(canonicalJson(value as Json)));

/** @returns why an event is too large, or undefined */
const sizeFault = (event: ForeignEvent): string | undefined => {
  const sent = sizeOf(event);
  if (sent > maxSentBytes) return `an event may hold at most ${maxSentBytes} bytes with the values of its changes, this one has ${sent}`;
  const beside = (event.changes ?? [])
    .flatMap(({ before, after }) => [sizeOf(before), sizeOf(after)])
    .filter((bytes) => bytes > inlineBytes);
  const stored = sent - beside.reduce((sum, bytes) => sum + bytes, 0);
  if (stored <= maxForeignBytes) return undefined;
  return `an event may hold at most ${maxForeignBytes} bytes besides large values of its changes, this one has ${stored}`;
};

/** @returns what keeps the event from being recorded, or undefined; it names fields, never values */
export const foreignFault = (event: ForeignEvent): string | undefined => {
  const { details } = recordableOf(event.type);
  const unknown = Object.keys(event.details ?? {}).find((name) => !details.includes(name));
  if (unknown !== undefined) return `\`/details/${unknown}\` is no field of \`${event.type}\`: it takes ${details.join(', ')}`;
  return sizeFault(event);
};

/** @returns the event as it is recorded, with who sent it and when it came */
export const asOwn = (org: AuditEvent['org'], sender: string, receivedAt: string, event: ForeignEvent): AuditEvent =>
  onlyRecordable({
    ...event,
    id: ownIdOf(org, sender, event.id),
    org,
    recordedBy: { principal: sender, id: event.id, receivedAt },
    schemaVersion: 1,
  });
