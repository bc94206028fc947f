// Every partition and sort key of the audit service, and every path of an organization's log in the archive.
import { globalTenant, type Key } from '../../shared/ports/table.ts';

/** The outbox spreads over this many partitions an organization, so that no single one limits its writes. */
export const outboxShards = 16;

/** @param id a UUIDv7; its last hex digit, which is random, picks the shard */
const shardOf = (id: string): number => Number.parseInt(id.slice(-1), 16) % outboxShards;

export const outboxPartition = (org: string, shard: number): string => `${org}#outbox:${shard}`;
const outboxKey = (org: string, id: string, sk: string): Key => ({ pk: outboxPartition(org, shardOf(id)), sk });

/** Zero-padded, so that keys sort as numbers do; enough for every safe integer. */
const padded = (number: number): string => String(number).padStart(16, '0');

/** Rows that wait for the sealer; in the order of their ids. */
export const pendingPrefix = 'pending#';
export const pendingKey = (org: string, id: string): Key => outboxKey(org, id, `${pendingPrefix}${id}`);

/** Rows that wait for the shipper; in the order of the log. They stay in their event's shard. */
export const sealedPrefix = 'sealed#';
export const sealedKey = (org: string, id: string, leafIndex: number): Key => outboxKey(org, id, `${sealedPrefix}${padded(leafIndex)}`);

/** Rows that were handed to the delivery and wait for the word that the archive has them. */
export const deliveredPrefix = 'delivered#';
export const deliveredKey = (org: string, id: string, leafIndex: number): Key =>
  outboxKey(org, id, `${deliveredPrefix}${padded(leafIndex)}`);

/** Rows that cannot become entries: kept for somebody to look at, out of the others' way. */
export const asideKey = (pk: string, pendingSk: string): Key => ({ pk, sk: `aside#${pendingSk.slice(pendingPrefix.length)}` });

/** The head of an organization's log; moves by compare-and-swap. */
export const headKey = (org: string): Key => ({ pk: `${org}#audit-log`, sk: 'head' });

/** Which organizations have ever written an event. */
export const organizationsPartition = `${globalTenant}#audit-organizations`;
export const organizationKey = (org: string): Key => ({ pk: organizationsPartition, sk: org });

/** That a read of the log was recorded lately. */
export const readMarkKey = (org: string, mark: string): Key => ({ pk: `${org}#audit-read:${mark}`, sk: 'mark' });

/** That an event of another service was recorded; `id` is the one that it got here. */
export const foreignKey = (org: string, id: string): Key => ({ pk: `${org}#audit-foreign:${id}`, sk: 'mark' });

/** In the key table: wrapped keys by what they are for, and by the reference that entries hold. */
export const auditKeyRow = (org: string, name: string): Key => ({ pk: `${org}#audit-keys`, sk: name });

/** In the index table: an event's place, by time and then by leaf. */
export const indexPosition = (timeMs: number, leafIndex: number): string => `${padded(Math.max(0, timeMs))}#${padded(leafIndex)}`;
/** Before every event of that time. */
export const indexTime = (timeMs: number): string => `${padded(Math.max(0, timeMs))}#`;
/** @param name what the partition lists, as `partitionsOf` and `sourcesOf` name it */
export const indexPartition = (org: string, name: string): string => `${org}#${name}`;
export const indexIdKey = (org: string, id: string): Key => ({ pk: `${org}#id#${id}`, sk: 'position' });
export const indexWorkspacesPartition = (org: string): string => `${org}#workspaces`;

/** In the archive. */
export const logPath = (org: string, path: string): string => `log/${org}/${path}`;
