// Events of the platform's other services: ids are scoped to their sender, and the same id always means the same event.
import { hash } from 'node:crypto';
import { canonicalJson, type Json } from './canonical-json.ts';
import type { AuditEvent, ForeignEvent } from './event.ts';

/** Bytes of an event as it is sent, at most. */
export const maxForeignBytes = 16 * 1024;

/** @returns a UUID (version 8) made of the sender's id's time and a hash over sender and id: the same for the same event, and no other sender's */
const ownIdOf = (org: string, sender: string, id: string): string => {
  const digest = hash('sha256', canonicalJson([org, sender, id.toLowerCase()]), 'hex');
  const variant = (8 + (Number.parseInt(digest[3] ?? '0', 16) & 3)).toString(16);
  return `${id.slice(0, 13).toLowerCase()}-8${digest.slice(0, 3)}-${variant}${digest.slice(4, 7)}-${digest.slice(8, 20)}`;
};

/** @returns what tells two bodies under one id apart */
export const bodyDigest = (event: ForeignEvent): string => hash('sha256', canonicalJson(event as unknown as Json), 'hex');

export const sizeOf = (event: ForeignEvent): number => Buffer.byteLength(canonicalJson(event as unknown as Json));

/** @returns the event as it is recorded, with who sent it and when it came */
export const asOwn = (org: AuditEvent['org'], sender: string, receivedAt: string, event: ForeignEvent): AuditEvent => ({
  ...event,
  id: ownIdOf(org, sender, event.id),
  org,
  recordedBy: { principal: sender, id: event.id, receivedAt },
  schemaVersion: 1,
});
