// How much of a time its usage records cover: all since the records began, but for what was lost.

/** From inclusive, to exclusive; milliseconds since the Unix epoch. */
export interface TimeSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Coverage {
  /** 0 to 1. */
  readonly share: number;
  /** What is not covered, in order and apart from each other. */
  readonly gaps: readonly TimeSpan[];
}

const byStart = (a: TimeSpan, b: TimeSpan): number => a.fromMs - b.fromMs;

/** @returns the spans as far as they lie within the window, merged */
const within = (window: TimeSpan, spans: readonly TimeSpan[]): TimeSpan[] => {
  const merged: { fromMs: number; toMs: number }[] = [];
  for (const span of [...spans].sort(byStart)) {
    const fromMs = Math.max(span.fromMs, window.fromMs);
    const toMs = Math.min(span.toMs, window.toMs);
    const last = merged.at(-1);
    if (fromMs >= toMs) continue;
    if (last !== undefined && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs);
    else merged.push({ fromMs, toMs });
  }
  return merged;
};

/**
 * @param startMs when the records began; undefined: there are none
 * @param lost spans in which counts were lost
 */
export const coverageOf = (window: TimeSpan, startMs: number | undefined, lost: readonly TimeSpan[]): Coverage => {
  const unborn = { fromMs: window.fromMs, toMs: startMs ?? window.toMs };
  const gaps = within(window, [unborn, ...lost]);
  const length = window.toMs - window.fromMs;
  const missing = gaps.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  return { share: length <= 0 ? 0 : 1 - missing / length, gaps };
};
