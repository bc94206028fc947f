// Off-topic: how sure it is that a text lies outside the domain that a policy describes in words and examples.
import { bagOf, type DomainProfile, domainProfile, emptyGist, type Gist, gather, nearness } from '../model/domain-profile.ts';
import { readChunks } from '../model/features.ts';
import fitted from '../model/off-topic.json' with { type: 'json' };
import { maxSpanUnits } from '../term-automaton.ts';
import { originalSpan, originalView } from '../view.ts';
import type { ModelDetector, ModelFinding } from './detector.ts';
import { scoreOf } from './model-detector.ts';

export interface OffTopicConfig {
  readonly profile: DomainProfile;
  /** The logit from which a text is a finding; infinite: never. */
  readonly threshold: number;
}

/** Chunks of one window; a text shorter than that is judged whole. */
const windowChunks = 12;
const reachUnits = 4096;
/** With fewer telling words a text says nothing of its topic, such as a greeting. */
const leastWords = 1;

const logitOf = (profile: DomainProfile, gist: Gist): number | undefined => {
  const bag = bagOf(gist);
  if (bag.words < leastWords) return undefined;
  const x = nearness(profile, bag);
  const size = x.at(-1) ?? 0;
  // As `training/fit-off-topic.ts` lays them out: a constant, the numbers, and each again times the domain's size.
  const inputs = [1, ...x, ...x.slice(0, -1).map((value) => value * (size / 5))];
  return inputs.reduce((sum, value, at) => sum + value * (fitted.weights[at] ?? 0), 0);
};

/** Sizes at which thresholds were measured. */
const sizes = Object.keys(fitted.thresholds).map(Number);

/**
 * @param level 0, 1, 2: 5 %, 1 %, 0.2 % false alarms; absent: scores alone
 * @returns undefined where nothing was said of the domain
 */
export const offTopicConfig = (description: string, examples: readonly string[], level: number | undefined): OffTopicConfig | undefined => {
  const profile = domainProfile(description, examples);
  if (profile === undefined) return undefined;
  const size = sizes.reduce((best, known) => (known <= examples.length ? Math.max(best, known) : best), 0);
  const thresholds = (fitted.thresholds as Readonly<Record<string, readonly number[]>>)[size] ?? [];
  return { profile, threshold: level === undefined ? Number.POSITIVE_INFINITY : (thresholds[level] ?? Number.POSITIVE_INFINITY) };
};

export const offTopic: ModelDetector<OffTopicConfig> = {
  reachUnits,
  detect: (views, { profile, threshold }) => {
    const view = views.all.at(-1) ?? originalView('');
    const findings: ModelFinding[] = [];
    let highest: number | undefined;
    let gist = emptyGist();
    let start = 0;
    let end = 0;
    let chunks = 0;
    const judge = (): void => {
      const logit = chunks === 0 ? undefined : logitOf(profile, gist);
      if (logit !== undefined) {
        highest = Math.max(highest ?? logit, logit);
        if (logit >= threshold) {
          const span = originalSpan(view, start, end);
          findings.push({
            category: 'offTopic',
            start: span.start,
            end: Math.min(span.end, span.start + maxSpanUnits),
            score: scoreOf(logit),
          });
        }
      }
      gist = emptyGist();
      chunks = 0;
    };
    readChunks(view.text, (chunk) => {
      if (chunks >= windowChunks || (chunks > 0 && chunk.end - start > maxSpanUnits)) judge();
      if (chunks === 0) start = chunk.start;
      end = chunk.end;
      gather(gist, chunk);
      chunks += 1;
    });
    judge();
    return { scores: { offTopic: highest === undefined ? 0.5 : scoreOf(highest) }, findings };
  },
};
