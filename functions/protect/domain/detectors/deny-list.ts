// Denied phrases, keywords and patterns of one list, in every view of a text.
import { fold } from '../fold.ts';
import { type CompiledPattern, compilePattern } from '../pattern.ts';
import type { WorkBudget } from '../pattern-run.ts';
import type { DenyTerm } from '../policy.ts';
import { apartFrom, inViews, outermost } from '../spans.ts';
import { compileTerms, type Span } from '../term-automaton.ts';
import type { View } from '../view.ts';
import type { Views } from '../views.ts';

export interface CompiledDenyList {
  readonly sizeBytes: number;
  /** Code units that a match spans where nothing is disguised and no white space is doubled. */
  readonly maxUnits: number;
  /** @returns spans by start; those of the text as it is may overlap. @throws WorkExceeded */
  find(views: Views, budget: WorkBudget): Span[];
}

/** About how much memory one instruction of a compiled pattern takes, tables included. */
const bytesPerInstruction = 400;
/** Shorter words are often another word under rot13 (`be`, `tang`) or among digits (`b0b`). */
const minRotatedUnits = 6;
const minLeetUnits = 3;

/** Several lists look at the same views one after another. */
const foldedViews = new WeakMap<View, ReturnType<typeof fold>>();
const foldedOf = (view: View): ReturnType<typeof fold> => {
  const known = foldedViews.get(view);
  if (known !== undefined) return known;
  const folded = fold(view.text);
  foldedViews.set(view, folded);
  return folded;
};

/** @throws Error for a pattern beyond the limits; entries are checked when they are saved */
export const compileDenyList = (entries: readonly DenyTerm[]): CompiledDenyList => {
  const terms = compileTerms(entries);
  const patterns: CompiledPattern[] = entries.filter(({ type }) => type === 'regex').map(({ value }) => compilePattern(value));
  const patternBytes = patterns.reduce((sum, { programSize }) => sum + programSize * bytesPerInstruction, 0);
  const termsIn = (view: View, minUnits: number): Span[] =>
    inViews([view], (text) => terms.find(text, foldedOf(view)).filter(({ start, end }) => end - start >= minUnits));

  /** Of other views only what the text as it is does not show. */
  const disguised = (views: Views, shown: readonly Span[], budget: WorkBudget): Span[] => {
    const rewritten = views.all.slice(1);
    const found = terms.termCount === 0 ? [] : rewritten.flatMap((view) => termsIn(view, 1));
    if (terms.termCount > 0) {
      const leet = views.leet();
      if (leet !== undefined) found.push(...termsIn(leet, minLeetUnits));
      const words = terms.hasPhrases ? views.words() : undefined;
      if (words !== undefined) found.push(...termsIn(words, 1));
      if (views.mayBeRotated) found.push(...termsIn(views.rot13(), minRotatedUnits));
    }
    for (const pattern of patterns) found.push(...inViews(rewritten, (text) => pattern.find(text, budget)));
    return apartFrom(outermost(found), shown);
  };

  return {
    sizeBytes: terms.sizeBytes + patternBytes,
    maxUnits: patterns.reduce((most, { maxUnits }) => Math.max(most, maxUnits), terms.maxUnits),
    find: (views, budget) => {
      const [original] = views.all;
      if (original === undefined) return [];
      const spans = terms.termCount === 0 ? [] : terms.find(original.text, foldedOf(original));
      for (const pattern of patterns) for (const span of pattern.find(original.text, budget)) spans.push(span);
      const hidden = disguised(views, spans, budget);
      if (patterns.length === 0 && hidden.length === 0) return spans;
      return [...spans, ...hidden].sort((a, b) => a.start - b.start || b.end - a.end);
    },
  };
};
