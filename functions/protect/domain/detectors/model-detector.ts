// What the content and injection detectors share: scoring views, mapping chunk scores to [0, 1], and merging chunks into findings.
import { reachUnits, type ScoredText, scoreText } from '../model/score.ts';
import { type Head, heads } from '../model/weights.ts';
import { maxSpanUnits } from '../term-automaton.ts';
import { originalSpan, type View } from '../view.ts';
import type { Views } from '../views.ts';
import type { ModelDetector, ModelFinding } from './detector.ts';

/** The logit from which a category is a finding; absent: never. */
export type ModelThresholds = Readonly<Partial<Record<Head, number>>>;

const scored = new WeakMap<View, ScoredText>();

/** Several detectors and policies read one view once. */
const scoreView = (view: View): ScoredText => {
  let found = scored.get(view);
  if (found === undefined) {
    found = scoreText(view.text);
    scored.set(view, found);
  }
  return found;
};

/** @returns a logit as a score in [0, 1] */
export const scoreOf = (logit: number): number => 1 / (1 + Math.exp(-logit));

/** @param chosen the views to read; undefined ones and repetitions are passed over */
export const modelDetector = (
  categories: readonly Head[],
  chosen: (views: Views) => readonly (View | undefined)[],
): ModelDetector<ModelThresholds> => ({
  reachUnits: reachUnits * 2,
  detect: (views, thresholds) => {
    const best: Record<string, number> = Object.fromEntries(categories.map((category) => [category, 0]));
    const findings: ModelFinding[] = [];
    for (const view of new Set(chosen(views))) {
      if (view === undefined) continue;
      const { chunks, spans, logits } = scoreView(view);
      for (const category of categories) {
        const head = heads.indexOf(category);
        const threshold = thresholds[category] ?? Number.POSITIVE_INFINITY;
        let highest = Number.NEGATIVE_INFINITY;
        for (let at = 0; at < chunks; at += 1) {
          const logit = logits[at * heads.length + head] as number;
          if (logit > highest) highest = logit;
          if (logit < threshold) continue;
          const { start, end } = originalSpan(view, spans[2 * at] as number, spans[2 * at + 1] as number);
          findings.push({ category, start, end: Math.min(end, start + maxSpanUnits), score: scoreOf(logit) });
        }
        best[category] = Math.max(best[category] ?? 0, scoreOf(highest));
      }
    }
    return { scores: best, findings: merged(findings) };
  },
});

/** @returns findings in order; those of one category that overlap become the one with the higher score */
const merged = (findings: ModelFinding[]): ModelFinding[] => {
  if (findings.length < 2) return findings;
  findings.sort((a, b) => a.start - b.start || a.end - b.end);
  const last = new Map<string, number>();
  const kept: ModelFinding[] = [];
  for (const finding of findings) {
    const at = last.get(finding.category);
    const previous = at === undefined ? undefined : kept[at];
    if (at !== undefined && previous !== undefined && finding.start < previous.end) {
      if (finding.score > previous.score)
        kept[at] = { ...finding, start: previous.start, end: Math.min(Math.max(finding.end, previous.end), previous.start + maxSpanUnits) };
      continue;
    }
    last.set(finding.category, kept.push(finding) - 1);
  }
  return kept;
};
