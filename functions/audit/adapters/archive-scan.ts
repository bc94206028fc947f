// Search of the archive by reading its objects hour by hour: for events older than the index keeps. Each page reads a bounded number of lines, and says where to go on.
import type { OrgId } from '../../shared/kernel/ids.ts';
import type { Archive } from '../../shared/ports/archive.ts';
import { decodeArchiveLine } from '../domain/archive-line.ts';
import type { AuditKey } from '../domain/audit-key.ts';
import { linesOf } from '../domain/delivered-lines.ts';
import { openEntry, parseEntry } from '../domain/entry.ts';
import type { StoredEvent } from '../domain/event.ts';
import { matches } from '../domain/event-filter.ts';
import type { EventSearch, KeyRing, SearchPage, SearchRequest } from '../ports.ts';
import { deliveredPath, indexPosition } from './keys.ts';

/** Lines that one page reads, give or take an hour's objects. */
const linesPerPage = 20_000;
const hourMs = 60 * 60_000;
const keptKeys = 5_000;

/** `archive/<org>/yyyy/mm/dd/hh/` of a path, as milliseconds. */
const hourOf = (path: string, prefix: string): number => {
  const [year, month, day, hour] = path.slice(prefix.length).split('/').map(Number);
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day ?? 1, hour ?? 0);
};

export const archiveScan = ({ archive, keyRing }: { archive: Archive; keyRing: Pick<KeyRing, 'byRef'> }): EventSearch => {
  /** Paths of that time by their hour; paths are listed in the order of time, so that no more is listed than asked for. */
  const hoursOf = async (org: OrgId, fromMs: number, toMs: number): Promise<Map<number, string[]>> => {
    const prefix = deliveredPath(org);
    const hours = new Map<number, string[]>();
    const [year, month, day, first] = new Date(Math.max(0, fromMs)).toISOString().split(/[-T:]/);
    for (let after: string | undefined = `${prefix}${year}/${month}/${day}/${first}`; ; ) {
      const page: Awaited<ReturnType<Archive['list']>> = await archive.list(prefix, after);
      for (const path of page.paths) {
        const hour = hourOf(path, prefix);
        if (hour >= toMs) return hours;
        hours.set(hour, [...(hours.get(hour) ?? []), path]);
      }
      if (page.next === undefined) return hours;
      after = page.next;
    }
  };

  const keyReader = (org: OrgId): ((ref: string) => Promise<AuditKey | undefined>) => {
    const known = new Map<string, Promise<AuditKey | undefined>>();
    return (ref) => {
      const key = known.get(ref) ?? keyRing.byRef(org, ref);
      if (known.size >= keptKeys) known.clear();
      known.set(ref, key);
      return key;
    };
  };

  const readHour = async (paths: readonly string[], { filter, allows }: SearchRequest, keyOf: ReturnType<typeof keyReader>) => {
    const found = new Map<number, StoredEvent>();
    let lines = 0;
    for (const path of paths) {
      for (const line of linesOf((await archive.get(path)) ?? new Uint8Array())) {
        lines += 1;
        const parsed = decodeArchiveLine(line);
        if (parsed === undefined) throw new Error('an object of the archive holds a line that is no event');
        const entry = parseEntry(parsed.entry);
        const timeMs = Date.parse(entry.time);
        // What stands in plain is looked at before anything is decrypted.
        if (filter.types !== undefined && !(filter.types as readonly string[]).includes(entry.type)) continue;
        if (filter.workspace !== undefined && entry.workspace !== filter.workspace) continue;
        if (filter.outcome !== undefined && entry.outcome !== filter.outcome) continue;
        if (filter.requestId !== undefined && entry.requestId !== filter.requestId) continue;
        if (timeMs < (filter.fromMs ?? 0) || timeMs >= (filter.toMs ?? Number.MAX_SAFE_INTEGER)) continue;
        const event = { ...(await openEntry(entry, keyOf)), leafIndex: parsed.leafIndex };
        if (matches(filter, event) && allows(event)) found.set(parsed.leafIndex, event);
      }
    }
    return { events: [...found.values()], lines };
  };

  return async (org, request): Promise<SearchPage> => {
    const { filter, order, limit, at } = request;
    const descending = order === 'newest';
    const { fromMs = 0, toMs = Number.MAX_SAFE_INTEGER } = filter;
    const hours = await hoursOf(org, fromMs, toMs);
    // A cursor is the last position seen: what lies at it or before it was shown.
    const passed = (position: string): boolean => at !== undefined && (descending ? position >= at : position <= at);
    const passedHour = (hour: number): boolean =>
      passed(descending ? indexPosition(hour, 0) : indexPosition(hour + hourMs - 1, Number.MAX_SAFE_INTEGER));
    const wanted = [...hours.keys()]
      .filter((hour) => hour + hourMs > fromMs && hour < toMs && !passedHour(hour))
      .sort((a, b) => (descending ? b - a : a - b));
    const keyOf = keyReader(org);
    const events: StoredEvent[] = [];
    let lines = 0;
    for (const [index, hour] of wanted.entries()) {
      const read = await readHour(hours.get(hour) ?? [], request, keyOf);
      lines += read.lines;
      const placed = read.events
        .map((event) => ({ event, position: indexPosition(Date.parse(event.time), event.leafIndex) }))
        .filter(({ position }) => !passed(position))
        .sort((a, b) => (a.position < b.position === descending ? 1 : -1));
      for (const { event, position } of placed) {
        events.push(event);
        if (events.length === limit) return { events, next: position };
      }
      if (lines >= linesPerPage && index + 1 < wanted.length) {
        return { events, next: descending ? indexPosition(hour, 0) : indexPosition(hour + hourMs - 1, Number.MAX_SAFE_INTEGER) };
      }
    }
    return { events };
  };
};
