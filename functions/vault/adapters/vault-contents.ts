// What the vault keeps in a workspace, asked before the workspace is deleted.
import type { Table } from '../../shared/ports/table.ts';
import { bindingPartition, headPartition } from './keys.ts';

/** @returns a function that says in a word or two what a workspace still holds, recoverable secrets included; undefined when that is nothing */
export const vaultContents =
  ({ table }: { table: Table }) =>
  async (org: string, workspace: string): Promise<string | undefined> => {
    const any = async (pk: string): Promise<boolean> => (await table.query(org, { pk, limit: 1 })).items.length > 0;
    if (await any(headPartition(org, workspace))) return 'secrets';
    return (await any(bindingPartition(org, workspace))) ? 'secret bindings' : undefined;
  };
