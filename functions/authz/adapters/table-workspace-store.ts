// Workspaces over the table port.
import * as z from 'zod';
import { alreadyExists, versionMismatch } from '../../shared/kernel/errors.ts';
import { environment } from '../../shared/kernel/ids.ts';
import type { Item, Table } from '../../shared/ports/table.ts';
import { listed, type StoredWorkspace, type WorkspaceStore } from '../ports.ts';
import { workspaceKey, workspacePartition } from './keys.ts';

const stored = z.object({ id: z.string(), name: z.string(), environments: z.array(environment), version: z.int() });
const read = (item: Item): StoredWorkspace => stored.parse(item);

export const tableWorkspaceStore = (table: Table): WorkspaceStore => ({
  get: async (org, id) => {
    const item = await table.get(org, workspaceKey(org, id));
    return item && read(item);
  },
  exist: async (org, ids) => {
    const rows = await table.batchGet(
      org,
      ids.map((id) => workspaceKey(org, id)),
    );
    return rows.map((row) => row !== undefined);
  },
  list: async (org, { limit, after }) =>
    listed(await table.query(org, { pk: workspacePartition(org), limit, ...(after === undefined ? {} : { after }) }), read),
  put: (org, workspace, expected) => ({
    kind: 'put',
    item: { ...workspaceKey(org, workspace.id), ...workspace },
    ...(expected === 'new'
      ? { condition: { absent: true }, orElse: () => alreadyExists('workspace') }
      : { condition: { version: expected }, orElse: versionMismatch }),
  }),
  delete: (org, { id, version }) => ({ kind: 'delete', key: workspaceKey(org, id), condition: { version }, orElse: versionMismatch }),
});
