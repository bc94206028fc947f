// Payment cards: 12 to 19 digits of a known issuer range (ISO/IEC 7812), Luhn check digit, alone or grouped by single spaces, dashes or dots.
import { after, before, type Detection, type Detector } from '../detection.ts';
import { type DigitGroup, type NumberRun, numberRuns } from '../number-run.ts';

const minDigits = 12;
const maxDigits = 19;
/** Groups of one digit each are put together by the joined view of a text. */
const maxGroups = 10;
const contextUnits = 60;
const named =
  /\b(?:cards?|credit|debit|visa|master ?card|amex|american express|discover|diners|jcb|union ?pay|maestro|mir|rupay|cc|ccn|pan|cvv2?|cvc2?|expir\w*|payment|charge|kreditkarte|tarjeta|carte|carta|cartão)\b/;
const otherwise =
  /\b(?:imei|isbn|ean|upc|gtin|barcode|tracking|timestamp|epoch|unix|order|invoice|serial|sku|uuid|guid|iccid|meid|tweet|snowflake)\b[^.;!?\n]{0,20}$/;

/** A range of leading digits and the lengths that it is issued in; `weak`: only beside words that speak of cards. */
interface IssuerRange {
  readonly from: string;
  readonly to: string;
  readonly lengths: readonly number[];
  readonly weak?: true;
}

const upTo = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** Most specific first. */
const issuerRanges: readonly IssuerRange[] = [
  { from: '34', to: '34', lengths: [15] },
  { from: '37', to: '37', lengths: [15] },
  { from: '300', to: '305', lengths: upTo(14, 19) },
  { from: '3095', to: '3095', lengths: upTo(14, 19) },
  { from: '36', to: '36', lengths: upTo(14, 19) },
  { from: '38', to: '39', lengths: upTo(14, 19) },
  { from: '3528', to: '3589', lengths: upTo(16, 19) },
  { from: '1800', to: '1800', lengths: [15] },
  { from: '2131', to: '2131', lengths: [15] },
  { from: '2200', to: '2205', lengths: upTo(16, 19) },
  { from: '2221', to: '2720', lengths: [16] },
  { from: '4', to: '4', lengths: [16] },
  { from: '4', to: '4', lengths: [13, 18, 19], weak: true },
  { from: '51', to: '55', lengths: [16] },
  { from: '506099', to: '506198', lengths: [16, 18, 19] },
  { from: '507865', to: '507964', lengths: [16, 18, 19] },
  { from: '508', to: '508', lengths: [16] },
  { from: '50', to: '50', lengths: [16] },
  { from: '50', to: '50', lengths: upTo(12, 19), weak: true },
  { from: '56', to: '58', lengths: [16] },
  { from: '56', to: '58', lengths: upTo(12, 19), weak: true },
  { from: '6011', to: '6011', lengths: upTo(16, 19) },
  { from: '60', to: '60', lengths: [16] },
  { from: '62', to: '62', lengths: upTo(16, 19) },
  { from: '63', to: '63', lengths: upTo(16, 19) },
  { from: '64', to: '65', lengths: upTo(16, 19) },
  { from: '67', to: '67', lengths: upTo(16, 19) },
  { from: '6', to: '6', lengths: upTo(12, 19), weak: true },
  { from: '81', to: '82', lengths: upTo(16, 19) },
  { from: '8600', to: '8600', lengths: [16] },
  { from: '9792', to: '9792', lengths: [16] },
  { from: '9860', to: '9860', lengths: [16] },
  { from: '1', to: '1', lengths: [15], weak: true },
];

const issuerOf = (digits: string, context: boolean): IssuerRange | undefined =>
  issuerRanges.find(({ from, to, lengths, weak }) => {
    const prefix = digits.slice(0, from.length);
    return prefix >= from && prefix <= to && lengths.includes(digits.length) && (weak !== true || context);
  });

/** @returns whether the last digit is the Luhn check digit of the others (ISO/IEC 7812-1, annex B) */
export const passesLuhn = (digits: string): boolean => {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48;
    const doubled = index % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
};

/** A fraction's digits (`0.4111…`) are no card. */
const isFraction = (text: string, start: number): boolean => /(?:^|[^\d.])\d{1,3}\.$/.test(text.slice(Math.max(0, start - 5), start));

const judge = (text: string, groups: readonly DigitGroup[]): Detection | undefined => {
  const digits = groups.map((group) => group.digits).join('');
  if (!passesLuhn(digits) || /^(\d)\1*$/.test(digits)) return undefined;
  const start = groups[0]?.start ?? 0;
  const end = groups.at(-1)?.end ?? 0;
  const context = named.test(before(text, start, contextUnits)) || named.test(after(text, end, contextUnits));
  const issuer = issuerOf(digits, context);
  if (issuer === undefined) return undefined;
  if (!context && (isFraction(text, start) || otherwise.test(before(text, start, contextUnits)))) return undefined;
  if (!context && groups.length > 1 && groups.some((group) => group.digits.length < 3)) return undefined;
  return { start, end, score: context ? 0.99 : 0.9, rule: groups.length > 1 ? 'card-grouped' : 'card' };
};

/** The longest card that begins with the group at `from`. */
const cardAt = (text: string, { groups, separators }: NumberRun, from: number): { detection: Detection; next: number } | undefined => {
  let best: { detection: Detection; next: number } | undefined;
  let count = 0;
  for (let to = from; to < groups.length; to += 1) {
    // INVARIANT: one kind of separator within a number.
    if (to > from && separators[to - 1] !== separators[from]) break;
    count += groups[to]?.digits.length ?? 0;
    if (count > maxDigits || to - from >= maxGroups) break;
    if (count < minDigits) continue;
    const detection = judge(text, groups.slice(from, to + 1));
    if (detection !== undefined) best = { detection, next: to + 1 };
  }
  return best;
};

export const creditCard: Detector = (text) => {
  const found: Detection[] = [];
  for (const run of numberRuns(text)) {
    for (let index = 0; index < run.groups.length; ) {
      const card = cardAt(text, run, index);
      if (card !== undefined) found.push(card.detection);
      index = card?.next ?? index + 1;
    }
  }
  return found;
};
