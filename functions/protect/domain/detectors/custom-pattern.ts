// A customer's own patterns: every non-empty match is a finding.
import type { Detection } from '../detection.ts';
import { compilePattern } from '../pattern.ts';
import type { WorkBudget } from '../pattern-run.ts';

export interface CustomDetector {
  /** Code units that a match spans, at most. */
  readonly maxUnits: number;
  /** @throws WorkExceeded */
  readonly find: (text: string, budget: WorkBudget) => Detection[];
}

/** @throws Error for a pattern beyond the limits; patterns are checked when the policy is saved */
export const customPattern = (pattern: string): CustomDetector => {
  const { maxUnits, find } = compilePattern(pattern);
  return { maxUnits, find: (text, budget) => find(text, budget).map(({ start, end }) => ({ start, end, score: 1, rule: 'custom' })) };
};
