// Policies as they are shown, and as the audit log may keep them.
import type { Change } from '../../audit/public.ts';
import { toTime } from '../../shared/kernel/world.ts';
import type { StoredPolicy } from '../ports.ts';
import type { PolicyShape } from '../schemas.ts';

export const shapeOfPolicy = ({ createdAtMs, updatedAtMs, ...policy }: StoredPolicy): PolicyShape =>
  // Plain JSON: what is undefined is left out.
  JSON.parse(JSON.stringify({ ...policy, createdAt: toTime(createdAtMs), updatedAt: toTime(updatedAtMs) })) as PolicyShape;

type Kept = NonNullable<Change['before']>;

/** A policy's settings for the log: allowed values and examples are the customer's data, so only their number is kept. */
const keptOf = (policy: StoredPolicy | undefined): Record<string, Kept> => {
  if (policy === undefined) return {};
  const { createdAtMs, updatedAtMs, version, id, pii, content, ...plain } = policy;
  const domain = content?.domain;
  return JSON.parse(
    JSON.stringify({
      ...plain,
      pii: pii === undefined ? undefined : { ...pii, allow: pii.allow.length },
      content: content === undefined ? undefined : { ...content, domain: domain && { examples: domain.examples.length } },
    }),
  ) as Record<string, Kept>;
};

/** @returns a change for each field that differs */
export const changesOf = (before: StoredPolicy | undefined, after: StoredPolicy | undefined): Change[] => {
  const [old, now] = [keptOf(before), keptOf(after)];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .filter((field) => JSON.stringify(old[field]) !== JSON.stringify(now[field]))
    .map((field) => ({
      path: `/${field}`,
      ...(old[field] === undefined ? {} : { before: old[field] }),
      ...(now[field] === undefined ? {} : { after: now[field] }),
    }));
};
