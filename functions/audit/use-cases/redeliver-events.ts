// Delivers again, from the entry bundles, what the archive did not confirm in time.
import type { OrgId } from '../../shared/kernel/ids.ts';
import { deliverAll, recordOf } from './deliver-entries.ts';
import { entryReader } from './read-entries.ts';
import type { ShipDependencies } from './ship-events.ts';

const batchRows = 512;
/** A delivery that was not confirmed in this time is made again. */
const confirmationMs = 30 * 60_000;

/** @returns a function that delivers again, from the entry bundles, what the archive did not confirm in time */
export const redeliverEvents =
  ({ world, outbox, heads, files, delivery }: ShipDependencies) =>
  async (org: OrgId): Promise<number> => {
    const { rows } = await outbox.delivered(org, batchRows);
    const late = rows.filter(({ deliveredAtMs }) => deliveredAtMs + confirmationMs <= world.nowMs());
    if (late.length === 0) return 0;
    const read = entryReader(files, org, (await heads.read(org))?.checkpointSize ?? 0);
    const records = await Promise.all(late.map((row) => recordOf(org, row, read)));
    const { taken, archived } = await deliverAll(delivery, records);
    const again = late.filter((_, at) => taken.has(at));
    if (archived) await outbox.remove(org, again, 'delivered');
    else await outbox.markDelivered(org, again, world.nowMs());
    return again.length;
  };
