// All that other services and the laptop may import of access control.

import { committer } from '../audit/public.ts';
import type { AccessSource } from '../shared/kernel/call.ts';
import { type OrgId, orgId } from '../shared/kernel/ids.ts';
import type { World } from '../shared/kernel/world.ts';
import type { Log } from '../shared/observability/log.ts';
import type { Table, Write } from '../shared/ports/table.ts';
import { accessStores } from './access-stores.ts';
import { workspaceKey } from './adapters/keys.ts';
import { tableWorkspaceStore } from './adapters/table-workspace-store.ts';
import { decisionCounter } from './decision-counter.ts';
import { compileGrants } from './domain/compile-grants.ts';
import { accessOf } from './domain/holder.ts';
import { type OrganizationSetup, setUpOrganization } from './use-cases/set-up-organization.ts';

export { accessChanges } from './access-stores.ts';
export { decisionCounter, flushAtStop } from './decision-counter.ts';
export { apiTokenText, parseApiToken } from './domain/api-token.ts';
export type { HeldRole } from './domain/compile-grants.ts';
export { type AccessChange, changesOfHeld, everything } from './domain/covers-grants.ts';
export type { WorkspaceContents } from './ports.ts';
export { serviceKit } from './service-kit.ts';
export type { AccessPlan, ChangeAccess } from './use-cases/change-access.ts';
export type { AccessModel, Snapshot } from './use-cases/load-access.ts';
export type { OrganizationSetup } from './use-cases/set-up-organization.ts';

/**
 * Access as it stands at each call: the version is read consistently, what was compiled at it is kept.
 * Each of its decisions is counted as a use of the permission, by the process's {@link decisionCounter}.
 * Make one a process, so that requests share what is kept.
 */
export const accessSource = ({ table, world, log }: { table: Table; world: World; log?: Log }): AccessSource => {
  const { model } = accessStores({ table, world });
  const usage = decisionCounter({ table, world, log });
  return async (org, principal, inputs) => {
    const loaded = await model.load(org, principal);
    if (loaded === undefined) {
      return accessOf({ principal, grants: compileGrants([]), inactive: 'there is no such organization' }, 0, inputs);
    }
    const access = accessOf(loaded.holder, loaded.snapshot.version, inputs);
    const count = usage.watch(org, loaded.holder, inputs, 'used');
    return {
      ...access,
      decide: (resource, at, action, added) => {
        const decision = access.decide(resource, at, action, added);
        count(resource, at, action, decision.allowed, added);
        return decision;
      },
    };
  };
};

/** Makes organizations, their first administrators, workspaces and tokens: real rows with their audit records. */
export const organizationSetup = ({ table, world }: { table: Table; world: World }): OrganizationSetup =>
  setUpOrganization({ ...accessStores({ table, world }), commit: committer({ table, world, service: 'setup' }), world });

/** @returns a write that joins a creation inside a workspace, and fails where the workspace was deleted meanwhile */
export const workspaceStands = (org: OrgId, workspace: string, orElse: () => Error): Write => ({
  kind: 'check',
  key: workspaceKey(org, workspace),
  condition: { present: true },
  orElse,
});

/** @returns whether the organization has a workspace of that id */
export const workspaceExists = async (table: Table, org: OrgId, workspace: string): Promise<boolean> =>
  orgId.safeParse(org).success && (await tableWorkspaceStore(table).get(org, workspace)) !== undefined;
