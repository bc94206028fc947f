// An organization's own symmetric keys for cursors, tickets and MACs: random, wrapped by the service key, kept in the key table.

import type { OrgId } from './kernel/ids.ts';
import type { Clock } from './kernel/world.ts';
import type { Keys } from './ports/keys.ts';
import { ConditionFailed, type Item, type Key, type Table } from './ports/table.ts';

export type OrgKeyPurpose = 'cursors' | 'tickets' | 'idempotency';

/** @returns the 32 bytes of that organization's key; the same for every caller, made on first use */
export type OrgKeys = (org: OrgId, purpose: OrgKeyPurpose) => Promise<Uint8Array>;

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

  const load = async (org: OrgId, purpose: OrgKeyPurpose): Promise<Uint8Array> => {
    const row = await keyTable.get(org, rowKey(org, purpose));
    if (row === undefined) return make(org, purpose);
    if (!(row.wrapped instanceof Uint8Array)) throw new Error('a row of the key table is damaged');
    return keys.unwrap('service', row.wrapped, { organization: org, purpose });
  };

  return (org, purpose) => {
    const now = clock.nowMs();
    const ofOrg = cache.get(org) ?? new Map();
    const cached = ofOrg.get(purpose);
    if (cached !== undefined && cached.untilMs > now) return cached.key;
    const key = load(org, purpose);
    if (cache.size >= cacheSize) cache.clear();
    cache.set(org, ofOrg.set(purpose, { key, untilMs: now + cacheMs }));
    key.catch(() => ofOrg.delete(purpose));
    return key;
  };
};
