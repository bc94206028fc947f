// Views in which letters are read otherwise: digits and signs inside words as letters (`c0nf1d3nt1al`), and rot13.
import { isDigit } from './detection.ts';
import { editView, type View } from './view.ts';

const letterFor: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '6': 'g',
  '7': 't',
  '8': 'b',
  '9': 'g',
  $: 's',
  '@': 'a',
  '!': 'i',
  '|': 'l',
  '+': 't',
  '€': 'e',
};
const isLetter = (unit: number): boolean => (unit | 32) >= 97 && (unit | 32) <= 122;
/** A longer word is taken piece by piece, so that its end decides nothing about its beginning. */
const maxWordUnits = 64;
const worthLooking = /[A-Za-z][0-9$@!|+€]|[0-9$@!|+€][A-Za-z]/;

/**
 * @param keepAt `@` stays, for what is looked for in addresses
 * @returns the view with such words in letters, or undefined where there are none; a sign at a word's end is punctuation
 */
export const leetView = (view: View, keepAt = false): View | undefined => {
  const { text } = view;
  if (!worthLooking.test(text)) return undefined;
  const out = editView(view);
  for (let at = 0; at < text.length; ) {
    const start = at;
    let letters = 0;
    let others = 0;
    for (; at < text.length && at - start < maxWordUnits; at += 1) {
      if (isLetter(text.charCodeAt(at))) letters += 1;
      else if (letterFor[text[at] ?? ''] !== undefined && !(keepAt && text[at] === '@')) others += 1;
      else break;
    }
    if (at === start) at += 1;
    let end = at;
    while (end > start && '!|+@'.includes(text[end - 1] ?? ' ')) end -= 1;
    if (letters === 0 || others === 0) continue;
    for (let index = start; index < end; index += 1) {
      const read = letterFor[text[index] ?? ''];
      if (read !== undefined) out.replace(index, index + 1, read);
    }
  }
  const read = out.view();
  return read === view ? undefined : read;
};

const rot13Unit = (unit: number): number => {
  if (!isLetter(unit) || isDigit(unit)) return unit;
  const first = unit < 97 ? 65 : 97;
  return ((unit - first + 13) % 26) + first;
};

/** @returns the same text under rot13 */
export const rot13View = (view: View): View => {
  const { text } = view;
  const units = new Uint16Array(text.length);
  for (let at = 0; at < text.length; at += 1) units[at] = rot13Unit(text.charCodeAt(at));
  return { text: Buffer.from(units.buffer, 0, units.length * 2).toString('utf16le'), source: view, edits: [] };
};

const joined = /[\p{L}\p{N}][-_/+|~]{1,2}\p{L}/u;
const joiner = /(?<=[\p{L}\p{N}])[-_/+|~]{1,2}(?=[\p{L}\p{N}])/gu;

/** @returns the view with signs between words as spaces (`Project_Titan`), or undefined where there are none */
export const wordView = (view: View): View | undefined => {
  if (!joined.test(view.text)) return undefined;
  const out = editView(view);
  for (const match of view.text.matchAll(joiner)) out.replace(match.index, match.index + match[0].length, ' ');
  return out.view();
};
