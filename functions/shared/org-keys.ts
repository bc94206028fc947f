// An organization's own symmetric keys for cursors, tickets and MACs: random, wrapped by the service key, kept in the key table.

import type { OrgId } from './kernel/ids.ts';
import type { Clock } from './kernel/world.ts';
import type { Keys } from './ports/keys.ts';
import { ConditionFailed, type Item, type Key, type Table } from './ports/table.ts';

export type OrgKeyPurpose = 'cursors' | 'tickets' | 'idempotency';

/**
 * @param use `existing` where the organization's name comes from whoever asks: nothing is made then
 * @returns the 32 bytes of that organization's key; the same for every caller, made on first use
 * @throws {@link NoSuchKey} for one that was never made, with `existing`
 */
export type OrgKeys = (org: OrgId, purpose: OrgKeyPurpose, use?: 'existing') => Promise<Uint8Array>;

/** Nothing was ever sealed under such a key. */
export class NoSuchKey extends Error {
  constructor() {
    super('the organization has no such key');
    this.name = 'NoSuchKey';
  }
}

/** How long an unwrapped key stays in memory. */
const cacheMs = 5 * 60_000;
/** Organizations times purposes kept at once. */
const cacheSize = 1_000;

const rowKey = (org: OrgId, purpose: OrgKeyPurpose): Key => ({ pk: `${org}#org-keys`, sk: purpose });

export const orgKeys = ({ keyTable, keys, clock }: { keyTable: Table; keys: Keys; clock: Clock }): OrgKeys => {
  const cache = new Map<OrgId, Map<OrgKeyPurpose, { readonly key: Promise<Uint8Array>; readonly untilMs: number }>>();

  const make = async (org: OrgId, purpose: OrgKeyPurpose): Promise<Uint8Array> => {
    const { plaintext, wrapped } = await keys.generateDataKey('service', { organization: org, purpose });
    const item: Item = { ...rowKey(org, purpose), wrapped };
    try {
      await keyTable.transact(org, [{ kind: 'put', item, condition: { absent: true } }]);
      return plaintext;
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      return load(org, purpose);
    }
  };

  const load = async (org: OrgId, purpose: OrgKeyPurpose, use?: 'existing'): Promise<Uint8Array> => {
    const row = await keyTable.get(org, rowKey(org, purpose));
    if (row === undefined) {
      if (use === 'existing') throw new NoSuchKey();
      return make(org, purpose);
    }
    if (!(row.wrapped instanceof Uint8Array)) throw new Error('a row of the key table is damaged');
    return keys.unwrap('service', row.wrapped, { organization: org, purpose });
  };

  const keep = (org: OrgId, purpose: OrgKeyPurpose, key: Promise<Uint8Array>, nowMs: number): Promise<Uint8Array> => {
    if (cache.size >= cacheSize) cache.clear();
    cache.set(org, (cache.get(org) ?? new Map()).set(purpose, { key, untilMs: nowMs + cacheMs }));
    return key;
  };

  return (org, purpose, use) => {
    const now = clock.nowMs();
    const cached = cache.get(org)?.get(purpose);
    if (cached !== undefined && cached.untilMs > now) return cached.key;
    const key = load(org, purpose, use);
    // INVARIANT: names that callers make up fill no cache.
    if (use === 'existing') return key.then((bytes) => keep(org, purpose, Promise.resolve(bytes), now));
    key.catch(() => cache.get(org)?.delete(purpose));
    return keep(org, purpose, key, now);
  };
};
