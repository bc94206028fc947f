// The view of a text without disguise that works character by character: marks, invisible characters, forms, escapes, markup inside words, mixed scripts.
import { latinLookalike, plainForm } from './lookalikes.ts';
import { editView, type View, type ViewEditor } from './view.ts';

/** Units looked ahead for the end of a tag or comment, and of an entity. */
const maxTagUnits = 256;
const maxEntityUnits = 12;
/** A longer word is taken piece by piece, so that its end decides nothing about its beginning. */
const maxWordUnits = 64;

const named: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  commat: '@',
  period: '.',
  plus: '+',
  dash: '-',
  hyphen: '-',
  ndash: '-',
  mdash: '-',
  lowbar: '_',
  num: '#',
  lpar: '(',
  rpar: ')',
  sol: '/',
  colon: ':',
  comma: ',',
  Tab: '\t',
  NewLine: '\n',
  shy: '',
  ZeroWidthSpace: '',
  zwj: '',
  zwnj: '',
};

/** Sticky, with bounded repeats. */
const entity = /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z]{2,16}));?/y;
const tag = /<(?:\/?([a-zA-Z][a-zA-Z0-9]{0,15})(?:\s[^<>]{0,200})?\/?|!--[^<>]{0,200}--)>/y;
const percent = /(?:%[0-9a-fA-F]{2}){1,64}/y;
const escaped = /\\(?:u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2}))/y;
const breaking = /^(?:br|p|div|li|td|tr|th|ul|ol|h[1-6]|table|section|article|pre|hr)$/i;

const matchAt = (pattern: RegExp, text: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at;
  return pattern.exec(text);
};

const pointText = (point: number): string | undefined =>
  point > 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff) ? String.fromCodePoint(point) : undefined;

const isWord = (unit: number): boolean =>
  (unit >= 48 && unit <= 57) || (unit >= 65 && unit <= 90) || (unit >= 97 && unit <= 122) || unit > 127;

/** @returns the plain forms of a decoded piece */
const plainText = (piece: string): string => {
  let plain = '';
  for (const character of piece) plain += plainForm(character.codePointAt(0) ?? 0);
  return plain;
};

/** `%41%C3%A9` as UTF-8; each character leads back to its own escapes. @returns whether it was text */
const writePercent = (out: ViewEditor, run: string, at: number): boolean => {
  const bytes = Buffer.from(run.replaceAll('%', ''), 'hex');
  const decoded = bytes.toString('utf8');
  if (decoded.includes('\ufffd')) return false;
  let from = at;
  for (const character of decoded) {
    const to = from + Buffer.byteLength(character) * 3;
    out.replace(from, to, plainText(character));
    from = to;
  }
  return true;
};

/** @returns how many units were taken from `at`, or 0 where nothing is disguised there */
const rewriteMarkup = (out: ViewEditor, text: string, at: number, unit: number): number => {
  if (unit === 0x26) {
    const match = matchAt(entity, text.slice(at, at + maxEntityUnits + 8), 0);
    if (match === null) return 0;
    const [all, decimal, hex, name] = match;
    const plain = name !== undefined ? named[name] : pointText(decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal));
    if (plain === undefined || (name !== undefined && !all.endsWith(';'))) return 0;
    out.replace(at, at + all.length, plainText(plain));
    return all.length;
  }
  if (unit === 0x3c) {
    const match = matchAt(tag, text.slice(at, at + maxTagUnits), 0);
    if (match === null) return 0;
    out.replace(at, at + match[0].length, match[1] !== undefined && breaking.test(match[1]) ? '\n' : '');
    return match[0].length;
  }
  if (unit === 0x25) {
    const run = matchAt(percent, text, at)?.[0];
    return run !== undefined && writePercent(out, run, at) ? run.length : 0;
  }
  if (unit === 0x5c) {
    const match = matchAt(escaped, text, at);
    if (match !== null) {
      const plain = pointText(Number.parseInt(match[1] ?? match[2] ?? match[3] ?? '', 16));
      if (plain === undefined) return 0;
      out.replace(at, at + match[0].length, plainText(plain));
      return match[0].length;
    }
    // A back-slash before punctuation is Markdown's; one before a letter may be a path's.
    if (!'@.-_*()+#[]'.includes(text[at + 1] ?? ' ')) return 0;
    out.replace(at, at + 1, '');
    return 1;
  }
  // Emphasis and code marks that touch something; a lone star between spaces, or a bullet, stays.
  let end = at + 1;
  while (end < text.length && end - at < 4 && text.charCodeAt(end) === unit) end += 1;
  if (unit === 0x5f && end - at < 2) return 0;
  if (end - at > 3) return 0;
  const touches = (at > 0 && text.charCodeAt(at - 1) > 32) || text.charCodeAt(end) > 32;
  if (touches) out.replace(at, end, '');
  return touches ? end - at : 0;
};

const markup = new Set([0x26, 0x3c, 0x25, 0x5c, 0x2a, 0x5f, 0x7e, 0x60]);

/** Letters of other scripts become the Latin ones that they look like, in words that hold Latin letters too. */
const unmixed = (view: View): View => {
  const out = editView(view);
  const { text } = view;
  for (let at = 0; at < text.length; at += at < text.length && isWord(text.charCodeAt(at)) ? 0 : 1) {
    const start = at;
    let latin = false;
    let lookalike = false;
    for (; at < text.length && at - start < maxWordUnits && isWord(text.charCodeAt(at)); at += 1) {
      const unit = text.charCodeAt(at);
      if ((unit | 32) >= 97 && (unit | 32) <= 122) latin = true;
      else if (unit > 127 && latinLookalike(unit) !== undefined) lookalike = true;
    }
    if (!latin || !lookalike) continue;
    for (let index = start; index < at; index += 1) {
      const letter = latinLookalike(text.charCodeAt(index));
      if (letter !== undefined) out.replace(index, index + 1, String.fromCharCode(letter));
    }
  }
  return out.view();
};

/** Letters of Latin-1 and Latin Extended-A and -B; digits and signs among them, such as `²`, are none. */
const isLatin = (point: number, plain: string): boolean => point >= 0xc0 && point < 0x250 && /^[A-Za-z]+$/.test(plain);

/** @returns the view without disguise, or the view itself where it has none */
export const foldView = (view: View): View => {
  const { text } = view;
  const out = editView(view);
  let foreign = false;
  let isAboutLetters = true;
  for (let at = 0; at < text.length; ) {
    const unit = text.charCodeAt(at);
    if (unit < 128 && unit > 31 && unit !== 127) {
      const taken = markup.has(unit) ? rewriteMarkup(out, text, at, unit) : 0;
      if (taken > 0) isAboutLetters = false;
      at += taken || 1;
      continue;
    }
    if (unit === 10) {
      at += 1;
      continue;
    }
    const point = text.codePointAt(at) ?? 0;
    const width = point > 0xffff ? 2 : 1;
    if (point > 0x36f && point < 0x1400) foreign = true;
    const plain = plainForm(point);
    if (plain.length !== width || plain.codePointAt(0) !== point) {
      out.replace(at, at + width, plain);
      if (!isLatin(point, plain)) isAboutLetters = false;
    }
    at += width;
  }
  const folded = out.view();
  if (foreign) return unmixed(folded);
  return folded === view || !isAboutLetters ? folded : { ...folded, isAboutLetters };
};
