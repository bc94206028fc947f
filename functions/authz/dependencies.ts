// What the use cases of access control need, made from a platform; the laptop and the Lambda handler call it alike.
import { committer } from '../audit/public.ts';
import { cursors } from '../shared/http/cursor.ts';
import { orgKeys } from '../shared/org-keys.ts';
import type { Platform } from '../shared/platform.ts';
import { vaultContents } from '../vault/public.ts';
import { accessChanges } from './access-stores.ts';
import { tableUsageStore } from './adapters/table-usage-store.ts';
import { decisionCounter } from './decision-counter.ts';
import type { AuthzDependencies } from './use-cases/authz-dependencies.ts';
import { commitChange } from './use-cases/commit-change.ts';
import { directoryLoader } from './use-cases/load-directory.ts';

/** The name that the events of access control bear. */
export const serviceName = 'authz';

type AuthzPlatform = Pick<Platform, 'world' | 'table' | 'keyTable' | 'keys'> & Partial<Pick<Platform, 'log'>>;

export const authzDependencies = ({ world, table, keyTable, keys, log }: AuthzPlatform): AuthzDependencies => {
  const commit = committer({ table, world, service: serviceName });
  const access = accessChanges({ table, world, commit });
  return {
    ...access,
    loadDirectory: directoryLoader(access),
    usage: decisionCounter({ table, world, log }),
    usageRecords: tableUsageStore(table),
    commit: commitChange(commit),
    cursors: cursors({ orgKeys: orgKeys({ keyTable, keys, clock: world }), randomness: world }),
    world,
    workspaceContents: [vaultContents({ table })],
  };
};
