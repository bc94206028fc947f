// Time windows in an IANA zone: days of the week and local times, right across changes of the zone's offset.
import { type TimeWindow, weekdays } from './model.ts';

const minuteMs = 60_000;
const dayMinutes = 24 * 60;
/** Zones change their offsets at quarters of an hour only, so an offset holds for the quarter. */
const quarterMs = 15 * minuteMs;

type Offset = (timeMs: number) => number;

/** Formatters are costly to make; there are as many as there are zones. */
const offsets = new Map<string, Offset>();

/** @returns the zone's offset from UTC as a function of time; @throws RangeError for an unknown zone */
const offsetOf = (zone: string): Offset => {
  const known = offsets.get(zone);
  if (known !== undefined) return known;
  const made = makeOffset(zone);
  offsets.set(zone, made);
  return made;
};

const makeOffset = (zone: string): Offset => {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  let quarter = Number.NaN;
  let offset = 0;
  return (timeMs) => {
    const at = Math.floor(timeMs / quarterMs);
    if (at === quarter) return offset;
    const start = at * quarterMs;
    const part: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(start)) part[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
    offset = Date.UTC(year, month - 1, day, hour, minute, second) - start;
    quarter = at;
    return offset;
  };
};

/** @returns whether the runtime knows the zone */
export const isZone = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
    return /^[A-Za-z]/.test(zone);
  } catch {
    return false;
  }
};

const minutesOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));

/**
 * @returns whether a time lies in the window
 * @throws RangeError for an unknown zone; validate before
 */
export const compileWindow = (window: TimeWindow): ((timeMs: number) => boolean) => {
  const offset = offsetOf(window.zone);
  const days = window.days && new Set(window.days.map((day) => weekdays.indexOf(day)));
  const from = window.from === undefined ? 0 : minutesOf(window.from);
  const to = window.to === undefined ? dayMinutes : minutesOf(window.to);
  const onDay = (day: number): boolean => days === undefined || days.has(((day % 7) + 7) % 7);
  return (timeMs) => {
    const minutes = Math.floor((timeMs + offset(timeMs)) / minuteMs);
    const day = Math.floor(minutes / dayMinutes);
    const minute = minutes - day * dayMinutes;
    // The Unix epoch was a Thursday, the fourth day when Sunday is 0.
    const weekday = day + 4;
    if (from < to) return minute >= from && minute < to && onDay(weekday);
    return (minute >= from && onDay(weekday)) || (minute < to && onDay(weekday - 1));
  };
};
