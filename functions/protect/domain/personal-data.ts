// All built-in kinds of personal data in the views of one text, each stretch claimed by the most certain kind.
import type { Detection, Detector } from './detection.ts';
import { address } from './detectors/address.ts';
import { creditCard } from './detectors/credit-card.ts';
import { email } from './detectors/email.ts';
import { phone } from './detectors/phone.ts';
import { ssn } from './detectors/ssn.ts';
import type { PiiType } from './policy.ts';
import { inViews, united } from './spans.ts';
import type { View } from './view.ts';
import { type Views, viewsOf } from './views.ts';

export interface PersonalData extends Detection {
  readonly type: PiiType;
}

/** The most certain first: where two kinds overlap, the earlier one stands. */
const detectors: readonly (readonly [PiiType, Detector, RegExp])[] = [
  ['email', email, /@/],
  ['creditCard', creditCard, /\d\D{0,3}\d/],
  ['ssn', ssn, /\d\D{0,3}\d/],
  ['phone', phone, /\d\D{0,3}\d/],
  ['address', address, /\d|corner|intersection|box/i],
];

/** Street words under rot13: the only kind of personal data that it hides. */
const rotated =
  /\d[ \t]+(?:[a-z.]{1,20}[ \t]+){1,4}(?:fgerrg|nirahr|ebnq|qevir|ynar|obhyrineq|pbheg|cynpr|greenpr|pvepyr|oyiq)\b|\bc\.?b\.? obk/i;

/** One of these is in every text that {@link rotated} fits; each is looked for much faster. */
const rotatedParts = ['gerrg', 'irahr', 'bnq', 'evir', 'nar', 'byiq', 'bhyrineq', 'bheg', 'ynpr', 'reenpr', 'epyr', 'obk', 'Obk'];

/** A number and a word that a sign joins (`742_Evergreen`). */
const joinedLine = /\d[_+|]\p{L}/u;
/** Digits in words, beside a house number or an at sign. */
const leetLine = /\d[ \t]+[A-Za-z]{1,20}[0-9$]|[0-9$][A-Za-z]{0,20}@|@[^\s@]{0,60}[a-z][0-9][a-z]/i;

const moreViews = (type: PiiType, text: string, views: Views): View[] => {
  if (type !== 'address' && type !== 'email') return [];
  const more = views.mayBeLeet && leetLine.test(text) ? [views.leetAddress()] : [];
  if (type === 'address' && rotatedParts.some((part) => text.includes(part)) && rotated.test(text)) more.push(views.rot13());
  if (type === 'address' && joinedLine.test(text)) more.push(views.words());
  return more.filter((view) => view !== undefined);
};

/** @returns findings by start, none overlapping; whichever kinds a policy asks for, the same stretch is the same kind */
export const findPersonalData = (text: string, views: Views = viewsOf(text)): PersonalData[] => {
  const claimed: PersonalData[] = [];
  for (const [type, detect, hint] of detectors) {
    const inAll = [...views.all.filter((view) => type === 'address' || view.isAboutLetters !== true), ...moreViews(type, text, views)];
    const found = inViews(inAll, (view) => (hint.test(view) ? detect(view) : []));
    const own = inAll.length === 1 ? found : united(found);
    if (own.length > 0) claim(claimed, type, own);
  }
  return claimed;
};

/** Both by start; what overlaps an earlier claim is dropped. */
const claim = (claimed: PersonalData[], type: PiiType, own: readonly Detection[]): void => {
  const before = claimed.splice(0);
  let index = 0;
  for (const detection of own) {
    while (index < before.length && (before[index] as PersonalData).end <= detection.start) {
      claimed.push(before[index] as PersonalData);
      index += 1;
    }
    const next = before[index];
    if (next === undefined || next.start >= detection.end) claimed.push({ type, ...detection });
  }
  for (; index < before.length; index += 1) claimed.push(before[index] as PersonalData);
};
