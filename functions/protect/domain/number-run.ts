// Runs of digit groups with single separators between them: what cards, social security numbers and phone numbers are looked for in.
import { isDigit, isWordUnit } from './detection.ts';

export interface DigitGroup {
  readonly start: number;
  readonly end: number;
  readonly digits: string;
}

/** Groups of digits, `separators[i]` between group `i` and the next. */
export interface NumberRun {
  readonly groups: readonly DigitGroup[];
  readonly separators: readonly string[];
}

const dashes = '-\u2010\u2011\u2012\u2013\u2014\u2212';
const spaces = ' \u00a0\u2007\u2009\u202f\t';

/** @returns `-` for any dash, a space for any space, and the text itself otherwise */
const plain = (separator: string): string =>
  separator === ' ' || separator === '-' || separator === '.'
    ? separator
    : [...separator].map((character) => (dashes.includes(character) ? '-' : spaces.includes(character) ? ' ' : character)).join('');

const separatorClass = `[${dashes.replace('-', '\\-')}${spaces}.]`;
const joined = new RegExp(`^(?:${separatorClass}|[ ]${separatorClass}[ ])$`);

/**
 * @returns maximal runs, in order; the groups of one run are apart by one dash, space or dot, or a dash or dot between two spaces.
 * A group that touches a letter or `_` ends its run and belongs to none.
 */
const findRuns = (text: string): NumberRun[] => {
  const runs: NumberRun[] = [];
  let groups: DigitGroup[] = [];
  let separators: string[] = [];
  const close = (): void => {
    if (groups.length > 0) runs.push({ groups, separators });
    groups = [];
    separators = [];
  };
  for (let at = 0; at < text.length; ) {
    if (!isDigit(text.charCodeAt(at))) {
      at += 1;
      continue;
    }
    const start = at;
    while (at < text.length && isDigit(text.charCodeAt(at))) at += 1;
    const touches = (start > 0 && isWordUnit(text.charCodeAt(start - 1))) || (at < text.length && isWordUnit(text.charCodeAt(at)));
    if (touches) {
      close();
      continue;
    }
    const last = groups.at(-1);
    const between = last === undefined || start - last.end > 3 ? undefined : text.slice(last.end, start);
    if (between !== undefined && (between === ' ' || between === '-' || joined.test(between)))
      separators.push(plain(between).trim() || ' ');
    else close();
    groups.push({ start, end: at, digits: text.slice(start, at) });
  }
  close();
  return runs;
};

/** Several detectors look at the same text one after another. */
let latest: { readonly text: string; readonly runs: readonly NumberRun[] } = { text: '', runs: [] };

/** @returns as {@link findRuns}, remembered for the latest text */
export const numberRuns = (text: string): readonly NumberRun[] => {
  if (latest.text !== text) latest = { text, runs: findRuns(text) };
  return latest.runs;
};
