// What a model-backed detector (content, off-topic, injection) is: a pure function from the views of one text to scores and findings.
import type { Span } from '../term-automaton.ts';
import type { Views } from '../views.ts';

/** A finding of a model: its span is in the original text, at most 4,096 code units long. */
export interface ModelFinding extends Span {
  /** The policy's key: `violence`, …, `offTopic`, `injection`. */
  readonly category: string;
  /** In [0, 1]. */
  readonly score: number;
}

export interface ModelOutcome {
  /** The highest score of each category in the text, flagged or not; in [0, 1]. */
  readonly scores: Readonly<Record<string, number>>;
  readonly findings: readonly ModelFinding[];
}

/**
 * Pure, and linear in the text. `Config` is what one policy asks of it (thresholds, a domain), made once when the policy is compiled.
 *
 * INVARIANT: a finding that begins at `s` is decided by the text in `[s - reachUnits, s + reachUnits)`: sentences and windows are scored,
 * never the whole of a long text, since a streamed text is emitted before its end is known.
 */
export interface ModelDetector<Config> {
  /** At most 4,096. */
  readonly reachUnits: number;
  readonly detect: (views: Views, config: Config) => ModelOutcome;
}
