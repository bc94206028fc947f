// What makes a well-formed policy or deny list unfit to be saved: nothing switched on, a protection that this build lacks, a pattern beyond the limits.
import type { FieldError } from '../../shared/kernel/errors.ts';
import { foldTerm } from './fold.ts';
import { patternFault } from './pattern.ts';
import { detectableTypes } from './personal-data.ts';
import { contentCategories, type DenyTerm, type PiiSettings, type PiiType, type Policy, piiTypes } from './policy.ts';
import { redactionToken } from './redact.ts';

type Unsaved = Omit<Policy, 'id' | 'version'>;

const absent = (pointer: string, what: string): FieldError => ({
  pointer,
  detail: `this build has no detector for ${what}; a policy that asks for it would not protect`,
});

const piiFaults = ({ types, custom }: PiiSettings): FieldError[] => {
  const faults: FieldError[] = [];
  for (const type of Object.keys(types) as PiiType[]) {
    if (!detectableTypes.includes(type)) faults.push(absent(`/pii/types/${type}`, `\`${type}\``));
  }
  const tokens = new Set(piiTypes.map(redactionToken));
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

/** @returns every reason to refuse the policy (`policy-invalid`); none: it protects what it says */
export const policyFaults = (policy: Unsaved): FieldError[] => {
  const faults = policy.pii === undefined ? [] : piiFaults(policy.pii);
  for (const category of contentCategories) {
    if ((policy.content?.[category] ?? 'off') !== 'off') faults.push(absent(`/content/${category}`, `\`${category}\` content`));
  }
  if ((policy.injection ?? 'off') !== 'off') faults.push(absent('/injection', 'prompt injection'));
  if ((policy.secrets ?? 'off') !== 'off') faults.push(absent('/secrets', 'known secrets'));
  if (protectsNothing(policy)) faults.push({ pointer: '/', detail: 'a policy switches on at least one protection' });
  return faults;
};

/** @returns why a deny-list entry is refused, or undefined */
export const entryFault = ({ type, value }: DenyTerm): string | undefined => {
  if (type !== 'regex') return foldTerm(value) === '' ? 'the entry is empty' : undefined;
  const refused = patternFault(value);
  return refused === undefined ? undefined : `${refused.fault}: \`${refused.fragment}\``;
};
