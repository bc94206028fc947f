// User-written patterns: RE2 syntax compiled by re2js, refused beyond the limits, run in bounded work by `pattern-run.ts`.
import { RE2JS, RE2JSException } from 're2js';
import { makeProgram, type PatternProgram } from './pattern-program.ts';
import { findAll, type WorkBudget } from './pattern-run.ts';
import type { Span } from './term-automaton.ts';

/** Instructions of a compiled pattern, at most. */
const maxProgramSize = 1_000;
/** Code units of a pattern, at most. */
export const maxPatternUnits = 1_000;
/** Above this program size the work budget alone decides, without re2js's quick test first. */
const maxQuickTestSize = 200;

export interface CompiledPattern {
  readonly programSize: number;
  /** Code units that a match spans, at most. */
  readonly maxUnits: number;
  /**
   * @param budget shared by all patterns of a scan
   * @returns non-empty matches, leftmost first, none overlapping
   * @throws WorkExceeded
   */
  find(text: string, budget: WorkBudget): Span[];
}

/** A pattern was refused; `fragment` is the part at fault. */
export interface PatternFault {
  readonly fault: string;
  readonly fragment: string;
}

const maxFragmentUnits = 100;
const clip = (text: string): string => (text.length > maxFragmentUnits ? `${text.slice(0, maxFragmentUnits)}…` : text);

/** The largest counted repeat of a pattern: what most often makes a program large. */
const largestRepeat = (pattern: string): string | undefined => {
  const repeats = [...pattern.matchAll(/\{(\d{1,6})(?:,(\d{0,6}))?\}/g)];
  const size = (match: RegExpExecArray): number => Math.max(Number(match[1]), Number(match[2] || 0));
  return repeats.sort((a, b) => size(b) - size(a))[0]?.[0];
};

const syntaxFault = (pattern: string, error: unknown): PatternFault => {
  // re2js says `error parsing regexp: <what>: \`<fragment>\``.
  const message = error instanceof RE2JSException ? error.message : '';
  const said = /^error parsing regexp: ([^:`]+)(?::? ?`([\s\S]*)`)?$/.exec(message);
  return { fault: said?.[1]?.trim() ?? 'not a pattern that the engine can run', fragment: clip(said?.[2] || pattern) };
};

const parse = (pattern: string): PatternFault | { readonly regexp: RE2JS; readonly program: PatternProgram } => {
  if (pattern.length > maxPatternUnits) {
    return { fault: `a pattern has at most ${maxPatternUnits} code units`, fragment: clip(pattern) };
  }
  let regexp: RE2JS;
  try {
    regexp = RE2JS.compile(pattern);
  } catch (error) {
    return syntaxFault(pattern, error);
  }
  const size = regexp.programSize();
  if (size > maxProgramSize) {
    const fragment = clip(largestRepeat(pattern) ?? pattern);
    return { fault: `the pattern compiles to ${size} instructions, more than ${maxProgramSize}`, fragment };
  }
  return { regexp, program: makeProgram(regexp) };
};

/** @returns why a pattern is refused, or undefined when the engine can run it within its limits */
export const patternFault = (pattern: string): PatternFault | undefined => {
  const parsed = parse(pattern);
  return 'fault' in parsed ? parsed : undefined;
};

/** @throws Error for a pattern that {@link patternFault} refuses; its message holds nothing of the pattern */
export const compilePattern = (pattern: string): CompiledPattern => {
  const parsed = parse(pattern);
  if ('fault' in parsed) throw new Error('a pattern beyond the limits reached the engine');
  const { regexp, program } = parsed;
  const programSize = regexp.programSize();
  return {
    programSize,
    maxUnits: program.maxUnits,
    find: (text, budget) => {
      // INVARIANT: bounded repeats only take matches away, so where re2js finds none there is none.
      if (programSize <= maxQuickTestSize && !regexp.test(text)) return [];
      return findAll(program, text, budget);
    },
  };
};
