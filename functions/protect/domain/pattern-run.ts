// Runs a pattern over a text: all leftmost-first matches, unbounded repeats bounded to 256 code units, spans to 4,096, work to a budget.
// Pike's simulation (Cox, "Regular Expression Matching: the Virtual Machine Approach") with each thread's time of entry into its repeat.
import { maxRepeatUnits, op, type PatternProgram } from './pattern-program.ts';
import type { Span } from './term-automaton.ts';

/** Steps of the simulation that a scan may take: a fixed part, and so many a code unit. */
const fixedSteps = 2_000_000;
const stepsPerUnit = 250;

/** The patterns of a scan took more work than its text allows; nothing of the text or the pattern is told. */
export class WorkExceeded extends Error {
  constructor() {
    super('a pattern takes more work on this text than its limit allows');
    this.name = 'WorkExceeded';
  }
}

export interface WorkBudget {
  /** Steps taken so far. */
  readonly spent: number;
  /** @throws WorkExceeded */
  spend(steps: number): void;
}

/** The fixed parts of many short texts that are scanned together: what one of them took is gone for the others. */
export interface WorkAllowance {
  stepsLeft: number;
}

/** Texts of one request that may each take their whole fixed part. */
const fixedParts = 16;

export const workAllowance = (): WorkAllowance => ({ stepsLeft: fixedParts * fixedSteps });

/**
 * @param units the text's length, in code units
 * @param allowance shared by the texts of one request
 */
export const workBudget = (units: number, allowance?: WorkAllowance): WorkBudget => {
  const own = units * stepsPerUnit;
  let spent = 0;
  return {
    get spent() {
      return spent;
    },
    spend: (steps) => {
      if (allowance !== undefined) allowance.stepsLeft -= Math.max(0, spent + steps - Math.max(own, spent));
      spent += steps;
      if (spent > own + fixedSteps || (allowance !== undefined && allowance.stepsLeft < 0)) throw new WorkExceeded();
    },
  };
};

const beginLine = 1;
const endLine = 2;
const beginText = 4;
const endText = 8;
const wordBoundary = 16;
const noWordBoundary = 32;
const newLine = 10;

/** RE2's `\b` knows ASCII words only. */
const isWord = (rune: number): boolean =>
  (rune >= 48 && rune <= 57) || (rune >= 65 && rune <= 90) || rune === 95 || (rune >= 97 && rune <= 122);

const runeBefore = (text: string, at: number): number => {
  if (at === 0) return -1;
  const last = text.charCodeAt(at - 1);
  const paired = last >= 0xdc00 && last <= 0xdfff && at > 1 ? (text.codePointAt(at - 2) ?? last) : last;
  return paired > 0xffff ? paired : last;
};

/** The empty-width facts that hold at an offset, as bits. */
const factsAt = (text: string, at: number): number => {
  const before = runeBefore(text, at);
  const after = text.codePointAt(at) ?? -1;
  const line = (before < 0 || before === newLine ? beginLine : 0) | (after < 0 || after === newLine ? endLine : 0);
  const ends = (before < 0 ? beginText : 0) | (after < 0 ? endText : 0);
  return line | ends | (isWord(before) !== isWord(after) ? wordBoundary : noWordBoundary);
};

/** Threads in the order of their priority, at most one an instruction; each knows where it entered its repeat. */
interface Threads {
  readonly pcs: Int32Array;
  readonly entered: Int32Array;
  readonly place: Int32Array;
  size: number;
}

const makeThreads = (count: number): Threads => ({
  pcs: new Int32Array(count),
  entered: new Int32Array(count),
  place: new Int32Array(count),
  size: 0,
});

/** @returns every match, by start; empty ones are none. @throws WorkExceeded */
export const findAll = (program: PatternProgram, text: string, budget: WorkBudget): Span[] => {
  const { ops, outs, args, repeatOf, maxUnits } = program;
  let current = makeThreads(program.size);
  let following = makeThreads(program.size);
  /** Instructions to follow, and when each entered its repeat. */
  const pending: number[] = [];
  const pendingEntered: number[] = [];
  const needsFacts = ops.includes(op.emptyWidth);
  let depth = 0;
  let steps = 0;

  const settle = (): void => {
    budget.spend(steps);
    steps = 0;
  };

  const push = (pc: number, from: number, entered: number, at: number): void => {
    pending[depth] = pc;
    // INVARIANT: a thread that enters a repeat, or leaves one, starts its count anew.
    pendingEntered[depth] = repeatOf[pc] === repeatOf[from] ? entered : at;
    depth += 1;
  };

  /** Adds the instruction and all that it reaches without taking a character. */
  const add = (threads: Threads, first: number, entered: number, from: number, at: number, facts: number): void => {
    const { pcs, place, entered: entries } = threads;
    push(first, from, entered, at);
    while (depth > 0) {
      depth -= 1;
      const pc = pending[depth] as number;
      const when = pendingEntered[depth] as number;
      steps += 1;
      const index = place[pc] as number;
      if (index < threads.size && pcs[index] === pc) {
        // A later entry only makes a thread live longer: no match is lost to the one that came first.
        if ((entries[index] as number) >= when) continue;
        entries[index] = when;
      } else {
        place[pc] = threads.size;
        pcs[threads.size] = pc;
        entries[threads.size] = when;
        threads.size += 1;
      }
      const code = ops[pc] as number;
      if (code >= op.rune) continue;
      const out = outs[pc] as number;
      if (code === op.alt || code === op.altMatch) {
        push(args[pc] as number, pc, when, at);
        push(out, pc, when, at);
      } else if (code === op.capture || code === op.nop) push(out, pc, when, at);
      else if (code === op.emptyWidth && ((args[pc] as number) & ~facts) === 0) push(out, pc, when, at);
    }
  };

  /** The first `count` threads that take the rune move from one list to the other. */
  const advance = (threads: Threads, to: Threads, count: number, rune: number, next: number): void => {
    to.size = 0;
    const facts = needsFacts ? factsAt(text, next) : 0;
    steps += count;
    for (let index = 0; index < count; index += 1) {
      const pc = threads.pcs[index] as number;
      if (!program.takes(pc, rune)) continue;
      const entered = threads.entered[index] as number;
      if (repeatOf[pc] !== 0 && next - entered > maxRepeatUnits) continue;
      add(to, outs[pc] as number, entered, pc, next, facts);
    }
  };

  /** @returns the place of the first thread that has matched, or -1 */
  const matchPlace = (threads: Threads): number => {
    for (let index = 0; index < threads.size; index += 1) {
      if (ops[threads.pcs[index] as number] === op.match) return index;
    }
    return -1;
  };

  /** The match that begins exactly at `start`, if any. */
  const matchAt = (start: number): Span | undefined => {
    current.size = 0;
    add(current, program.start, start, program.start, start, needsFacts ? factsAt(text, start) : 0);
    let end = -1;
    for (let at = start; current.size > 0; ) {
      const place = at > start ? matchPlace(current) : -1;
      if (place >= 0) end = at;
      const rune = text.codePointAt(at);
      if (rune === undefined) break;
      const next = at + widthOf(rune);
      if (next - start > maxUnits) break;
      advance(current, following, place >= 0 ? place : current.size, rune, next);
      [current, following] = [following, current];
      at = next;
    }
    settle();
    return end > start ? { start, end } : undefined;
  };

  const found: Span[] = [];
  // INVARIANT: starts below `tried` begin no match that is not found yet.
  let tried = 0;
  let live = makeThreads(program.size);
  let spare = makeThreads(program.size);
  for (let at = 0; at < text.length; ) {
    // All starts at once: says only that some match may end here, from a start at most `maxUnits` before.
    add(live, program.start, at, program.start, at, needsFacts ? factsAt(text, at) : 0);
    const rune = text.codePointAt(at) ?? 0;
    const next = at + widthOf(rune);
    advance(live, spare, live.size, rune, next);
    [live, spare] = [spare, live];
    settle();
    at = next;
    if (matchPlace(live) < 0) continue;
    for (tried = Math.max(tried, next - maxUnits); tried < next; tried += 1) {
      const match = isInsidePair(text, tried) ? undefined : matchAt(tried);
      if (match === undefined) continue;
      found.push(match);
      tried = match.end;
      at = match.end;
      live.size = 0;
      break;
    }
  }
  return found;
};

const widthOf = (rune: number): number => (rune > 0xffff ? 2 : 1);

const isInsidePair = (text: string, at: number): boolean => {
  const unit = text.charCodeAt(at);
  if (unit < 0xdc00 || unit > 0xdfff || at === 0) return false;
  const before = text.charCodeAt(at - 1);
  return before >= 0xd800 && before <= 0xdbff;
};
