// What the audit log keeps of a scan's findings: one event for each policy, category and action, and no character of the text.
import type { NewEvent } from '../../audit/public.ts';
import type { CompiledPolicy } from '../domain/engine.ts';
import { redactionToken } from '../domain/redact.ts';
import type { Finding } from '../domain/verdict.ts';

export interface ScanPlace {
  readonly workspace: string;
  readonly direction: 'input' | 'output';
  readonly pipeline?: string;
  readonly step?: string;
}

const tokenOf = ({ type, category }: Finding): string => {
  if (type === 'denyList') return '[DENY_LIST_MATCH]';
  return redactionToken(category);
};

/** @returns an event for each policy, type, category and action among the findings, with their number */
export const activationsOf = (policies: readonly CompiledPolicy[], findings: readonly Finding[], place: ScanPlace): NewEvent[] => {
  const versions = new Map(policies.map(({ policy }) => [policy.id, policy.version]));
  const groups = Map.groupBy(findings, ({ policy, type, category, action, wouldBe }) =>
    JSON.stringify([policy, type, category, action, wouldBe]),
  );
  return [...groups.values()].flatMap((group): NewEvent[] => {
    const [first] = group;
    if (first === undefined) return [];
    const { policy, type, category, action, wouldBe } = first;
    const { workspace, direction, pipeline, step } = place;
    return [
      {
        type: 'protection.triggered',
        action: 'scan',
        workspace,
        resource: { type: 'protection-policy', id: policy, scope: workspace },
        outcome: action === 'block' ? 'denied' : 'success',
        details: {
          policy,
          version: versions.get(policy) ?? 0,
          type,
          category,
          token: tokenOf(first),
          action,
          ...(wouldBe === undefined ? {} : { wouldBe }),
          direction,
          ...(pipeline === undefined ? {} : { pipeline }),
          ...(step === undefined ? {} : { step }),
          count: group.length,
        },
      },
    ];
  });
};
