// A pattern's program as typed arrays, taken from re2js's compiler, with what bounding its unbounded repeats needs.
import type { RE2JS } from 're2js';
import { maxSpanUnits } from './term-automaton.ts';

/** Code units that an unbounded repeat matches, at most. */
export const maxRepeatUnits = 256;

/** Instructions as re2js numbers them (its `Inst`, after Go's `syntax.InstOp`). */
export const op = {
  alt: 1,
  altMatch: 2,
  capture: 3,
  emptyWidth: 4,
  fail: 5,
  match: 6,
  nop: 7,
  rune: 8,
  rune1: 9,
  runeAny: 10,
  runeAnyNotNewLine: 11,
} as const;

/** What is read of re2js's instructions. */
interface Instruction {
  readonly op: number;
  readonly out: number;
  readonly arg: number;
  matchRune(rune: number): boolean;
}

export interface PatternProgram {
  readonly start: number;
  readonly size: number;
  readonly ops: Uint8Array;
  readonly outs: Int32Array;
  readonly args: Int32Array;
  /** @returns whether the instruction at `pc` takes that rune */
  takes(pc: number, rune: number): boolean;
  /** Which unbounded repeat an instruction belongs to; 0: none. Nested repeats count as their outermost. */
  readonly repeatOf: Int32Array;
  /** Code units that a match spans, at most. */
  readonly maxUnits: number;
}

const successors = ({ op: code, out, arg }: Instruction): number[] => {
  if (code === op.alt || code === op.altMatch) return [out, arg];
  return code === op.match || code === op.fail ? [] : [out];
};

/** Tarjan's strongly connected components, iterative. @returns a number above 0 for instructions that lie on a cycle */
const findRepeats = (instructions: readonly Instruction[]): { repeatOf: Int32Array; count: number } => {
  const size = instructions.length;
  const repeatOf = new Int32Array(size);
  const order = new Int32Array(size);
  const low = new Int32Array(size);
  const onStack = new Uint8Array(size);
  const stack: number[] = [];
  const next = instructions.map(successors);
  let visited = 0;
  let count = 0;
  const close = (pc: number): void => {
    const members: number[] = [];
    for (let member = -1; member !== pc; ) {
      member = stack.pop() as number;
      onStack[member] = 0;
      members.push(member);
    }
    if (members.length === 1 && next[pc]?.includes(pc) !== true) return;
    count += 1;
    for (const member of members) repeatOf[member] = count;
  };
  for (let first = 0; first < size; first += 1) {
    if (order[first] !== 0) continue;
    const path: { pc: number; edge: number }[] = [];
    const enter = (pc: number): void => {
      visited += 1;
      order[pc] = visited;
      low[pc] = visited;
      stack.push(pc);
      onStack[pc] = 1;
      path.push({ pc, edge: 0 });
    };
    enter(first);
    for (let frame = path.at(-1); frame !== undefined; frame = path.at(-1)) {
      const { pc } = frame;
      const to = next[pc]?.[frame.edge];
      frame.edge += 1;
      if (to === undefined) {
        path.pop();
        const parent = path.at(-1)?.pc;
        if (parent !== undefined) low[parent] = Math.min(low[parent] as number, low[pc] as number);
        if (low[pc] === order[pc]) close(pc);
      } else if (order[to] === 0) enter(to);
      else if (onStack[to] === 1) low[pc] = Math.min(low[pc] as number, order[to] as number);
    }
  }
  return { repeatOf, count };
};

const newLine = 10;
const asciiRunes = 128;

const takesRune = (instruction: Instruction, rune: number): boolean => {
  if (instruction.op === op.runeAny) return true;
  if (instruction.op === op.runeAnyNotNewLine) return rune !== newLine;
  return instruction.op >= op.rune && instruction.matchRune(rune);
};

export const makeProgram = (regexp: RE2JS): PatternProgram => {
  const { inst: instructions, start } = (regexp.re2() as { prog: { inst: Instruction[]; start: number } }).prog;
  const { repeatOf, count } = findRepeats(instructions);
  const ascii = new Uint8Array(instructions.length * asciiRunes);
  for (const [pc, instruction] of instructions.entries()) {
    for (let rune = 0; rune < asciiRunes; rune += 1) ascii[pc * asciiRunes + rune] = takesRune(instruction, rune) ? 1 : 0;
  }
  // Two code units an instruction outside repeats, and each repeat once (what remains of a rune may stand over its end).
  const longest = 2 * instructions.length + count * (maxRepeatUnits + 2);
  return {
    start,
    size: instructions.length,
    ops: Uint8Array.from(instructions, (instruction) => instruction.op),
    outs: Int32Array.from(instructions, (instruction) => instruction.out),
    args: Int32Array.from(instructions, (instruction) => instruction.arg),
    takes: (pc, rune) => (rune < asciiRunes ? ascii[pc * asciiRunes + rune] === 1 : takesRune(instructions[pc] as Instruction, rune)),
    repeatOf,
    maxUnits: Math.min(maxSpanUnits, longest),
  };
};
