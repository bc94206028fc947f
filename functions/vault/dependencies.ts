// What the vault's use cases need, made from a platform; the laptop and the Lambda entries call it alike.
import { committer } from '../audit/public.ts';
import { accessSource, workspaceExists } from '../authz/public.ts';
import { cursors } from '../shared/http/cursor.ts';
import type { OrgId } from '../shared/kernel/ids.ts';
import { orgKeys } from '../shared/org-keys.ts';
import type { Platform } from '../shared/platform.ts';
import { cachedReads } from './adapters/cached-reads.ts';
import { tableBindings } from './adapters/table-bindings.ts';
import { tableBranchKeys } from './adapters/table-branch-keys.ts';
import { tableExpiryNotices } from './adapters/table-expiry-notices.ts';
import { tableFingerprintKeys } from './adapters/table-fingerprint-keys.ts';
import { tableImports } from './adapters/table-imports.ts';
import { tableReencryptions } from './adapters/table-reencryptions.ts';
import { tableSecrets } from './adapters/table-secrets.ts';
import { tableStates } from './adapters/table-states.ts';
import { accessNotes } from './use-cases/access-notes.ts';
import { commitChange } from './use-cases/commit-change.ts';
import { openTicket } from './use-cases/open-ticket.ts';

/** The name that the vault's events bear. */
export const serviceName = 'vault';

type VaultPlatform = Pick<Platform, 'world' | 'table' | 'keyTable' | 'keys'>;

export const vaultDependencies = ({ world, table, keyTable, keys }: VaultPlatform) => {
  const ownKeys = orgKeys({ keyTable, keys, clock: world });
  return {
    world,
    secrets: tableSecrets(table),
    imports: tableImports({ table, clock: world }),
    states: tableStates(table),
    reencryptions: tableReencryptions(table),
    expiryNotices: tableExpiryNotices(table),
    bindings: tableBindings(table),
    branchKeys: tableBranchKeys({ keyTable, keys, world }),
    fingerprintKeys: tableFingerprintKeys({ keyTable, keys, world }),
    commit: commitChange(committer({ table, world, service: serviceName })),
    cursors: cursors({ orgKeys: ownKeys, randomness: world }),
    orgKeys: ownKeys,
    workspaceExists: (org: OrgId, workspace: string) => workspaceExists(table, org, workspace),
  };
};

export type VaultDependencies = ReturnType<typeof vaultDependencies>;

/** What the resolver needs; its own caches, since it is a function of its own. */
export const resolverDependencies = (platform: VaultPlatform & Pick<Platform, 'log'>) => {
  const { world, table, log } = platform;
  const { secrets, bindings, branchKeys, states, commit, orgKeys: ownKeys } = vaultDependencies(platform);
  return {
    world,
    log,
    secrets,
    readsAt: cachedReads(secrets),
    states,
    bindings,
    branchKeys,
    commit,
    access: accessSource({ table, world }),
    accessNotes: accessNotes(world),
    openTicket: openTicket({ orgKeys: ownKeys, world }),
  };
};
