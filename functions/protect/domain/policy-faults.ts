// What makes a well-formed policy or deny list unfit to be saved: nothing switched on, a domain that says nothing, a pattern beyond the limits.
import type { FieldError } from '../../shared/kernel/errors.ts';
import { foldTerm } from './fold.ts';
import { domainProfile } from './model/domain-profile.ts';
import { patternFault } from './pattern.ts';
import { contentCategories, type DenyTerm, type PiiSettings, type Policy, piiTypes } from './policy.ts';
import { redactionToken } from './redact.ts';

type Unsaved = Omit<Policy, 'id' | 'version'>;

const piiFaults = ({ custom }: PiiSettings): FieldError[] => {
  const faults: FieldError[] = [];
  const tokens = new Set([...piiTypes, 'secret'].map(redactionToken));
  for (const [index, { name, pattern }] of custom.entries()) {
    const token = redactionToken(name);
    if (tokens.has(token)) faults.push({ pointer: `/pii/custom/${index}/name`, detail: 'this name is taken' });
    tokens.add(token);
    const refused = patternFault(pattern);
    if (refused !== undefined) {
      faults.push({ pointer: `/pii/custom/${index}/pattern`, detail: `${refused.fault}: \`${refused.fragment}\`` });
    }
  }
  return faults;
};

const protectsNothing = (policy: Unsaved): boolean =>
  policy.denyLists.length === 0 &&
  Object.keys(policy.pii?.types ?? {}).length === 0 &&
  (policy.pii?.custom.length ?? 0) === 0 &&
  !asksForContent(policy) &&
  (policy.injection ?? 'off') === 'off' &&
  (policy.secrets ?? 'off') === 'off';

const asksForContent = ({ content }: Unsaved): boolean =>
  content !== undefined && contentCategories.some((category) => (content[category] ?? 'off') !== 'off');

/** A domain of which no telling word is said would find nothing. */
const saysTopic = ({ content }: Unsaved): boolean =>
  content?.domain !== undefined && domainProfile(content.domain.description, content.domain.examples) !== undefined;

/** @returns every reason to refuse the policy (`policy-invalid`); none: it protects what it says */
export const policyFaults = (policy: Unsaved): FieldError[] => {
  const faults = policy.pii === undefined ? [] : piiFaults(policy.pii);
  if ((policy.content?.offTopic ?? 'off') !== 'off' && !saysTopic(policy)) {
    faults.push({
      pointer: '/content/domain',
      detail: 'what is off-topic follows from a domain: describe it in words, better with five examples or more',
    });
  }
  if (protectsNothing(policy)) faults.push({ pointer: '/', detail: 'a policy switches on at least one protection' });
  return faults;
};

/** @returns why a deny-list entry is refused, or undefined */
export const entryFault = ({ type, value }: DenyTerm): string | undefined => {
  if (type !== 'regex') return foldTerm(value) === '' ? 'the entry is empty' : undefined;
  const refused = patternFault(value);
  return refused === undefined ? undefined : `${refused.fault}: \`${refused.fragment}\``;
};
