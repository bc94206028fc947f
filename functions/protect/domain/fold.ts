// The view of a text in which case and the length of white-space runs do not matter, with the way back to exact offsets.

/** Folded UTF-16 code units; unit `i` came from the original's `[starts[i], ends[i])`. */
export interface FoldedText {
  readonly units: Uint16Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly length: number;
}

const space = 0x20;
/** Fold of each BMP unit that folds to one unit; 0: not looked up yet. */
const foldCache = new Uint16Array(0x10000);
/** Marks units whose fold is longer than one unit, or that are white space or half of a pair. */
const special = 0xffff;

const isWhiteSpace = (unit: number): boolean => /\s/u.test(String.fromCharCode(unit));

/**
 * One code point without case: upper, then lower, so that `ß` is `ss`, `ς` is `σ` and the Kelvin sign is `k`.
 * `İ` and `ı` are both `i`: a term must not be escaped by a Turkish letter.
 */
const foldCodePoint = (character: string): string =>
  character === 'İ' || character === 'ı' ? 'i' : character.toUpperCase().toLowerCase().normalize('NFC');

const lookUp = (unit: number): number => {
  const isSurrogate = unit >= 0xd800 && unit <= 0xdfff;
  const folded = isSurrogate || isWhiteSpace(unit) ? '' : foldCodePoint(String.fromCharCode(unit));
  const value = folded.length === 1 ? folded.charCodeAt(0) : special;
  foldCache[unit] = value;
  return value;
};

/** @returns the folded text; linear in the text's length */
export const fold = (text: string): FoldedText => {
  let capacity = text.length + 16;
  let units = new Uint16Array(capacity);
  let starts = new Int32Array(capacity);
  let ends = new Int32Array(capacity);
  let length = 0;
  const push = (unit: number, start: number, end: number): void => {
    units[length] = unit;
    starts[length] = start;
    ends[length] = end;
    length += 1;
  };
  for (let at = 0; at < text.length; ) {
    // INVARIANT: one code point folds to fewer than eight units.
    if (length + 8 > capacity) {
      capacity *= 2;
      const grown = { units: new Uint16Array(capacity), starts: new Int32Array(capacity), ends: new Int32Array(capacity) };
      grown.units.set(units);
      grown.starts.set(starts);
      grown.ends.set(ends);
      ({ units, starts, ends } = grown);
    }
    const unit = text.charCodeAt(at);
    const cached = foldCache[unit] || lookUp(unit);
    if (cached !== special) {
      push(cached, at, at + 1);
      at += 1;
      continue;
    }
    if (isWhiteSpace(unit)) {
      const start = at;
      while (at < text.length && isWhiteSpace(text.charCodeAt(at))) at += 1;
      push(space, start, at);
      continue;
    }
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
    const folded = foldCodePoint(character);
    for (let index = 0; index < folded.length; index += 1) push(folded.charCodeAt(index), at, at + character.length);
    at += character.length;
  }
  return { units, starts, ends, length };
};

/** @returns a term as it is looked for: folded, white-space runs as one space, none at its ends */
export const foldTerm = (term: string): string => {
  const { units, length } = fold(term.trim());
  return String.fromCharCode(...units.subarray(0, length));
};

const wordCharacter = /[\p{L}\p{N}\p{M}_]/u;

/** @returns whether a word character begins at the offset */
export const wordBegins = (text: string, at: number): boolean => {
  const point = text.codePointAt(at);
  return point !== undefined && wordCharacter.test(String.fromCodePoint(point));
};

/** @returns whether a word character ends at the offset */
export const wordEnds = (text: string, at: number): boolean => {
  if (at === 0) return false;
  const last = text.charCodeAt(at - 1);
  const isPair = last >= 0xdc00 && last <= 0xdfff && at > 1;
  return wordBegins(text, isPair ? at - 2 : at - 1) || (isPair && wordBegins(text, at - 1));
};
