// What every delivery adapter refuses: lines that are too long or that would break into two.
import { identifier } from '../kernel/ids.ts';
import type { DeliveryRecord } from './delivery.ts';

/** Bytes of a line, at most, its line end aside. */
const maxLineBytes = 1_000_000;
export const lineEnd = 0x0a;

/** @throws Error when a record's organization, time or line is not deliverable; nothing of the batch is sent then */
export const assertDeliverable = (records: readonly DeliveryRecord[]): void => {
  for (const { org, timeMs, line } of records) {
    if (!identifier.safeParse(org).success) throw new Error('a delivery record names no organization');
    if (!Number.isSafeInteger(timeMs) || Number.isNaN(new Date(timeMs).getTime())) throw new Error('a delivery record has no time');
    if (line.byteLength === 0 || line.byteLength > maxLineBytes) throw new Error('a delivery record has 1 to 1,000,000 bytes');
    if (line.includes(lineEnd)) throw new Error('a delivery record is one line');
  }
};
