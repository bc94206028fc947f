// What the vault keeps in a workspace, asked before the workspace is deleted.
import type { Condition, Table, Write } from '../../shared/ports/table.ts';
import { bindingPartition, headPartition, stateKey } from './keys.ts';

/** What a workspace still holds, in a word or two, recoverable secrets included; `guard` fails where something came since it was looked at. */
export const vaultContents =
  ({ table }: { table: Table }) =>
  async (org: string, workspace: string): Promise<{ readonly kept?: string; readonly guard: Write }> => {
    // INVARIANT: looked at before the contents: whatever comes later has moved it.
    const state = await table.get(org, stateKey(org, workspace));
    const condition: Condition = state === undefined ? { absent: true } : { version: state.version ?? 0 };
    const guard: Write = { kind: 'check', key: stateKey(org, workspace), condition };
    const any = async (pk: string): Promise<boolean> => (await table.query(org, { pk, limit: 1 })).items.length > 0;
    if (await any(headPartition(org, workspace))) return { kept: 'secrets', guard };
    return (await any(bindingPartition(org, workspace))) ? { kept: 'secret bindings', guard } : { guard };
  };
