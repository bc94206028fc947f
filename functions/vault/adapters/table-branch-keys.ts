// Branch keys in the key table, wrapped by the vault's key encryption key; one a workspace, made when it is first needed.
import { AppError } from '../../shared/kernel/errors.ts';
import { newId, type World } from '../../shared/kernel/world.ts';
import { type EncryptionContext, type Keys, UnwrapFailed } from '../../shared/ports/keys.ts';
import { ConditionFailed, type Table } from '../../shared/ports/table.ts';
import { DecryptionFailed } from '../domain/envelope.ts';
import type { BranchKeys } from '../ports.ts';
import { branchKeyCache } from './branch-key-cache.ts';
import { branchKey, currentBranchKey } from './keys.ts';

/** Loads that one use waits for, before it gives up: others may use a key up meanwhile. */
const maxLoads = 3;

const contextOf = (organization: string, workspace: string, keyId: string): EncryptionContext => ({
  organization,
  workspace,
  keyId,
  purpose: 'vault-branch-key',
});

export const tableBranchKeys = ({ keyTable, keys, world }: { keyTable: Table; keys: Keys; world: World }): BranchKeys => {
  const cache = branchKeyCache(world);
  /** Keys being unwrapped, so that many uses at once make one call. */
  const loading = new Map<string, Promise<void>>();

  const currentId = async (org: string, workspace: string): Promise<string | undefined> => {
    const row = await keyTable.get(org, currentBranchKey(org, workspace));
    if (row !== undefined && typeof row.keyId !== 'string') throw new Error('a row of the key table is damaged');
    return row?.keyId as string | undefined;
  };

  const create = async (org: string, workspace: string): Promise<string> => {
    const keyId = newId(world);
    const { plaintext, wrapped } = await keys.generateDataKey('vault', contextOf(org, workspace, keyId));
    try {
      await keyTable.transact(org, [
        { kind: 'put', item: { ...currentBranchKey(org, workspace), keyId, version: 1 }, condition: { absent: true } },
        { kind: 'put', item: { ...branchKey(org, workspace, keyId), wrapped, createdAtMs: world.nowMs() }, condition: { absent: true } },
      ]);
    } catch (error) {
      plaintext.fill(0);
      const other = error instanceof ConditionFailed ? await currentId(org, workspace) : undefined;
      if (other === undefined) throw error;
      return other;
    }
    cache.keep(org, workspace, keyId, plaintext);
    return keyId;
  };

  const load = async (org: string, workspace: string, keyId: string): Promise<void> => {
    const row = await keyTable.get(org, branchKey(org, workspace, keyId));
    if (!(row?.wrapped instanceof Uint8Array)) throw new DecryptionFailed();
    const key = await keys.unwrap('vault', row.wrapped, contextOf(org, workspace, keyId)).catch((error: unknown) => {
      throw error instanceof UnwrapFailed ? new DecryptionFailed() : error;
    });
    cache.keep(org, workspace, keyId, key);
  };

  const loadOnce = (org: string, workspace: string, keyId: string): Promise<void> => {
    const inFlight = loading.get(keyId);
    if (inFlight !== undefined) return inFlight;
    const started = load(org, workspace, keyId).finally(() => loading.delete(keyId));
    loading.set(keyId, started);
    return started;
  };

  return {
    current: async (org, workspace) => (await currentId(org, workspace)) ?? create(org, workspace),
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
