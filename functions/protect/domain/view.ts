// A rewritten form of a text, with the way back from each of its units to the original's offsets.
import type { Span } from './term-automaton.ts';

export interface View {
  readonly text: string;
  /** What this view was rewritten from; absent: the text is the original. */
  readonly source?: View;
  /** Four numbers an edit, in order: where it begins and ends in this view, and in the source. Between edits nothing differs. */
  readonly edits: readonly number[];
  /** The edits took marks off Latin letters and did nothing else: no number and no sign is another. */
  readonly isAboutLetters?: boolean;
}

export const originalView = (text: string): View => ({ text, edits: [] });

/** @returns the index of the last edit that begins at or before the view's offset, or -1 */
const editAt = (edits: readonly number[], at: number): number => {
  let low = 0;
  let high = edits.length / 4;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((edits[middle * 4] as number) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
};

/** @returns the original span of the view's `[start, end)`, which is not empty; a unit that an edit made leads to all that the edit took */
export const originalSpan = (view: View, start: number, end: number): Span => {
  let span = { start, end };
  for (let at = view; at.source !== undefined; at = at.source) {
    const { edits } = at;
    const first = editAt(edits, span.start) * 4;
    const last = editAt(edits, span.end - 1) * 4;
    const isInside = (index: number, offset: number): boolean => index >= 0 && offset < (edits[index + 1] as number);
    const shift = (index: number): number => (index < 0 ? 0 : (edits[index + 3] as number) - (edits[index + 1] as number));
    span = {
      start: isInside(first, span.start) ? (edits[first + 2] as number) : span.start + shift(first),
      end: isInside(last, span.end - 1) ? (edits[last + 3] as number) : span.end + shift(last),
    };
  }
  return span;
};

export interface ViewEditor {
  /** Puts a text in the place of the source's `[from, to)`; edits come in order and do not overlap. */
  replace(from: number, to: number, text: string): void;
  /** @returns the source itself where nothing was replaced */
  view(): View;
}

export const editView = (source: View): ViewEditor => {
  const edits: number[] = [];
  let text = '';
  let copied = 0;
  return {
    replace: (from, to, replacement) => {
      text += source.text.slice(copied, from) + replacement;
      edits.push(text.length - replacement.length, text.length, from, to);
      copied = to;
    },
    view: () => (edits.length === 0 ? source : { text: text + source.text.slice(copied), source, edits }),
  };
};
