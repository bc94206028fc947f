// The archive told of a new object: the outbox rows of the events in it may go.
import { gunzipSync } from 'node:zlib';
import { orgId } from '../../shared/kernel/ids.ts';
import type { Archive } from '../../shared/ports/archive.ts';
import { decodeArchiveLine } from '../domain/archive-line.ts';
import { parseEntry } from '../domain/entry.ts';
import type { Outbox, Placed } from '../ports.ts';

const lineEnd = 0x0a;
const gzipMagic = 0x8b1f;
/** An object of the delivery is far below this, unpacked. */
const maxUnpackedBytes = 512 * 1024 * 1024;

/** @returns the object's lines, unpacked where it is gzip */
export const linesOf = (bytes: Uint8Array): Uint8Array[] => {
  const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const plain = raw.length > 2 && raw.readUInt16LE(0) === gzipMagic ? gunzipSync(raw, { maxOutputLength: maxUnpackedBytes }) : raw;
  const lines: Uint8Array[] = [];
  for (let at = 0; at < plain.length; ) {
    const end = plain.indexOf(lineEnd, at);
    lines.push(plain.subarray(at, end < 0 ? plain.length : end));
    at = end < 0 ? plain.length : end + 1;
  }
  return lines;
};

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
