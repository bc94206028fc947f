// US social security numbers: numbers that were or may be issued (SSA: no area 000, 666, 9xx; no group 00; no serial 0000), dashes or context asked for.
import { after, before, type Detection, type Detector } from '../detection.ts';
import { type DigitGroup, numberRuns } from '../number-run.ts';

const contextBefore = 80;
const contextAfter = 40;
const named = /\b(?:ssns?|ss ?#|ss ?no|soc(?:ial)?\.? ?sec(?:urity)?|social|tax ?(?:payer)? ?id|taxpayer|tin|itin)\b|\bssn?#/;
const otherwise =
  /\b(?:order|invoice|part|serial|model|sku|tracking|shipment|ticket|case|isbn|fax|phone|tel|call|cell|mobile|vin|lot|item|product|flight|ref(?:erence)?|account|acct|routing|version|build|page|zip|postcode)\b[^.;!?\n]{0,20}$/;
/** Printed on wallet inserts and in advertisements, so never anyone's. */
const advertised = new Set(['078051120', '219099999', '457555462']);

/** @returns whether nine digits can be a social security number */
const isIssuable = (digits: string): boolean => {
  const area = digits.slice(0, 3);
  if (digits.length !== 9 || area === '000' || area === '666' || area.startsWith('9')) return false;
  if (digits.slice(3, 5) === '00' || digits.slice(5) === '0000') return false;
  return !advertised.has(digits) && !/^(\d)\1{8}$/.test(digits);
};

const hasContext = (text: string, start: number, end: number): boolean =>
  named.test(before(text, start, contextBefore)) || named.test(after(text, end, contextAfter));

const judge = (text: string, start: number, end: number, separators: readonly string[]): Detection | undefined => {
  const context = hasContext(text, start, end);
  if (context) return { start, end, score: 0.99, rule: 'ssn-context' };
  if (separators[0] !== '-') return undefined;
  if (otherwise.test(before(text, start, contextBefore))) return undefined;
  return { start, end, score: 0.85, rule: 'ssn-grouped' };
};

const isThreeTwoFour = (groups: readonly DigitGroup[], index: number): boolean =>
  groups[index]?.digits.length === 3 && groups[index + 1]?.digits.length === 2 && groups[index + 2]?.digits.length === 4;

export const ssn: Detector = (text) => {
  const found: Detection[] = [];
  for (const { groups, separators } of numberRuns(text)) {
    for (let index = 0; index < groups.length; index += 1) {
      const first = groups[index] as DigitGroup;
      const last = groups[index + 2];
      if (first.digits.length === 9 && isIssuable(first.digits)) {
        const detection = judge(text, first.start, first.end, []);
        if (detection !== undefined) found.push(detection);
      } else if (last !== undefined && isThreeTwoFour(groups, index) && separators[index] === separators[index + 1]) {
        // INVARIANT: a group before or behind that is joined in the same way makes it a longer number of another kind.
        const continued = separators[index - 1] === separators[index] || separators[index + 2] === separators[index];
        const digits = first.digits + (groups[index + 1] as DigitGroup).digits + last.digits;
        const detection =
          continued || !isIssuable(digits) ? undefined : judge(text, first.start, last.end, separators.slice(index, index + 2));
        if (detection === undefined) continue;
        found.push(detection);
        index += 2;
      }
    }
  }
  return found;
};
