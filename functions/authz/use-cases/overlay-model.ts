// The access model of one snapshot, as it stands or as a change would make it: the real model, over stores that answer as if.

import type { MemberStore } from '../../identity/public.ts';
import type { AssignmentStore, ModelStore, StoredAssignment, StoredPolicy, StoredRole, TokenStore } from '../ports.ts';
import { type AccessModel, accessModel, type Snapshot } from './load-access.ts';

/** What a change would put or take away. */
export interface ModelChange {
  readonly putRole?: StoredRole | undefined;
  readonly deleteRole?: string | undefined;
  readonly putPolicy?: StoredPolicy | undefined;
  readonly deletePolicy?: string | undefined;
  readonly putAssignment?: StoredAssignment | undefined;
  readonly deleteAssignment?: string | undefined;
}

interface Stores {
  readonly models: ModelStore;
  readonly assignments: AssignmentStore;
  readonly tokens: TokenStore;
  readonly members: MemberStore;
}

const without = <T extends { readonly id: string }>(items: Iterable<T>, gone: string | undefined, put: T | undefined): T[] => {
  const left = [...items].filter(({ id }) => id !== gone && id !== put?.id);
  return put === undefined ? left : [...left, put];
};

/**
 * Nothing of it is written. It reads assignments and members as they are when asked, and never looks whether the version has moved:
 * whoever uses it asks once, at the end, whether it was the snapshot's all the while.
 */
export const overlayModel = (
  { models, assignments, tokens, members }: Stores,
  snapshot: Snapshot,
  change: ModelChange = {},
): AccessModel => {
  const roles = without(snapshot.roles.values(), change.deleteRole, change.putRole);
  const policies = without(snapshot.policies.values(), change.deletePolicy, change.putPolicy);
  return accessModel({
    models: { ...models, version: async () => snapshot.version, load: async () => ({ roles, policies }) },
    assignments: {
      ...assignments,
      ofPrincipal: async (org, principal) => {
        const { putAssignment: put, deleteAssignment: gone } = change;
        const rows = await assignments.ofPrincipal(org, principal);
        return without(rows, gone, put?.principal === principal ? put : undefined).sort((a, b) => (a.id < b.id ? -1 : 1));
      },
    },
    tokens,
    members,
  });
};
