// The view in which characters written one by one are together again (`4 1 5 - 5 5 5`), odd separators between digits are dashes, and `[at]`, `(dot)` are signs.
import { isDigit } from './detection.ts';
import { minNumberDigits } from './traits.ts';
import { editView, type View } from './view.ts';

const isAlnum = (unit: number): boolean => isDigit(unit) || ((unit | 32) >= 97 && (unit | 32) <= 122);
const space = 32;
/** Signs that separate characters written one by one. */
const signs = new Set([...' -._*|/,:;~'].map((sign) => sign.charCodeAt(0)));
/** Fewest characters of such a run. */
const minLetters = 5;
const minDigits = 4;

interface Run {
  /** The offsets that stay; a negative one stands for a space made of white space that begins there. */
  readonly kept: readonly number[];
  readonly end: number;
}

/** A run of single characters, each followed by the same separator; with spaces, any character may stand alone, and wider gaps part words. */
const runAt = (text: string, start: number): Run | undefined => {
  const separator = text.charCodeAt(start + 1);
  if (!signs.has(separator)) return undefined;
  const kept = [start];
  let singles = 1;
  let digits = isDigit(text.charCodeAt(start)) ? 1 : 0;
  let at = start + 1;
  while (text.charCodeAt(at) === separator) {
    let next = at + 1;
    if (separator === space) while (next - at < 3 && text.charCodeAt(next) === space) next += 1;
    const unit = text.charCodeAt(next);
    const single = separator === space ? unit > space : isAlnum(unit) || (unit !== separator && ' @._'.includes(text[next] ?? '-'));
    const following = text.charCodeAt(next + 1);
    if (
      !single ||
      (isAlnum(unit) && isAlnum(following)) ||
      (separator === space && following > space && !'.,;!?)'.includes(text[next + 1] ?? ''))
    )
      break;
    if (separator === space && isAlnum(unit) === false && !'@.-+()_/#&'.includes(text[next] ?? '')) break;
    if (next > at + 1) kept.push(-(at + 1));
    kept.push(next);
    if (isAlnum(unit)) singles += 1;
    if (isDigit(unit)) digits += 1;
    at = next + 1;
  }
  const enough = singles >= minLetters || (digits >= minDigits && digits === singles);
  return enough ? { kept, end: at } : undefined;
};

/** Between two digits: what separates groups of digits as well as a dash does. */
const oddSeparator = /(?:[ \t]{2,8}|[ \t]?\r?\n[ \t]?|[ ]?[_|~/:][ ]?|[_|~/:]{2,3}|\.{2,3}|-{2,3})(?=\d)/y;
const isLongNumber = (text: string, at: number): boolean => {
  let digits = 0;
  const belongs = (index: number): boolean => {
    const unit = text.charCodeAt(index);
    if (isDigit(unit)) digits += 1;
    return isDigit(unit) || unit === 10 || unit === 13 || signs.has(unit) || unit === 9;
  };
  for (let index = at - 1; index >= 0 && at - index < 28 && belongs(index); index -= 1);
  for (let index = at; index < text.length && index - at < 28 && belongs(index); index += 1);
  return digits >= minNumberDigits;
};

/** Letters that stand for digits among digits. */
const digitLetters: Readonly<Record<string, string>> = { O: '0', o: '0', l: '1', I: '1' };

/** `[at]`, `(dot)` and their like. */
const bracketed = / {0,2}[[({<] {0,2}(at|@|dot|\.|dash|hyphen|plus|underscore|punkt|punto|point|arroba) {0,2}[\])}>] {0,2}/iy;
const spokenAt = /\s{1,3}at\s{1,3}(?=[\w-]{1,63}(?:\s{1,3}dot\s{1,3}|\.)[\w-]{1,63})/iy;
const spokenDot = /\s{1,3}dot\s{1,3}(?=[a-z])/iy;
const signOf: Readonly<Record<string, string>> = {
  at: '@',
  '@': '@',
  arroba: '@',
  dot: '.',
  '.': '.',
  punkt: '.',
  punto: '.',
  point: '.',
  dash: '-',
  hyphen: '-',
  plus: '+',
  underscore: '_',
};
/** A whole address in words: only then are bare `at` and `dot` signs. */
const spokenAddress =
  /[\w.+-]{1,64}(?:\s{1,3}dot\s{1,3}[\w+-]{1,63}){0,3}\s{1,3}(?:at|\[at\]|\(at\)|@)\s{1,3}[\w-]{1,63}(?:\s{1,3}dot\s{1,3}[\w-]{1,63}){1,4}|@[\w-]{1,63}\s{1,3}dot\s{1,3}[a-z]{2,24}/giu;

/** The stretches where bare `at` and `dot` are signs. */
const spokenStretches = (text: string): [number, number][] =>
  / dot |\tdot|\ndot/i.test(text) ? [...text.matchAll(spokenAddress)].map((match) => [match.index, match.index + match[0].length]) : [];

const matchAt = (pattern: RegExp, text: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at;
  return pattern.exec(text);
};

/** A letter among digits that reads as one: its token has only digits and such letters, mostly digits. */
const digitFor = (text: string, at: number): string | undefined => {
  const digit = digitLetters[text[at] ?? ''];
  if (digit === undefined) return undefined;
  let from = at;
  let to = at + 1;
  let digits = 0;
  const belongs = (index: number): boolean => isDigit(text.charCodeAt(index)) || digitLetters[text[index] ?? ''] !== undefined;
  while (from > 0 && at - from < 20 && belongs(from - 1)) from -= 1;
  while (to < text.length && to - at < 20 && belongs(to)) to += 1;
  if ((from > 0 && isAlnum(text.charCodeAt(from - 1))) || isAlnum(text.charCodeAt(to))) return undefined;
  for (let index = from; index < to; index += 1) if (isDigit(text.charCodeAt(index))) digits += 1;
  return to - from >= 3 && digits * 2 >= to - from ? digit : undefined;
};

/** @returns the joined view, or the view itself where nothing is apart */
export const joinView = (view: View): View => {
  const { text } = view;
  const out = editView(view);
  const stretches = spokenStretches(text);
  let stretch = 0;
  for (let at = 0; at < text.length; ) {
    const unit = text.charCodeAt(at);
    const previous = at > 0 ? text.charCodeAt(at - 1) : space;
    if (isAlnum(unit) && !isAlnum(previous) && !isAlnum(text.charCodeAt(at + 1))) {
      const run = runAt(text, at);
      if (run !== undefined) {
        let from = at + 1;
        for (const kept of run.kept.slice(1)) {
          const to = Math.abs(kept);
          out.replace(from, kept < 0 ? to + 1 : to, kept < 0 ? ' ' : '');
          from = to + 1;
        }
        at = run.end;
        continue;
      }
    }
    let taken: RegExpExecArray | null = null;
    let sign = '';
    if (unit === space || unit === 0x5b || unit === 0x28 || unit === 0x7b || unit === 0x3c) {
      taken = matchAt(bracketed, text, at);
      sign = signOf[taken?.[1]?.toLowerCase() ?? ''] ?? '';
    }
    while (stretch < stretches.length && (stretches[stretch]?.[1] ?? 0) <= at) stretch += 1;
    if (taken === null && unit <= space && (stretches[stretch]?.[0] ?? text.length) < at) {
      taken = matchAt(spokenAt, text, at);
      sign = '@';
      if (taken === null) {
        taken = matchAt(spokenDot, text, at);
        sign = '.';
      }
    }
    if (taken === null && isDigit(previous) && !isDigit(unit) && unit !== 0x2c) {
      taken = matchAt(oddSeparator, text, at);
      sign = '-';
      if (taken !== null && !isLongNumber(text, at)) taken = null;
    }
    if (taken !== null && taken[0] !== sign) {
      out.replace(at, at + taken[0].length, sign);
      at += taken[0].length;
      continue;
    }
    const digit = isAlnum(unit) && !isDigit(unit) ? digitFor(text, at) : undefined;
    if (digit !== undefined) out.replace(at, at + 1, digit);
    at += 1;
  }
  return out.view();
};
