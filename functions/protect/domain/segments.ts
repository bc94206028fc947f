// How a deny list's entries lie in segments: new ones fill the last segment and then open others; none moves.

interface Entry {
  readonly id: string;
}
interface Segment<E extends Entry> {
  readonly number: number;
  readonly entries: readonly E[];
}

/** Bytes of a segment's entries as JSON, below the 400 KB of a row. */
const maxSegmentBytes = 340_000;
/** So that a list's removal, its head and its record fit one transaction of 100 writes. */
const maxSegments = 80;

const bytesOf = (entry: Entry): number => Buffer.byteLength(JSON.stringify(entry)) + 1;

/** @returns the segments to write, or undefined where the list would take more than {@link maxSegments} */
export const packed = <E extends Entry>(last: Segment<E> | undefined, added: readonly E[]): Segment<E>[] | undefined => {
  const written: { number: number; entries: E[] }[] = [];
  let open = { number: last?.number ?? 0, entries: [...(last?.entries ?? [])] };
  let bytes = open.entries.reduce((sum, entry) => sum + bytesOf(entry), 0);
  let changed = false;
  for (const entry of added) {
    const size = bytesOf(entry);
    if (bytes + size > maxSegmentBytes && open.entries.length > 0) {
      if (changed) written.push(open);
      open = { number: open.number + 1, entries: [] };
      bytes = 0;
    }
    open.entries.push(entry);
    bytes += size;
    changed = true;
  }
  if (changed) written.push(open);
  return open.number >= maxSegments ? undefined : written;
};
