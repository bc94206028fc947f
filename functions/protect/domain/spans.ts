// Spans found in several views of one text, brought together.
import { maxSpanUnits, type Span } from './term-automaton.ts';
import { originalSpan, type View } from './view.ts';

/** @returns what a detector finds in each view, with original spans; spans over the limit are dropped */
export const inViews = <T extends Span>(views: readonly View[], find: (text: string, view: View) => readonly T[]): T[] => {
  const found: T[] = [];
  for (const view of views) {
    for (const detection of find(view.text, view)) {
      const { start, end } = originalSpan(view, detection.start, detection.end);
      if (end > start && end - start <= maxSpanUnits) found.push(view.source === undefined ? detection : { ...detection, start, end });
    }
  }
  return found;
};

/** @returns spans by start, overlapping ones as one (the first's other properties stay) unless that were longer than a span may be */
export const united = <T extends Span>(spans: readonly T[]): T[] => {
  const sorted = [...spans].sort((a, b) => a.start - b.start || b.end - a.end);
  const kept: T[] = [];
  for (const next of sorted) {
    const last = kept.at(-1);
    if (last === undefined || next.start >= last.end) kept.push(next);
    else if (next.end > last.end) {
      if (next.end - last.start <= maxSpanUnits) kept[kept.length - 1] = { ...last, end: next.end };
      else kept.push(next);
    }
  }
  return kept;
};

/** @returns the spans by start without those that lie inside another */
export const outermost = <T extends Span>(spans: readonly T[]): T[] => {
  const sorted = [...spans].sort((a, b) => a.start - b.start || b.end - a.end);
  const kept: T[] = [];
  let reached = 0;
  for (const next of sorted) {
    if (next.end <= reached) continue;
    kept.push(next);
    reached = next.end;
  }
  return kept;
};

/** @param spans by start, none inside another; @param others in any order; @returns the spans that overlap none of the others */
export const apartFrom = <T extends Span>(spans: readonly T[], others: readonly Span[]): T[] => {
  if (others.length === 0) return [...spans];
  const sorted = [...others].sort((a, b) => a.start - b.start);
  let index = 0;
  let reached = 0;
  return spans.filter(({ start, end }) => {
    for (; index < sorted.length && (sorted[index] as Span).start < end; index += 1)
      reached = Math.max(reached, (sorted[index] as Span).end);
    return reached <= start;
  });
};
