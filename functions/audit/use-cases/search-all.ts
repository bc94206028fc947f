// One search over the index and the archive: what the index no longer keeps is found in the archive, in the same order and shape.
import type { Clock } from '../../shared/kernel/world.ts';
import type { StoredEvent } from '../domain/event.ts';
import type { EventIndex, EventSearch, SearchPage } from '../ports.ts';

/** Events younger than this are all in the index; older ones are taken from the archive, which has all. */
const recentMs = 89 * 24 * 60 * 60_000;
const hourMs = 60 * 60_000;

type Part = 'index' | 'archive';

/** The border is kept in the cursor, so that it stands still while pages are turned. */
const cursorOf = (part: Part, borderMs: number, at: string): string => `${part}/${borderMs}/${at}`;

/** @param old undefined where the archive cannot be read: the search ends at the index's life then */
export const searchAll =
  ({ index, old, clock }: { index: EventIndex; old: EventSearch | undefined; clock: Clock }): EventSearch =>
  async (org, request): Promise<SearchPage> => {
    const { at: cursor, order, filter, limit } = request;
    const [, cursorPart, borderText, rest] = /^(index|archive)\/(\d+)\/(.*)$/.exec(cursor ?? '') ?? [];
    const borderMs = borderText === undefined ? Math.floor((clock.nowMs() - recentMs) / hourMs) * hourMs : Number(borderText);
    const { fromMs = 0, toMs = Number.MAX_SAFE_INTEGER } = filter;
    const reachesBack = old !== undefined && fromMs < borderMs;
    const both: readonly Part[] = order === 'newest' ? ['index', 'archive'] : ['archive', 'index'];
    const parts = both.filter((part) => (part === 'archive' ? reachesBack : toMs > borderMs || !reachesBack));

    const searchPart = (part: Part, room: number, at: string | undefined): Promise<SearchPage> => {
      const { at: _, ...asked } = request;
      const own = part === 'index' ? (reachesBack ? { fromMs: borderMs } : {}) : { toMs: Math.min(toMs, borderMs) };
      const next = { ...asked, limit: room, filter: { ...filter, ...own }, ...(at === undefined ? {} : { at }) };
      return part === 'archive' && old !== undefined ? old(org, next) : index.search(org, next);
    };

    const events: StoredEvent[] = [];
    for (let at = rest, step = Math.max(0, parts.indexOf(cursorPart as Part)); step < parts.length; step += 1, at = undefined) {
      const part = parts[step] as Part;
      const page = await searchPart(part, limit - events.length, at === '' ? undefined : at);
      events.push(...page.events);
      if (page.next !== undefined) return { events, next: cursorOf(part, borderMs, page.next) };
      const follows = parts[step + 1];
      if (events.length === limit && follows !== undefined) return { events, next: cursorOf(follows, borderMs, '') };
    }
    return { events };
  };
