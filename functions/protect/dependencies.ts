// What prompt protection's use cases need, made from a platform; the laptop and the Lambda handler call it alike.
import { committer } from '../audit/public.ts';
import { workspaceExists } from '../authz/public.ts';
import { cursors } from '../shared/http/cursor.ts';
import type { OrgId } from '../shared/kernel/ids.ts';
import { orgKeys } from '../shared/org-keys.ts';
import type { Platform } from '../shared/platform.ts';
import { openTicket, secretFingerprints } from '../vault/public.ts';
import { cachedEngines } from './adapters/cached-engines.ts';
import { tableDenyLists } from './adapters/table-deny-lists.ts';
import { tablePolicies } from './adapters/table-policies.ts';
import { tableVersion } from './adapters/table-version.ts';

export const serviceName = 'protect';

type ProtectPlatform = Pick<Platform, 'world' | 'table' | 'keyTable' | 'keys'>;

export const protectDependencies = ({ world, table, keyTable, keys }: ProtectPlatform) => {
  const ownKeys = orgKeys({ keyTable, keys, clock: world });
  const stores = { policies: tablePolicies(table), denyLists: tableDenyLists(table), versions: tableVersion(table, world) };
  return {
    ...stores,
    world,
    engines: cachedEngines(stores),
    commit: committer({ table, world, service: serviceName }),
    cursors: cursors({ orgKeys: ownKeys, randomness: world }),
    openTicket: openTicket({ orgKeys: ownKeys, world }),
    fingerprints: secretFingerprints({ table, keyTable, keys, world }),
    workspaceExists: (org: OrgId, workspace: string) => workspaceExists(table, org, workspace),
  };
};

export type ProtectDependencies = ReturnType<typeof protectDependencies>;
