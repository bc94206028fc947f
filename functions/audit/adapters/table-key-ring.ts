// The audit log's keys over the key table: random, wrapped, made on first use, kept in memory for a short while.
import type { OrgId } from '../../shared/kernel/ids.ts';
import type { World } from '../../shared/kernel/world.ts';
import type { Keys } from '../../shared/ports/keys.ts';
import { ConditionFailed, type Item, type Table } from '../../shared/ports/table.ts';
import { type AuditKey, deriveAuditKey } from '../domain/audit-key.ts';
import type { KeyRing } from '../ports.ts';
import { auditKeyRow } from './keys.ts';

/** How long a destroyed key may still be used by a process that had it. */
const cacheMs = 60_000;
const cacheSize = 10_000;
const refBytes = 16;

interface Kept {
  readonly key: Promise<AuditKey>;
  readonly untilMs: number;
}

/**
 * Destroys a subject's key: both its rows go at once. A process that has it in memory forgets it within a minute.
 * @returns the key's reference, undefined where there was none
 */
export const destroySubjectKey = async (keyTable: Table, org: OrgId, subject: string): Promise<string | undefined> => {
  const key = auditKeyRow(org, `subject#${subject}`);
  const row = await keyTable.get(org, key);
  if (typeof row?.ref !== 'string') return undefined;
  await keyTable.transact(org, [
    { kind: 'delete', key },
    { kind: 'delete', key: auditKeyRow(org, `ref#${row.ref}`) },
  ]);
  return row.ref;
};

/** @returns the reference of a subject's key, undefined where there is none */
export const subjectKeyRef = async (keyTable: Table, org: OrgId, subject: string): Promise<string | undefined> => {
  const ref = (await keyTable.get(org, auditKeyRow(org, `subject#${subject}`)))?.ref;
  return typeof ref === 'string' ? ref : undefined;
};

const contextOf = (org: OrgId, ref: string) => ({ organization: org, purpose: 'audit', key: ref });

export const tableKeyRing = ({ keyTable, keys, world }: { keyTable: Table; keys: Keys; world: World }): KeyRing => {
  const cache = new Map<string, Kept>();

  const unwrap = async (org: OrgId, row: Item): Promise<AuditKey> => {
    if (typeof row.ref !== 'string' || !(row.wrapped instanceof Uint8Array)) throw new Error('a row of the key table is damaged');
    const random = await keys.unwrap('subjects', row.wrapped, contextOf(org, row.ref));
    const key = deriveAuditKey(row.ref, random);
    random.fill(0);
    return key;
  };

  /** @param name of the row by what the key is for; a second row finds the same key by its reference */
  const loadOrMake = async (org: OrgId, name: string, makeRef: () => string): Promise<AuditKey> => {
    const found = await keyTable.get(org, auditKeyRow(org, name));
    if (found !== undefined) return unwrap(org, found);
    const ref = makeRef();
    const { plaintext, wrapped } = await keys.generateDataKey('subjects', contextOf(org, ref));
    try {
      await keyTable.transact(org, [
        { kind: 'put', item: { ...auditKeyRow(org, name), ref, wrapped }, condition: { absent: true } },
        { kind: 'put', item: { ...auditKeyRow(org, `ref#${ref}`), name }, condition: { absent: true } },
      ]);
      return deriveAuditKey(ref, plaintext);
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
    } finally {
      plaintext.fill(0);
    }
    const made = await keyTable.get(org, auditKeyRow(org, name));
    if (made === undefined) throw new Error('a key of the audit log was destroyed while it was made');
    return unwrap(org, made);
  };

  const cached = (org: OrgId, name: string, makeRef: () => string): Promise<AuditKey> => {
    const id = `${org}#${name}`;
    const nowMs = world.nowMs();
    const kept = cache.get(id);
    if (kept !== undefined && kept.untilMs > nowMs) return kept.key;
    const key = loadOrMake(org, name, makeRef);
    key.catch(() => cache.delete(id));
    cache.delete(id);
    if (cache.size >= cacheSize) cache.delete(cache.keys().next().value ?? '');
    cache.set(id, { key, untilMs: nowMs + cacheMs });
    return key;
  };

  return {
    subject: (org, subject) => cached(org, `subject#${subject}`, () => `s.${Buffer.from(world.bytes(refBytes)).toString('base64url')}`),
    month: (org, month) => cached(org, `month#${month}`, () => `m.${month}`),
    workspace: (org, workspace) =>
      workspace === undefined ? cached(org, 'organization', () => 'o') : cached(org, `workspace#${workspace}`, () => `w.${workspace}`),
    async byRef(org, ref) {
      const pointer = await keyTable.get(org, auditKeyRow(org, `ref#${ref}`));
      const row = typeof pointer?.name === 'string' ? await keyTable.get(org, auditKeyRow(org, pointer.name)) : undefined;
      return row?.ref === ref ? unwrap(org, row) : undefined;
    },
  };
};
