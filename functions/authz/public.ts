// All that other services and the laptop may import of access control.

import { committer } from '../audit/public.ts';
import type { AccessSource } from '../shared/kernel/call.ts';
import { type OrgId, orgId } from '../shared/kernel/ids.ts';
import type { World } from '../shared/kernel/world.ts';
import type { Table } from '../shared/ports/table.ts';
import { accessStores } from './access-stores.ts';
import { tableWorkspaceStore } from './adapters/table-workspace-store.ts';
import { compileGrants } from './domain/compile-grants.ts';
import { accessOf } from './domain/holder.ts';
import { type OrganizationSetup, setUpOrganization } from './use-cases/set-up-organization.ts';

export { accessChanges } from './access-stores.ts';
export { apiTokenText, parseApiToken } from './domain/api-token.ts';
export type { HeldRole } from './domain/compile-grants.ts';
export { type AccessChange, changesOfHeld } from './domain/covers-grants.ts';
export type { WorkspaceContents } from './ports.ts';
export type { AccessPlan, ChangeAccess } from './use-cases/change-access.ts';
export type { AccessModel, Snapshot } from './use-cases/load-access.ts';
export type { OrganizationSetup } from './use-cases/set-up-organization.ts';

/**
 * Access as it stands at each call: the version is read consistently, what was compiled at it is kept.
 * Make one a process, so that requests share what is kept.
 */
export const accessSource = ({ table, world }: { table: Table; world: World }): AccessSource => {
  const { model } = accessStores({ table, world });
  return async (org, principal, inputs) => {
    const loaded = await model.load(org, principal);
    if (loaded === undefined) {
      return accessOf({ principal, grants: compileGrants([]), inactive: 'there is no such organization' }, 0, inputs);
    }
    return accessOf(loaded.holder, loaded.snapshot.version, inputs);
  };
};

/** Makes organizations, their first administrators, workspaces and tokens: real rows with their audit records. */
export const organizationSetup = ({ table, world }: { table: Table; world: World }): OrganizationSetup =>
  setUpOrganization({ ...accessStores({ table, world }), commit: committer({ table, world, service: 'setup' }), world });

/** @returns whether the organization has a workspace of that id */
export const workspaceExists = async (table: Table, org: OrgId, workspace: string): Promise<boolean> =>
  orgId.safeParse(org).success && (await tableWorkspaceStore(table).get(org, workspace)) !== undefined;
