// How one UTF-16 unit is read by the models: its kind and its folded form (lower case, no marks, full width as ASCII).

export const kinds = {
  gap: 0,
  letter: 1,
  digit: 2,
  ideograph: 3,
  punctuation: 4,
  skipped: 5,
  newline: 6,
  surrogate: 7,
  apostrophe: 8,
} as const;

const unknown = 0xff;
const kindCache = new Uint8Array(0x10000).fill(unknown);
const foldCache = new Uint16Array(0x10000);
const capitals = new Uint8Array(0x10000);

/** Scripts written without spaces (and Hangul, whose words carry endings): each unit is a token of its own. */
const isIdeograph = (unit: number): boolean =>
  (unit >= 0x2e80 && unit <= 0x9fff) ||
  (unit >= 0xac00 && unit <= 0xd7af) ||
  (unit >= 0x0e00 && unit <= 0x0eff) ||
  (unit >= 0x1000 && unit <= 0x109f) ||
  (unit >= 0x1780 && unit <= 0x17ff) ||
  (unit >= 0xf900 && unit <= 0xfaff);

const space = /\s/u;
const letter = /\p{L}/u;
const digit = /\p{N}/u;
const passedOver = /[\p{M}\p{Cf}\p{Cc}\p{Cn}\p{Co}]/u;
const ideographic = /[\p{L}\p{N}\p{M}]/u;

const kindOf = (unit: number, folded: string): number => {
  const character = String.fromCharCode(unit);
  if (unit === 10 || unit === 13 || unit === 0x2028 || unit === 0x2029) return kinds.newline;
  if (isIdeograph(unit)) return ideographic.test(character) ? kinds.ideograph : kinds.punctuation;
  if (unit === 0x27 || unit === 0x2019 || unit === 0x2018 || unit === 0x60) return kinds.apostrophe;
  if (space.test(character)) return kinds.gap;
  if (unit >= 0xd800 && unit <= 0xdfff) return kinds.surrogate;
  if (passedOver.test(character)) return kinds.skipped;
  if (letter.test(folded)) return kinds.letter;
  if (digit.test(folded)) return kinds.digit;
  return kinds.punctuation;
};

const lookUp = (unit: number): void => {
  const character = String.fromCharCode(unit);
  const isPlain = isIdeograph(unit) || (unit >= 0xd800 && unit <= 0xdfff);
  const folded = isPlain ? character : character.normalize('NFKD').toLowerCase().charAt(0);
  foldCache[unit] = folded.charCodeAt(0);
  kindCache[unit] = kindOf(unit, folded);
  capitals[unit] = !isPlain && character !== character.toLowerCase() ? 1 : 0;
};

/** @returns one of {@link kinds} */
export const kindOfUnit = (unit: number): number => {
  if (kindCache[unit] === unknown) lookUp(unit);
  return kindCache[unit] as number;
};

/** Call {@link kindOfUnit} of the unit first. */
export const foldUnit = (unit: number): number => foldCache[unit] as number;

/** 1 for a capital letter. Call {@link kindOfUnit} of the unit first. */
export const isCapital = (unit: number): number => capitals[unit] as number;
