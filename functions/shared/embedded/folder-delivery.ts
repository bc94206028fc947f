// The delivery port on the archive port: JSON lines in `archive/<org>/<yyyy>/<mm>/<dd>/<hh>/`, one locked object an organization, hour and batch.
import { createHash } from 'node:crypto';
import type { Archive } from '../ports/archive.ts';
import type { Delivery, DeliveryRecord } from '../ports/delivery.ts';
import { assertDeliverable, lineEnd } from '../ports/delivery-rules.ts';

const dayMs = 24 * 60 * 60_000;

const hourFolder = ({ org, timeMs }: DeliveryRecord): string => {
  const [year, month, day, hour] = new Date(timeMs).toISOString().split(/[-T:]/);
  return `archive/${org}/${year}/${month}/${day}/${hour}`;
};

const asLines = (records: readonly DeliveryRecord[]): Buffer =>
  Buffer.concat(records.flatMap(({ line }) => [line, Uint8Array.of(lineEnd)]));

/** Objects are named by their content, so that a batch sent again writes nothing new. */
const objectName = (lines: Uint8Array): string => `${createHash('sha256').update(lines).digest('hex').slice(0, 32)}.jsonl`;

/** @param retentionDays how long an object stays locked, counted from its last event */
export const folderDelivery = ({ archive, retentionDays }: { archive: Archive; retentionDays: number }): Delivery => ({
  async deliver(records) {
    assertDeliverable(records);
    const indexes = Map.groupBy(records.keys(), (index) => hourFolder(records[index] as DeliveryRecord));
    const failed: number[] = [];
    for (const [folder, members] of indexes) {
      const batch = members.map((index) => records[index] as DeliveryRecord);
      const lines = asLines(batch);
      const retainUntilMs = Math.max(...batch.map(({ timeMs }) => timeMs)) + retentionDays * dayMs;
      try {
        await archive.putLocked(`${folder}/${objectName(lines)}`, lines, retainUntilMs);
      } catch {
        failed.push(...members);
      }
    }
    return { failed: failed.sort((a, b) => a - b), archived: true };
  },
});
