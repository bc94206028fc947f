// Denied phrases, keywords and patterns of one list.

import type { FoldedText } from '../fold.ts';
import { type CompiledPattern, compilePattern } from '../pattern.ts';
import type { WorkBudget } from '../pattern-run.ts';
import type { DenyTerm } from '../policy.ts';
import { compileTerms, type Span } from '../term-automaton.ts';

export interface CompiledDenyList {
  readonly sizeBytes: number;
  /** @returns spans by start; those of different patterns may overlap. @throws WorkExceeded */
  find(text: string, folded: () => FoldedText, budget: WorkBudget): Span[];
}

/** About how much memory one instruction of a compiled pattern takes, tables included. */
const bytesPerInstruction = 400;

/** @throws Error for a pattern beyond the limits; entries are checked when they are saved */
export const compileDenyList = (entries: readonly DenyTerm[]): CompiledDenyList => {
  const terms = compileTerms(entries);
  const patterns: CompiledPattern[] = entries.filter(({ type }) => type === 'regex').map(({ value }) => compilePattern(value));
  const patternBytes = patterns.reduce((sum, { programSize }) => sum + programSize * bytesPerInstruction, 0);
  return {
    sizeBytes: terms.sizeBytes + patternBytes,
    find: (text, folded, budget) => {
      const spans = terms.termCount === 0 ? [] : terms.find(text, folded());
      for (const pattern of patterns) for (const span of pattern.find(text, budget)) spans.push(span);
      return patterns.length === 0 ? spans : spans.sort((a, b) => a.start - b.start || b.end - a.end);
    },
  };
};
