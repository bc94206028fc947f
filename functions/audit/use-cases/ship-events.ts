// Ships sealed events: into the index, where searches find them, and to the delivery, which brings their entries to the archive.
import type { OrgId } from '../../shared/kernel/ids.ts';
import type { Clock } from '../../shared/kernel/world.ts';
import type { Delivery } from '../../shared/ports/delivery.ts';
import type { EventIndex, LogFiles, LogHeads, Notices, Outbox } from '../ports.ts';
import { deliverAll, recordOf } from './deliver-entries.ts';
import { entryReader } from './read-entries.ts';

export interface ShipDependencies {
  readonly log: Notices;
  readonly world: Clock;
  readonly outbox: Outbox;
  readonly heads: LogHeads;
  readonly files: LogFiles;
  readonly index: EventIndex;
  readonly delivery: Delivery;
}

export interface ShipResult {
  readonly shipped: number;
  /** Whether sealed events still wait. */
  readonly more: boolean;
}

const batchRows = 512;

/** @returns a function that ships one batch of an organization's sealed events; calling it again after a crash ships nothing twice for readers */
export const shipEvents =
  ({ log, world, outbox, heads, files, index, delivery }: ShipDependencies) =>
  async (org: OrgId): Promise<ShipResult> => {
    const { rows, more } = await outbox.sealed(org, batchRows);
    const size = (await heads.read(org))?.checkpointSize ?? 0;
    // INVARIANT: only what a published, signed checkpoint covers is shipped and leaves the outbox.
    const covered = rows.filter(({ leafIndex }) => leafIndex < size);
    if (covered.length === 0) return { shipped: 0, more: false };
    await index.put(
      org,
      covered.map(({ event, leafIndex }) => ({ ...event, leafIndex })),
    );
    const read = entryReader(files, org, size);
    const records = await Promise.all(covered.map((row) => recordOf(org, row, read)));
    const { taken, archived } = await deliverAll(delivery, records);
    const shipped = covered.filter((_, at) => taken.has(at));
    if (archived) await outbox.remove(org, shipped, 'sealed');
    else await outbox.markDelivered(org, shipped, world.nowMs());
    if (shipped.length < covered.length) {
      log.warn('the delivery did not take every event; they stay in the outbox', { org, count: covered.length - shipped.length });
    }
    return { shipped: shipped.length, more: more && shipped.length === covered.length };
  };
