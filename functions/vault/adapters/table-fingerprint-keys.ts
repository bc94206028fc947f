// Workspaces' keys for fingerprints, in the key table beside their branch keys; wrapped by the service key, so that whoever scans texts opens no secret.
import { newId, type World } from '../../shared/kernel/world.ts';
import { type EncryptionContext, type Keys, UnwrapFailed } from '../../shared/ports/keys.ts';
import { ConditionFailed, type Item, type Table } from '../../shared/ports/table.ts';
import type { FingerprintKeys } from '../ports.ts';
import { branchKeyCache } from './branch-key-cache.ts';
import { fingerprintKeyRow } from './keys.ts';

const contextOf = (organization: string, workspace: string, keyId: string): EncryptionContext => ({
  organization,
  workspace,
  keyId,
  purpose: 'vault-fingerprint-key',
});

export const tableFingerprintKeys = ({ keyTable, keys, world }: { keyTable: Table; keys: Keys; world: World }): FingerprintKeys => {
  const cache = branchKeyCache(world);
  /** Which key a workspace had when so many of its branch keys were shredded. */
  const known = new Map<string, { readonly shredded: number; readonly keyId: string }>();
  const maxKnown = 1_000;

  const create = async (org: string, workspace: string): Promise<Item | undefined> => {
    const keyId = newId(world);
    const { plaintext, wrapped } = await keys.generateDataKey('service', contextOf(org, workspace, keyId));
    plaintext.fill(0);
    const item = { ...fingerprintKeyRow(org, workspace), keyId, wrapped };
    try {
      await keyTable.transact(org, [{ kind: 'put', item, condition: { absent: true } }]);
      return item;
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      return keyTable.get(org, fingerprintKeyRow(org, workspace));
    }
  };

  /** @returns the key's id, its bytes in the cache; undefined where there is no key that can be unwrapped */
  const load = async (org: string, workspace: string, make: boolean): Promise<string | undefined> => {
    const found = await keyTable.get(org, fingerprintKeyRow(org, workspace));
    const row = found ?? (make ? await create(org, workspace) : undefined);
    if (row === undefined) return undefined;
    if (!(row.wrapped instanceof Uint8Array) || typeof row.keyId !== 'string') throw new Error('a row of the key table is damaged');
    try {
      cache.keep(org, workspace, row.keyId, await keys.unwrap('service', row.wrapped, contextOf(org, workspace, row.keyId)));
    } catch (error) {
      if (error instanceof UnwrapFailed && !make) return undefined;
      throw error;
    }
    return row.keyId;
  };

  return {
    use: async (org, workspace, shredded, make, run) => {
      cache.enterEpoch(org, workspace, shredded);
      const place = `${org}/${workspace}`;
      const before = known.get(place);
      if (before?.shredded === shredded) {
        const key = cache.take(org, workspace, before.keyId, 1);
        if (key !== undefined) return run(key, before.keyId);
      }
      const keyId = await load(org, workspace, make);
      if (keyId === undefined) return undefined;
      if (known.size >= maxKnown) known.clear();
      known.set(place, { shredded, keyId });
      const key = cache.take(org, workspace, keyId, 1);
      if (key === undefined) throw new Error('a key that was just unwrapped is gone');
      return run(key, keyId);
    },
  };
};
