// All built-in kinds of personal data in one text, each stretch claimed by the most certain kind.
import type { Detection, Detector } from './detection.ts';
import { creditCard } from './detectors/credit-card.ts';
import { email } from './detectors/email.ts';
import { phone } from './detectors/phone.ts';
import { ssn } from './detectors/ssn.ts';
import type { PiiType } from './policy.ts';

export interface PersonalData extends Detection {
  readonly type: PiiType;
}

/**
 * The detectors of this build, the most certain first: where two kinds overlap, the earlier one stands.
 * Kinds that are not here are refused when a policy asks for them.
 */
const detectors: readonly (readonly [PiiType, Detector])[] = [
  ['email', email],
  ['creditCard', creditCard],
  ['ssn', ssn],
  ['phone', phone],
];

export const detectableTypes: readonly PiiType[] = detectors.map(([type]) => type);

/** @returns findings by start, none overlapping; whichever kinds a policy asks for, the same stretch is the same kind */
export const findPersonalData = (text: string): PersonalData[] => {
  const claimed = new Uint8Array(text.length);
  const found: PersonalData[] = [];
  for (const [type, detect] of detectors) {
    for (const detection of detect(text)) {
      const { start, end } = detection;
      if (claimed.subarray(start, end).includes(1)) continue;
      claimed.fill(1, start, end);
      found.push({ type, ...detection });
    }
  }
  return found.sort((a, b) => a.start - b.start);
};
