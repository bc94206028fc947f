// The archive told of a new object: the outbox rows of the events in it may go.
import { orgId } from '../../shared/kernel/ids.ts';
import type { Archive } from '../../shared/ports/archive.ts';
import { decodeArchiveLine } from '../domain/archive-line.ts';
import { linesOf } from '../domain/delivered-lines.ts';
import { parseEntry } from '../domain/entry.ts';
import type { Outbox, Placed } from '../ports.ts';

/**
 * @param path of the object in the archive
 * @returns how many rows were confirmed
 * @throws Error when the object is gone or holds a line that is no event's: nothing is confirmed then
 */
export const confirmDelivery =
  ({ archive, outbox }: { archive: Archive; outbox: Outbox }) =>
  async (path: string): Promise<number> => {
    const bytes = await archive.get(path);
    if (bytes === undefined) throw new Error('a delivered object is not in the archive');
    const byOrg = new Map<string, Map<number, Placed>>();
    for (const line of linesOf(bytes)) {
      const parsed = decodeArchiveLine(line);
      if (parsed === undefined) throw new Error('a delivered object holds a line that is no event');
      const { org, id } = parseEntry(parsed.entry);
      const places = byOrg.get(org) ?? new Map<number, Placed>();
      byOrg.set(org, places.set(parsed.leafIndex, { id, leafIndex: parsed.leafIndex }));
    }
    let confirmed = 0;
    for (const [org, places] of byOrg) {
      await outbox.remove(orgId.parse(org), [...places.values()], 'delivered');
      confirmed += places.size;
    }
    return confirmed;
  };
