// The matcher of a workspace's secrets for one scan: of outputs only, and only where a policy looks for secrets.
import type { OrgId } from '../../shared/kernel/ids.ts';
import { findSecrets, type SecretFingerprints } from '../../vault/public.ts';
import type { Engine } from '../domain/engine.ts';
import type { SecretMatcher } from '../domain/known-secrets.ts';

export type Fingerprints = (org: OrgId, workspace: string) => Promise<SecretFingerprints>;

/** The same object comes back while no secret of the workspace changes. */
const matchers = new WeakMap<SecretFingerprints, SecretMatcher>();

const matcherOf = (known: SecretFingerprints): SecretMatcher => {
  const before = matchers.get(known);
  if (before !== undefined) return before;
  let maxUnits = 0;
  for (const forms of known.byMiddle.values()) for (const { length } of forms) maxUnits = Math.max(maxUnits, length);
  const matcher: SecretMatcher = { maxUnits, find: (text) => findSecrets(known, text) };
  matchers.set(known, matcher);
  return matcher;
};

/** @returns undefined where nothing is to be looked for */
export const secretMatcher = async (
  fingerprints: Fingerprints,
  engine: Engine,
  { org, workspace, direction }: { readonly org: OrgId; readonly workspace: string; readonly direction: 'input' | 'output' },
): Promise<SecretMatcher | undefined> => {
  const asked = engine.policies.some(({ policy }) => (policy.secrets ?? 'off') !== 'off');
  if (direction !== 'output' || !asked) return undefined;
  const known = await fingerprints(org, workspace);
  return known.size === 0 ? undefined : matcherOf(known);
};
