// Aho–Corasick over folded text (Aho and Corasick, 1975): any number of phrases and keywords in one pass, at a cost that does not grow with them.
import { type FoldedText, foldTerm, wordBegins, wordEnds } from './fold.ts';
import type { DenyTerm } from './policy.ts';

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Longest match in code units of the original text, white space included. */
export const maxSpanUnits = 4_096;

/** Longest phrase or keyword, so that the automaton's memory is bounded. */
export const maxTermUnits = 512;

export interface TermAutomaton {
  readonly termCount: number;
  /** Whether a term has more than one word. */
  readonly hasPhrases: boolean;
  /** Units of the longest folded term. */
  readonly maxUnits: number;
  /** About how much memory the compiled automaton holds. */
  readonly sizeBytes: number;
  /** @returns the spans of terms in the original text, none inside another, by start */
  find(text: string, folded: FoldedText): Span[];
}

const root = 0;
const absent = -1;

/** A map from (state, unit) to state with open addressing in typed arrays. */
const makeEdges = (expected: number) => {
  let mask = 1;
  while (mask < expected * 2) mask = mask * 2 + 1;
  const states = new Int32Array(mask + 1).fill(absent);
  const units = new Uint16Array(mask + 1);
  const targets = new Int32Array(mask + 1);
  const slotOf = (state: number, unit: number): number => {
    let slot = (Math.imul(state, 0x9e3779b1) ^ Math.imul(unit, 0x85ebca6b)) >>> 0;
    slot = (slot ^ (slot >>> 15)) & mask;
    while (states[slot] !== absent && (states[slot] !== state || units[slot] !== unit)) slot = (slot + 1) & mask;
    return slot;
  };
  return {
    sizeBytes: (mask + 1) * 10,
    get: (state: number, unit: number): number => {
      const slot = slotOf(state, unit);
      return states[slot] === absent ? absent : (targets[slot] as number);
    },
    add: (state: number, unit: number, target: number): void => {
      const slot = slotOf(state, unit);
      states[slot] = state;
      units[slot] = unit;
      targets[slot] = target;
    },
  };
};

const phraseEnd = 1;
const keywordEnd = 2;

/** @returns the automaton of the phrases and keywords among the terms; terms that fold to nothing match nothing */
export const compileTerms = (terms: readonly DenyTerm[]): TermAutomaton => {
  const words = terms.filter(({ type }) => type !== 'regex').map(({ type, value }) => ({ type, value: foldTerm(value) }));
  const present = words.filter(({ value }) => value !== '');
  const maxStates = present.reduce((sum, { value }) => sum + value.length, 1);
  const edges = makeEdges(maxStates);
  const kinds = new Uint8Array(maxStates);
  const depths = new Uint16Array(maxStates);
  const parents = new Int32Array(maxStates);
  const unitsIn = new Uint16Array(maxStates);
  let states = 1;
  for (const { type, value } of present) {
    let state = root;
    for (let index = 0; index < value.length; index += 1) {
      const unit = value.charCodeAt(index);
      let next = edges.get(state, unit);
      if (next === absent) {
        next = states;
        states += 1;
        edges.add(state, unit, next);
        depths[next] = index + 1;
        parents[next] = state;
        unitsIn[next] = unit;
      }
      state = next;
    }
    kinds[state] = (kinds[state] as number) | (type === 'phrase' ? phraseEnd : keywordEnd);
  }

  const fails = new Int32Array(states);
  // The nearest proper suffix that ends a phrase, and that ends a keyword; root: none.
  const phraseLinks = new Int32Array(states);
  const keywordLinks = new Int32Array(states);
  for (const state of byDepth(depths, states)) {
    const parent = parents[state] as number;
    const unit = unitsIn[state] as number;
    if (parent !== root) {
      let fallback = fails[parent] as number;
      let next = edges.get(fallback, unit);
      while (next === absent && fallback !== root) {
        fallback = fails[fallback] as number;
        next = edges.get(fallback, unit);
      }
      fails[state] = next === absent ? root : next;
    }
    const fail = fails[state] as number;
    phraseLinks[state] = ((kinds[fail] as number) & phraseEnd) !== 0 ? fail : (phraseLinks[fail] as number);
    keywordLinks[state] = ((kinds[fail] as number) & keywordEnd) !== 0 ? fail : (keywordLinks[fail] as number);
  }

  /** Where a match of that state, ending at the folded index, begins; undefined when it cuts a character or spans too much. */
  const spanOf = (folded: FoldedText, index: number, state: number): Span | undefined => {
    const first = index - (depths[state] as number) + 1;
    const start = folded.starts[first] as number;
    const end = folded.ends[index] as number;
    if (first > 0 && folded.starts[first - 1] === start) return undefined;
    return end - start > maxSpanUnits ? undefined : { start, end };
  };

  /** The longest phrase that ends here. */
  const phraseAt = (folded: FoldedText, index: number, state: number): Span | undefined => {
    let at = ((kinds[state] as number) & phraseEnd) !== 0 ? state : (phraseLinks[state] as number);
    for (; at !== root; at = phraseLinks[at] as number) {
      const span = spanOf(folded, index, at);
      if (span !== undefined) return span;
    }
    return undefined;
  };

  /** The longest keyword that ends here; a boundary is asked for only where the keyword's own edge is a word character. */
  const keywordAt = (text: string, folded: FoldedText, index: number, state: number): Span | undefined => {
    let at = ((kinds[state] as number) & keywordEnd) !== 0 ? state : (keywordLinks[state] as number);
    if (at === root) return undefined;
    const end = folded.ends[index] as number;
    if (wordEnds(text, end) && wordBegins(text, end)) return undefined;
    for (; at !== root; at = keywordLinks[at] as number) {
      const span = spanOf(folded, index, at);
      if (span !== undefined && !(wordBegins(text, span.start) && wordEnds(text, span.start))) return span;
    }
    return undefined;
  };

  const find = (text: string, folded: FoldedText): Span[] => {
    const found: Span[] = [];
    /** Keeps the list free of spans inside others; ends only grow, so those inside the new one are last. */
    const keep = (span: Span): void => {
      for (let last = found.at(-1); last !== undefined && last.start >= span.start; last = found.at(-1)) found.pop();
      const last = found.at(-1);
      if (last === undefined || last.end < span.end) found.push(span);
    };
    let state = root;
    for (let index = 0; index < folded.length; index += 1) {
      const unit = folded.units[index] as number;
      let next = edges.get(state, unit);
      while (next === absent && state !== root) {
        state = fails[state] as number;
        next = edges.get(state, unit);
      }
      state = next === absent ? root : next;
      if (state === root) continue;
      // INVARIANT: a match ends with a whole character, never between the units that one character folds to.
      if (index + 1 < folded.length && folded.starts[index + 1] === folded.starts[index]) continue;
      const phrase = phraseAt(folded, index, state);
      const keyword = keywordAt(text, folded, index, state);
      if (phrase !== undefined) keep(phrase);
      if (keyword !== undefined && (phrase === undefined || keyword.start < phrase.start)) keep(keyword);
    }
    return found;
  };

  const sizeBytes = edges.sizeBytes + maxStates * 9 + states * 12;
  const maxUnits = present.reduce((most, { value }) => Math.max(most, value.length), 0);
  const hasPhrases = present.some(({ value }) => value.includes(' '));
  return { termCount: present.length, hasPhrases, maxUnits, sizeBytes, find: present.length === 0 ? () => [] : find };
};

/** Every state but the root, shallow ones first (a counting sort). */
const byDepth = (depths: Uint16Array, states: number): Int32Array => {
  const counts = new Int32Array(maxTermUnits * 3 + 2);
  for (let state = 1; state < states; state += 1) counts[(depths[state] as number) + 1] = (counts[(depths[state] as number) + 1] ?? 0) + 1;
  for (let depth = 1; depth < counts.length; depth += 1) counts[depth] = (counts[depth] as number) + (counts[depth - 1] as number);
  const order = new Int32Array(Math.max(states - 1, 0));
  for (let state = 1; state < states; state += 1) {
    const depth = depths[state] as number;
    order[counts[depth] as number] = state;
    counts[depth] = (counts[depth] as number) + 1;
  }
  return order;
};
