// The stores of access control over one table, with the model that reads them and the one way to change them.
import type { Commit } from '../audit/public.ts';
import { tableMemberStore } from '../identity/public.ts';
import type { World } from '../shared/kernel/world.ts';
import type { Table } from '../shared/ports/table.ts';
import { tableAssignmentStore } from './adapters/table-assignment-store.ts';
import { tableModelStore } from './adapters/table-model-store.ts';
import { tableTokenStore } from './adapters/table-token-store.ts';
import { tableWorkspaceStore } from './adapters/table-workspace-store.ts';
import { accessChanger } from './use-cases/change-access.ts';
import { commitChange } from './use-cases/commit-change.ts';
import { type AccessModel, accessModel } from './use-cases/load-access.ts';

export const accessStores = ({ table, world }: { table: Table; world: World }) => {
  const models = tableModelStore({ table, randomness: world });
  const assignments = tableAssignmentStore(table);
  const tokens = tableTokenStore(table);
  const members = tableMemberStore(table);
  const model: AccessModel = accessModel({ models, assignments, tokens, members });
  return { models, assignments, tokens, members, workspaces: tableWorkspaceStore(table), model };
};

export const accessChanges = ({ table, world, commit }: { table: Table; world: World; commit: Commit }) => {
  const stores = accessStores({ table, world });
  return { ...stores, changeAccess: accessChanger({ ...stores, commit: commitChange(commit), world }) };
};
