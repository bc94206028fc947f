// The models that a policy switches on, with the thresholds of its sensitivities.
import { content, contentHeads } from './detectors/content.ts';
import type { ModelOutcome } from './detectors/detector.ts';
import { injection } from './detectors/injection.ts';
import { offTopic, offTopicConfig } from './detectors/off-topic.ts';
import { type Head, loadWeights } from './model/weights.ts';
import type { Policy } from './policy.ts';
import type { Views } from './views.ts';

/** A model's detector with what one policy asks of it; each finding is one that the policy blocks. */
export interface ModelStage {
  readonly type: 'content' | 'injection';
  /** As in `detectors/detector.ts`. */
  readonly reachUnits: number;
  readonly detect: (views: Views) => ModelOutcome;
}

/** @returns the models that a policy switches on */
export type ModelStages = (policy: Policy) => readonly ModelStage[];

/** A sensitivity's place among the thresholds: at most 5 %, 1 %, 0.2 % of ordinary texts. */
const levels = { high: 0, medium: 1, low: 2 } as const;
type Asked = keyof typeof levels | 'off' | undefined;

const levelOf = (asked: Asked): number | undefined => (asked === undefined || asked === 'off' ? undefined : levels[asked]);

const thresholdOf = (head: Head, asked: Asked): number => {
  const level = levelOf(asked);
  return (level === undefined ? undefined : loadWeights().thresholds[head][level]) ?? Number.POSITIVE_INFINITY;
};

/** What is off is still scored, wherever anything of its kind is on. */
export const modelStages: ModelStages = ({ content: asked, injection: injectionAsked }: Policy): ModelStage[] => {
  const stages: ModelStage[] = [];
  if (contentHeads.some((head) => levelOf(asked?.[head]) !== undefined)) {
    const thresholds = Object.fromEntries(contentHeads.map((head) => [head, thresholdOf(head, asked?.[head])]));
    stages.push({ type: 'content', reachUnits: content.reachUnits, detect: (views) => content.detect(views, thresholds) });
  }
  const { domain } = asked ?? {};
  if (domain !== undefined && levelOf(asked?.offTopic) !== undefined) {
    const config = offTopicConfig(domain.description, domain.examples, levelOf(asked?.offTopic));
    if (config !== undefined) {
      stages.push({ type: 'content', reachUnits: offTopic.reachUnits, detect: (views) => offTopic.detect(views, config) });
    }
  }
  if (levelOf(injectionAsked) !== undefined) {
    const thresholds = { injection: thresholdOf('injection', injectionAsked) };
    stages.push({ type: 'injection', reachUnits: injection.reachUnits, detect: (views) => injection.detect(views, thresholds) });
  }
  return stages;
};
