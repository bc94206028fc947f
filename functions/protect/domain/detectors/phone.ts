// Phone numbers, international and national: our own candidates, judged by structure and by the words around them.
import { after, before, type Detection, type Detector, isDigit, isWordUnit } from '../detection.ts';
import { isIssuedInternational, isIssuedNational, isNorthAmerican, isPlausibleInternational } from './phone-numbering.ts';

interface Group {
  readonly start: number;
  readonly end: number;
}

/** Groups from `first` to `last`, their digits, and their shape: each group's length, separators as written (`(3) 3-4`). */
interface Candidate {
  readonly start: number;
  readonly end: number;
  readonly groups: readonly string[];
  readonly digits: string;
  readonly shape: string;
  readonly plus: boolean;
}

const maxDigits = 17;
const maxGroups = 8;
const contextUnits = 48;

const spoken =
  /\b(?:(?:tele)?phones?|tel|mobile|cell(?:ular|phone)?|call(?:ed|ing)?|dial(?:ed|ing)?|fax|sms|text(?:ed)?(?: me| us| him| her)|whats ?app|telegram|signal|ring|reach(?:ed)?|contact(?:ed)?|hotline|helpline|landline|answering at|ph|pager|voicemail|callback|handy|telefon\w*|tel[eé]fono|t[eé]l[eé]phone|portable|m[oó]vil|celular|telefone|cellulare|телефон)\b|☎|📞|📱/u;
const labelled = /^[\s"'),;:|\\[\]-]{0,4}(?:\(?(?:office|fax|mobile|cell|home|work|tel|phone|landline|direct|main)\b)/;
const otherwise =
  /(?:\b(?:order|invoice|isbn|issn|serial|tracking|ref(?:erence)?|id|ids|zip|postcode|part|model|version|case|ticket|sku|claim|routing|lot|flight|account|acct|iban|card|ssn|social security|vat|ein|tin|vin|imei|doi|pmid|patent|license|licence|passport|batch|po|upc|ean|bond|section|chapter|page|line|port|code|pin|otp|lat|latitude|longitude|coordinates|pixels?|rgb|ip)\b|[#№$€£¥=])[^.;!?\n]{0,16}$/u;

const separator = /^(?:[ .\-/]|\. | - |\)[ -]?| ?\(|-\()$/;
const plain = (text: string): string => text.replace(/[\u2010-\u2014\u2212]/g, '-').replace(/[\u00a0\u2007\u2009\u202f\t]/g, ' ');

const extension = /^ ?(?:,? ?(?:x|ext\.?|extension|durchwahl) ?)\d{1,6}(?![\d\w])/i;

/** All digit groups, in runs that phone separators join. */
const groupRuns = (text: string): Group[][] => {
  const runs: Group[][] = [];
  let run: Group[] = [];
  for (let at = 0; at < text.length; ) {
    if (!isDigit(text.charCodeAt(at))) {
      at += 1;
      continue;
    }
    const start = at;
    while (at < text.length && isDigit(text.charCodeAt(at))) at += 1;
    const last = run.at(-1);
    const joined = last !== undefined && start - last.end <= 3 && separator.test(plain(text.slice(last.end, start)));
    if (!joined) {
      if (run.length > 0) runs.push(run);
      run = [];
    }
    run.push({ start, end: at });
  }
  if (run.length > 0) runs.push(run);
  return runs;
};

const candidateOf = (text: string, run: readonly Group[], first: number, last: number): Candidate => {
  const groups = run.slice(first, last + 1);
  let start = groups[0]?.start ?? 0;
  const end = groups.at(-1)?.end ?? 0;
  const inner = plain(text.slice(start, end));
  const opens = inner.includes(')') && (inner.indexOf('(') < 0 || inner.indexOf('(') > inner.indexOf(')'));
  if (opens && text[start - 1] === '(') start -= 1;
  const plus = text[start - 1] === '+';
  if (plus) start -= 1;
  if (opens && plus && text[start - 1] === '(') start -= 1;
  const parts = groups.map((group) => text.slice(group.start, group.end));
  const shape = plain(text.slice(start, end)).replace(/\d+/g, (digits) => (digits.length > 9 ? 'N' : String(digits.length)));
  return { start, end, groups: parts, digits: parts.join(''), shape, plus };
};

/** Characters around a number that make it part of something else. */
const isPartOfMore = (text: string, { start, end }: Candidate): boolean => {
  const unitBefore = text.charCodeAt(start - 1);
  const unitAfter = text.charCodeAt(end);
  if (start > 0 && (isWordUnit(unitBefore) || '$€£¥@&'.includes(text[start - 1] ?? ''))) return true;
  if (start > 1 && '.,-/:'.includes(text[start - 1] ?? '') && isWordUnit(text.charCodeAt(start - 2)) && text[start - 1] !== ':') {
    if (isDigit(text.charCodeAt(start - 2)) || text[start - 1] === '/' || text[start - 1] === '.') return true;
  }
  if (end < text.length && (isWordUnit(unitAfter) || text[end] === '%') && !extension.test(text.slice(end, end + 24))) return true;
  return '.,:/'.includes(text[end] ?? ' ') && isDigit(text.charCodeAt(end + 1));
};

const isYear = (digits: string): boolean => /^(?:19|20)\d\d$/.test(digits);

/** Dates, addresses of the internet, ZIP+4, social security numbers. */
const isOtherShape = ({ shape, groups }: Candidate): boolean =>
  (/^4[-./ ][12][-./ ][12]$/.test(shape) && isYear(groups[0] ?? '')) ||
  (/^[12][-./ ][12][-./ ]4$/.test(shape) && isYear(groups[2] ?? '')) ||
  /^[1-3]\.[1-3]\.[1-3]\.[1-3]$/.test(shape) ||
  /^3[- ]2[- ]4$/.test(shape) ||
  /^5-4$/.test(shape) ||
  (/^4[- ]4$/.test(shape) && isYear(groups[0] ?? '') && isYear(groups[1] ?? ''));

interface Verdict {
  readonly score: number;
  readonly rule: string;
}

const isIssued = (digits: string): boolean => !/^(\d)\1+$/.test(digits);

/** What the structure alone says: a score at least 0.5 needs no context. */
const byStructure = ({ shape, digits, groups, plus }: Candidate): Verdict | undefined => {
  if (plus) {
    if (!isPlausibleInternational(digits)) return undefined;
    return isIssuedInternational(digits) ? { score: 0.99, rule: 'international' } : { score: 0.9, rule: 'international-shape' };
  }
  if (/^00[1-9]/.test(digits) && groups.length > 1 && isPlausibleInternational(digits.slice(2)))
    return { score: 0.9, rule: 'international-00' };
  const national = shape.startsWith('1') && digits.startsWith('1') && digits.length === 11 ? digits.slice(1) : digits;
  if (/^(?:1[-. ]?)?(?:\(3\)[ -]?|3[-. /])3[-. ]4$/.test(shape) && national.length === 10) {
    if (isNorthAmerican(national)) return { score: 0.85, rule: 'north-american' };
    if (/[-.(]/.test(shape)) return { score: 0.6, rule: 'north-american-shape' };
  }
  const grouped = groups.length >= 3 && groups.every((group) => group.length >= 2 && group.length <= 5);
  if (/^0[1-9]/.test(digits) && digits.length >= 9 && digits.length <= 11 && (grouped || shape.startsWith('(')))
    return { score: isIssuedNational(digits) ? 0.8 : 0.6, rule: 'trunk' };
  if (/^\([2-5]\)[ -]?[2-5][- ][2-5]$/.test(shape) && digits.length >= 8 && digits.length <= 11 && shape.includes('-'))
    return { score: 0.6, rule: 'area-code' };
  return undefined;
};

/** What may be a number where the words around it speak of phones. */
const byContext = ({ digits, groups, shape }: Candidate): boolean => {
  if (digits.length < 6 || digits.length > 15 || !isIssued(digits)) return false;
  if (groups.length === 1) return digits.length >= 7 && digits.length <= 13;
  if (digits.length === 6 && !/^(?:2.2.2|3.3)$/.test(shape)) return false;
  return groups.length <= 6 && groups.every((group) => group.length >= 2 || group === '0' || group === '1');
};

/** What the words before a number say; looked up once for all candidates that begin at it. */
interface Words {
  readonly spoken: boolean;
  readonly spared: boolean;
}

const wordsBefore = (text: string, start: number): Words => {
  const words = before(text, start, contextUnits);
  const isSpoken = spoken.test(words);
  // INVARIANT: the nearer word decides: `call about order 123-456-7890`.
  return { spoken: isSpoken, spared: otherwise.test(words) && !(isSpoken && spoken.test(words.slice(-16))) };
};

const judge = (text: string, candidate: Candidate, words: () => Words): Verdict | undefined => {
  const { end, digits, plus } = candidate;
  if (digits.length < 6) return undefined;
  const structure = byStructure(candidate);
  if (structure === undefined && !byContext(candidate)) return undefined;
  if (isPartOfMore(text, candidate) || isOtherShape(candidate)) return undefined;
  if (plus) return structure;
  if (words().spared) return undefined;
  if (words().spoken || labelled.test(after(text, end, 16))) {
    return { score: 0.95, rule: structure === undefined ? 'context' : `${structure.rule}-context` };
  }
  return structure;
};

/** Letters that a label behind a number may begin with. */
const labelFirst = /[a-z]/i;

/**
 * Whether groups of these lengths can be a number at all: by their structure, or because words speak of phones.
 * Nearly all groups of a list of numbers end here, before anything is cut out of the text.
 */
const mayBePhone = (text: string, run: readonly Group[], first: number, last: number, words: () => Words): boolean => {
  const { start } = run[first] as Group;
  const { end } = run[last] as Group;
  const count = last - first + 1;
  const opening = text[start - 1];
  if (opening === '+' || opening === '(' || text[start] === '0') return true;
  if (text[start + lengthOf(run[first])] === ')') return true;
  if (count === 3 || count === 4) {
    const from = count === 4 ? first + 1 : first;
    const leads = count === 3 || (text[start] === '1' && lengthOf(run[first]) === 1);
    if (leads && lengthOf(run[from]) === 3 && lengthOf(run[from + 1]) === 3 && lengthOf(run[from + 2]) === 4) return true;
  }
  if (count === 2 && lengthOf(run[first]) === 3 && text[end - 5] !== undefined && /[)(]/.test(text.slice(start, end))) return true;
  let next = end;
  while (next < text.length && next - end < 5 && !isWordUnit(text.charCodeAt(next))) next += 1;
  return (next < text.length && labelFirst.test(text[next] ?? '')) || words().spoken;
};

const lengthOf = (group: Group | undefined): number => (group === undefined ? 0 : group.end - group.start);

/** A single digit begins a number only as a country code. */
const canBegin = (text: string, run: readonly Group[], first: number): boolean => {
  const start = run[first]?.start ?? 0;
  return lengthOf(run[first]) > 1 || text[start - 1] === '+' || (text[start] === '1' && lengthOf(run[first + 1]) === 3);
};

const phoneAt = (text: string, run: readonly Group[], first: number): { detection: Detection; next: number } | undefined => {
  if (!canBegin(text, run, first)) return undefined;
  let known: Words | undefined;
  const words = (): Words => {
    known ??= wordsBefore(text, run[first]?.start ?? 0);
    return known;
  };
  let digits = 0;
  let last = first - 1;
  while (last + 1 < run.length && last + 1 - first < maxGroups) {
    const group = run[last + 1] as Group;
    digits += lengthOf(group);
    if (digits > maxDigits) break;
    last += 1;
  }
  for (; last >= first && digits >= 6; last -= 1) {
    if (!mayBePhone(text, run, first, last, words)) continue;
    const candidate = candidateOf(text, run, first, last);
    const verdict = judge(text, candidate, words);
    if (verdict === undefined) continue;
    const more = extension.exec(text.slice(candidate.end, candidate.end + 24))?.[0].length ?? 0;
    return { detection: { start: candidate.start, end: candidate.end + more, ...verdict }, next: last + 1 };
  }
  return undefined;
};

export const phone: Detector = (text) => {
  const found: Detection[] = [];
  for (const run of groupRuns(text)) {
    for (let index = 0; index < run.length; ) {
      const hit = phoneAt(text, run, index);
      if (hit !== undefined) found.push(hit.detection);
      index = hit?.next ?? index + 1;
    }
  }
  return found;
};
