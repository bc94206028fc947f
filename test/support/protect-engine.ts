// Engines for tests: policies and lists by name, compiled for a workspace.
import { actingDenyList, compilePolicy, type Engine, engineFor } from '../../functions/protect/domain/engine.ts';
import type { DenyList, Policy } from '../../functions/protect/domain/policy.ts';

export const policyOf = (id: string, more: Partial<Policy>): Policy => ({
  id,
  name: id,
  description: '',
  enabled: true,
  mode: 'enforce',
  workspaces: '*',
  optional: [],
  denyLists: [],
  version: 1,
  ...more,
});

export const engineOf = (policies: readonly Policy[], lists: readonly DenyList[] = [], workspace = 'support'): Engine => {
  const acting = new Map(lists.map((list) => [list.id, actingDenyList(list)]));
  const compiled = policies.map((policy) => compilePolicy(policy, acting));
  return engineFor(workspace, 7, compiled);
};
