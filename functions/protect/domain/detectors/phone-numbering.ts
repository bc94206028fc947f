// What is known of numbering plans: country codes (ITU-T E.164) and how many digits follow them, and behind that libphonenumber's own patterns.
import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/min';

/** Country codes of one or two digits; any other that begins so has three. */
const shortCodes = new Set(
  '1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98'.split(
    ' ',
  ),
);
/** First two digits of the three-digit codes. */
const longCodes = new Set('21 22 23 24 25 26 29 35 37 38 42 50 59 67 68 69 80 85 87 88 96 97 99'.split(' '));

/** Most digits behind the code where a plan fixes them; elsewhere E.164's 15 in all is the limit. */
const nationalDigits: Readonly<Record<string, readonly [number, number]>> = {
  1: [10, 10],
  7: [10, 10],
  27: [9, 9],
  30: [10, 10],
  31: [9, 9],
  32: [8, 9],
  33: [9, 9],
  34: [9, 9],
  36: [8, 9],
  39: [6, 11],
  40: [9, 9],
  41: [9, 9],
  43: [7, 13],
  44: [9, 10],
  45: [8, 8],
  46: [7, 10],
  47: [8, 8],
  48: [9, 9],
  49: [6, 12],
  51: [8, 9],
  52: [10, 11],
  54: [10, 11],
  55: [10, 11],
  56: [9, 9],
  57: [8, 10],
  60: [8, 10],
  61: [9, 9],
  62: [8, 12],
  63: [9, 10],
  64: [8, 10],
  65: [8, 8],
  66: [8, 9],
  81: [9, 10],
  82: [8, 10],
  84: [9, 10],
  86: [10, 11],
  90: [10, 10],
  91: [10, 10],
  92: [9, 10],
  351: [9, 9],
  353: [7, 9],
  358: [6, 11],
  380: [9, 9],
  420: [9, 9],
  852: [8, 8],
  966: [8, 9],
  971: [8, 9],
  972: [8, 9],
};

/** @returns the country code that the digits begin with */
const countryCodeOf = (digits: string): string | undefined => {
  for (const length of [1, 2]) if (shortCodes.has(digits.slice(0, length))) return digits.slice(0, length);
  return longCodes.has(digits.slice(0, 2)) && digits.length >= 3 ? digits.slice(0, 3) : undefined;
};

/**
 * @param digits country code first, without `+` or `00`; a trunk `0` may follow it
 * @returns whether a number of that plan can have these digits, by its length
 */
export const isPlausibleInternational = (digits: string): boolean => {
  const code = countryCodeOf(digits);
  if (code === undefined || digits.length > 15) return false;
  const [least, most] = nationalDigits[code] ?? [6, 12];
  const national = digits.slice(code.length);
  const fits = ({ length }: string): boolean => length >= least && length <= most;
  return fits(national) || (national.startsWith('0') && fits(national.slice(1)));
};

/** @returns whether ten digits can be a number of the North American plan: neither area nor exchange begins with 0 or 1 */
export const isNorthAmerican = (digits: string): boolean => /^[2-9]\d\d[2-9]\d{6}$/.test(digits);

/** Countries whose national numbers begin with a trunk 0, the most spoken of first. */
const trunkCountries: readonly CountryCode[] = [
  'GB',
  'DE',
  'FR',
  'AU',
  'IN',
  'NL',
  'IT',
  'JP',
  'BE',
  'CH',
  'SE',
  'AT',
  'IE',
  'KR',
  'ZA',
  'NZ',
  'BR',
  'TR',
];

/** Verdicts of the validator, which takes 25 microseconds each. */
const maxRemembered = 2_000;
const remembered = new Map<string, boolean>();

const remember = (key: string, decide: () => boolean): boolean => {
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const decided = decide();
  if (remembered.size >= maxRemembered) remembered.clear();
  remembered.set(key, decided);
  return decided;
};

/** @returns whether the plan of its country issues that number (libphonenumber's patterns, "min" metadata); digits with the country code first */
export const isIssuedInternational = (digits: string): boolean =>
  remember(`+${digits}`, () => parsePhoneNumberFromString(`+${digits}`)?.isValid() === true);

/** @returns whether some country with a trunk 0 issues that number */
export const isIssuedNational = (digits: string): boolean =>
  remember(digits, () => trunkCountries.some((country) => parsePhoneNumberFromString(digits, country)?.isValid() === true));
