// A policy that asks everything of the models, and what they say of a text.
import type { ModelOutcome } from '../../functions/protect/domain/detectors/detector.ts';
import { modelStages } from '../../functions/protect/domain/model-stages.ts';
import type { Policy } from '../../functions/protect/domain/policy.ts';
import { viewsOf } from '../../functions/protect/domain/views.ts';

type Sensitivity = 'high' | 'medium' | 'low' | 'off';

const policyOf = (asked: Pick<Policy, 'content' | 'injection'>): Policy => ({
  id: 'p',
  name: 'p',
  description: '',
  enabled: true,
  mode: 'enforce',
  workspaces: '*',
  optional: [],
  denyLists: [],
  version: 1,
  ...asked,
});

/** @returns what the one stage that the policy switches on says of the text */
const outcomeOf = (policy: Policy, text: string): ModelOutcome => {
  const [stage, ...others] = modelStages(policy);
  if (stage === undefined || others.length > 0) throw new Error('the policy switches on one model');
  return stage.detect(viewsOf(text));
};

export const contentOf = (text: string, sensitivity: Sensitivity = 'medium'): ModelOutcome =>
  outcomeOf(
    policyOf({
      content: { violence: sensitivity, selfHarm: sensitivity, illegal: sensitivity, explicit: sensitivity, offensive: sensitivity },
    }),
    text,
  );

export const injectionOf = (text: string, sensitivity: Sensitivity = 'medium'): ModelOutcome =>
  outcomeOf(policyOf({ injection: sensitivity }), text);

export const offTopicOf = (
  domain: { readonly description: string; readonly examples: readonly string[] },
  text: string,
  sensitivity: Sensitivity = 'medium',
): ModelOutcome => outcomeOf(policyOf({ content: { offTopic: sensitivity, domain } }), text);
