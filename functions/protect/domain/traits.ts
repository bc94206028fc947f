// One cheap pass that says which views of a text can differ from it at all: most texts need none.

/** Which rewritings may change a text; false is certain, true is not. */
export interface Traits {
  readonly disguised: boolean;
  readonly apart: boolean;
  readonly encoded: boolean;
  /** Digits or `$` stand beside letters. */
  readonly leet: boolean;
}

/** Shortest stretches that are tried as base64, and as bytes in hex apart from one another. */
export const minEncodedUnits = 12;
const minHexPairs = 6;
/** Digits that a number has with the groups around it before odd separators in it count: a fraction or a time has fewer. */
export const minNumberDigits = 8;

const digit = 1;
const letter = 2;
const hex = 4;
const base64 = 8;
const markup = 16;
const opening = 32;
const odd = 64;
const lookalike = 128;

const classes = new Uint8Array(128);
const mark = (characters: string, bit: number): void => {
  for (const character of characters) classes[character.charCodeAt(0)] = (classes[character.charCodeAt(0)] ?? 0) | bit;
};
const lower = 'abcdefghijklmnopqrstuvwxyz';
mark('0123456789', digit | hex | base64);
mark(lower + lower.toUpperCase(), letter | base64);
mark('abcdefABCDEF', hex);
mark('+/_-', base64);
mark('&<%\\*~`', markup);
mark('[({<', opening);
mark('_|~/:\n\t', odd);
mark('OolI', lookalike);
for (let unit = 0; unit < 32; unit += 1) if (unit !== 9 && unit !== 10 && unit !== 13) classes[unit] = markup;
classes[127] = markup;

const isSign = (text: string, at: number): boolean => {
  let from = at + 1;
  while (from < at + 3 && text.charCodeAt(from) === 32) from += 1;
  return /^(?:at|@|dot|\.|dash|hyphen|plus|under|punkt|punto|point|arroba)/i.test(text.slice(from, from + 8));
};

/** Quotation marks, dashes, ellipsis, bullet, currency and degree signs: ordinary, and known to the detectors as they are. */
const isTypographic = (unit: number): boolean =>
  (unit >= 0x2010 && unit <= 0x201e) || unit === 0x2026 || unit === 0x2022 || unit === 0xa3 || unit === 0xb0 || unit === 0x20ac;

const isWordAt = (text: string, at: number): boolean => {
  const unit = text.charCodeAt(at);
  return unit > 127 || ((classes[unit] ?? 0) & (digit | letter)) !== 0;
};

/** A sign that begins or ends something, not one between spaces. */
const isMarkup = (text: string, at: number, unit: number): boolean => {
  if (unit === 0x25) return ((classes[text.charCodeAt(at + 1)] ?? 0) & hex) !== 0;
  if (unit === 0x26) return text[at + 1] === '#' || isWordAt(text, at + 1);
  if (unit === 0x3c) return isWordAt(text, at + 1) || text[at + 1] === '/' || text[at + 1] === '!';
  if (unit === 0x2a || unit === 0x7e || unit === 0x60) return text.charCodeAt(at + 1) > 32 || (at > 0 && text.charCodeAt(at - 1) > 32);
  return true;
};

/** @returns what may change; linear */
export const traitsOf = (text: string): Traits => {
  let disguised = false;
  let apart = false;
  let encoded = false;
  let leet = false;
  let run = 0;
  /** Whether the run has a digit, or a capital behind its first letter: encoded text does. */
  let various = false;
  let pairs = 0;
  let lastSingle = -9;
  let lastDigit = -9;
  let digits = 0;
  let oddSince = false;
  /** Single characters in a row, each two to four units behind the one before. */
  let singles = 0;
  const single = (at: number): void => {
    singles = at - lastSingle <= 4 ? singles + 1 : 1;
    lastSingle = at;
    if (singles > 2) apart = true;
  };
  const endRun = (at: number): void => {
    if (run >= minEncodedUnits && various) encoded = true;
    various = false;
    const first = classes[text.charCodeAt(at - run)] ?? 0;
    if (run === 1 && (first & (digit | letter)) !== 0) {
      single(at - 1);
    } else if (
      run === 3 &&
      (text.charCodeAt(at - 3) | 32) === 100 &&
      (text.charCodeAt(at - 2) | 32) === 111 &&
      (text.charCodeAt(at - 1) | 32) === 116
    )
      apart = true;
    const isPair =
      (run === 2 && (first & (classes[text.charCodeAt(at - 1)] ?? 0) & hex) !== 0) || (run === 4 && (text.charCodeAt(at - 3) | 32) === 120);
    pairs = isPair ? pairs + 1 : 0;
    if (pairs >= minHexPairs) encoded = true;
    run = 0;
  };
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit > 126) {
      if (!isTypographic(unit)) disguised = true;
      if (run > 0) endRun(at);
      if (unit === 0xdb40) encoded = true;
      continue;
    }
    const kind = classes[unit] as number;
    if ((kind & base64) !== 0) {
      run += 1;
      if ((kind & digit) !== 0) {
        various = true;
        if (!leet && run > 1 && ((classes[text.charCodeAt(at - 1)] ?? 0) & letter) !== 0) leet = true;
        const gap = at - lastDigit - 1;
        if (gap > 6) {
          digits = 0;
          oddSince = false;
        } else if (gap > 1 && text.charCodeAt(at - 1) === text.charCodeAt(at - 2)) oddSince = true;
        digits += 1;
        if (oddSince && digits >= minNumberDigits) apart = true;
        lastDigit = at;
        if (run > 1 && ((classes[text.charCodeAt(at - 1)] ?? 0) & lookalike) !== 0) apart = true;
      } else if ((kind & letter) !== 0) {
        if (lastDigit === at - 1) leet = true;
        if (unit < 97 && run > 1) various = true;
        if ((kind & lookalike) !== 0 && lastDigit === at - 1) apart = true;
      } else {
        // `+`, `/`, `_` and `-` belong to base64 and separate single characters too.
        if ((kind & odd) !== 0) oddSince = true;
        if (unit === 0x5f && text.charCodeAt(at + 1) === 0x5f) disguised = true;
        if (run > 1 && at >= 2 && ((classes[text.charCodeAt(at - 1)] ?? 0) & (digit | letter)) !== 0 && isLone(text, at - 1)) {
          single(at - 1);
        } else if (run === 2 && ((classes[text.charCodeAt(at - 1)] ?? 0) & (digit | letter)) !== 0) single(at - 1);
      }
      continue;
    }
    if (unit === 0x24) leet = true;
    if (run > 0) endRun(at);
    if ((kind & markup) !== 0 && !disguised) disguised = isMarkup(text, at, unit);
    if ((kind & odd) !== 0) oddSince = true;
    if ((kind & opening) !== 0 && !apart && isSign(text, at)) apart = true;
  }
  if (run > 0) endRun(text.length);
  return { disguised, apart, encoded, leet };
};

const isLone = (text: string, at: number): boolean => ((classes[text.charCodeAt(at - 1)] ?? 0) & (digit | letter)) === 0;
