// Branch keys in the key table, wrapped by the vault's key encryption key; one a workspace is current, made when it is first needed.
import { AppError } from '../../shared/kernel/errors.ts';
import { type OrgId, orgId } from '../../shared/kernel/ids.ts';
import { newId, type World } from '../../shared/kernel/world.ts';
import { type EncryptionContext, type Keys, UnwrapFailed } from '../../shared/ports/keys.ts';
import { ConditionFailed, globalTenant, type Item, type Table, type Write } from '../../shared/ports/table.ts';
import { DecryptionFailed } from '../domain/envelope.ts';
import type { BranchKeyInfo, BranchKeys } from '../ports.ts';
import { branchKeyCache } from './branch-key-cache.ts';
import {
  branchKey,
  branchKeyIdOf,
  branchKeysOf,
  currentBranchKey,
  fingerprintKeyRow,
  keyedOrganizationsPartition,
  keyedWorkspacesPartition,
} from './keys.ts';

/** Loads that one use waits for, before it gives up: others may use a key up meanwhile. */
const maxLoads = 3;
const pageSize = 100;

const contextOf = (organization: string, workspace: string, keyId: string): EncryptionContext => ({
  organization,
  workspace,
  keyId,
  purpose: 'vault-branch-key',
});

/** All sort keys of a partition, or of a part of it. */
const allRows = async (table: Table, tenant: string, of: { readonly pk: string; readonly range?: { prefix: string } }): Promise<Item[]> => {
  const rows: Item[] = [];
  for (let after: string | undefined; ; ) {
    const page = await table.query(tenant, { ...of, limit: pageSize, ...(after === undefined ? {} : { after }) });
    rows.push(...page.items);
    if (page.next === undefined) return rows;
    after = page.next;
  }
};

interface Current {
  readonly keyId: string;
  readonly version: number;
}

export const tableBranchKeys = ({ keyTable, keys, world }: { keyTable: Table; keys: Keys; world: World }): BranchKeys => {
  const cache = branchKeyCache(world);
  /** Keys being unwrapped, so that many uses at once make one call. */
  const loading = new Map<string, Promise<void>>();

  const readCurrent = async (org: string, workspace: string): Promise<Current | undefined> => {
    const row = await keyTable.get(org, currentBranchKey(org, workspace));
    if (row === undefined) return undefined;
    if (typeof row.keyId !== 'string' || row.version === undefined) throw new Error('a row of the key table is damaged');
    return { keyId: row.keyId, version: row.version };
  };

  /** Known before the first key exists, so that no daily step misses a workspace. */
  const register = async (org: OrgId, workspace: string): Promise<void> => {
    await keyTable.transact(globalTenant, [{ kind: 'put', item: { pk: keyedOrganizationsPartition, sk: org } }]);
    await keyTable.transact(org, [{ kind: 'put', item: { pk: keyedWorkspacesPartition(org), sk: workspace } }]);
  };

  /** @returns the new key's id; @throws ConditionFailed when another one became current meanwhile */
  const make = async (org: OrgId, workspace: string, before: Current | undefined): Promise<string> => {
    const keyId = newId(world);
    const { plaintext, wrapped } = await keys.generateDataKey('vault', contextOf(org, workspace, keyId));
    const version = (before?.version ?? 0) + 1;
    const condition = before === undefined ? { absent: true as const } : { version: before.version };
    try {
      await keyTable.transact(org, [
        { kind: 'put', item: { ...currentBranchKey(org, workspace), keyId, version }, condition },
        { kind: 'put', item: { ...branchKey(org, workspace, keyId), wrapped, createdAtMs: world.nowMs() }, condition: { absent: true } },
      ]);
    } catch (error) {
      plaintext.fill(0);
      throw error;
    }
    cache.keep(org, workspace, keyId, plaintext);
    return keyId;
  };

  const create = async (org: OrgId, workspace: string): Promise<string> => {
    await register(org, workspace);
    try {
      return await make(org, workspace, undefined);
    } catch (error) {
      const other = error instanceof ConditionFailed ? await readCurrent(org, workspace) : undefined;
      if (other === undefined) throw error;
      return other.keyId;
    }
  };

  const load = async (org: string, workspace: string, keyId: string): Promise<void> => {
    const row = await keyTable.get(org, branchKey(org, workspace, keyId));
    if (!(row?.wrapped instanceof Uint8Array)) throw new DecryptionFailed();
    const key = await keys.unwrap('vault', row.wrapped, contextOf(org, workspace, keyId)).catch((error: unknown) => {
      throw error instanceof UnwrapFailed ? new DecryptionFailed() : error;
    });
    cache.keep(org, workspace, keyId, key);
  };

  /** INVARIANT: a load is shared by those of one organization and workspace alone, whatever id a row names. */
  const loadOnce = (org: string, workspace: string, keyId: string): Promise<void> => {
    const name = `${org}/${workspace}/${keyId}`;
    const inFlight = loading.get(name);
    if (inFlight !== undefined) return inFlight;
    const started = load(org, workspace, keyId).finally(() => loading.delete(name));
    loading.set(name, started);
    return started;
  };

  return {
    current: async (org, workspace) => (await readCurrent(org, workspace))?.keyId ?? create(org, workspace),
    rotate: async (org, workspace) => {
      const before = await readCurrent(org, workspace);
      if (before === undefined) await register(org, workspace);
      return make(org, workspace, before);
    },
    list: async (org, workspace) => {
      const current = await readCurrent(org, workspace);
      const rows = await allRows(keyTable, org, branchKeysOf(org, workspace));
      const infos = rows.map(({ sk, createdAtMs }): BranchKeyInfo => {
        const id = branchKeyIdOf(sk);
        return { id, createdAtMs: typeof createdAtMs === 'number' ? createdAtMs : 0, current: id === current?.keyId };
      });
      return infos.sort((a, b) => Number(b.current) - Number(a.current) || b.createdAtMs - a.createdAtMs);
    },
    destroy: async (org, workspace, keyIds) => {
      const current = await readCurrent(org, workspace);
      const writes: Write[] = [
        ...(current !== undefined && keyIds.includes(current.keyId)
          ? [{ kind: 'delete', key: currentBranchKey(org, workspace), condition: { version: current.version } } satisfies Write]
          : []),
        { kind: 'delete', key: fingerprintKeyRow(org, workspace) },
        ...keyIds.map((keyId): Write => ({ kind: 'delete', key: branchKey(org, workspace, keyId) })),
      ];
      for (let at = 0; at < writes.length; at += pageSize) await keyTable.transact(org, writes.slice(at, at + pageSize));
    },
    workspaces: async (org) => (await allRows(keyTable, org, { pk: keyedWorkspacesPartition(org) })).map(({ sk }) => sk),
    organizations: async () =>
      (await allRows(keyTable, globalTenant, { pk: keyedOrganizationsPartition })).map(({ sk }) => orgId.parse(sk)),
    enterEpoch: cache.enterEpoch,
    use: async (org, workspace, keyId, uses, run) => {
      for (let loads = 0; ; loads += 1) {
        const key = cache.take(org, workspace, keyId, uses);
        // INVARIANT: nothing is awaited between taking a key and the end of `run`, so that no eviction zeroes it in use.
        if (key !== undefined) return run(key);
        if (loads === maxLoads) throw new AppError('dependency-unavailable', 'a branch key could not be held');
        await loadOnce(org, workspace, keyId);
      }
    },
  };
};
