// Delivers entries, and says which were taken and whether the archive has them.
import type { OrgId } from '../../shared/kernel/ids.ts';
import type { Delivery, DeliveryRecord } from '../../shared/ports/delivery.ts';
import { encodeArchiveLine } from '../domain/archive-line.ts';
import { parseEntry } from '../domain/entry.ts';
import type { Placed } from '../ports.ts';

const deliveryTries = 3;

/** @returns which records were taken (their indexes), and whether the archive has them now; what was not taken is for the next run */
export const deliverAll = async (
  delivery: Delivery,
  records: readonly DeliveryRecord[],
): Promise<{ taken: Set<number>; archived: boolean }> => {
  let waiting = [...records.keys()];
  const taken = new Set<number>();
  let archived = true;
  for (let attempt = 0; attempt < deliveryTries && waiting.length > 0; attempt += 1) {
    const result = await delivery.deliver(waiting.map((index) => records[index] as DeliveryRecord));
    const failed = new Set(result.failed.map((at) => waiting[at]));
    for (const index of waiting) if (!failed.has(index)) taken.add(index);
    waiting = waiting.filter((index) => failed.has(index));
    archived &&= result.archived;
  }
  return { taken, archived };
};

/** @throws Error when the entry at that place is another event's */
export const recordOf = async (
  org: OrgId,
  { id, leafIndex }: Placed,
  read: (leafIndex: number) => Promise<Uint8Array>,
): Promise<DeliveryRecord> => {
  const bytes = await read(leafIndex);
  const entry = parseEntry(bytes);
  if (entry.id !== id) throw new Error('a row of the outbox is not the entry at its place in the log');
  return { org, timeMs: Date.parse(entry.time), line: encodeArchiveLine({ leafIndex, entry: bytes }) };
};
