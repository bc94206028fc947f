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
export const asidePrefix = 'aside#';
export const asideKey = (pk: string, pendingSk: string): Key => ({ pk, sk: `${asidePrefix}${pendingSk.slice(pendingPrefix.length)}` });

/** The head of an organization's log; moves by compare-and-swap. */
export const headKey = (org: string): Key => ({ pk: `${org}#audit-log`, sk: 'head' });

/** Which organizations have ever written an event. */
export const organizationsPartition = `${globalTenant}#audit-organizations`;
export const organizationKey = (org: string): Key => ({ pk: organizationsPartition, sk: org });

/** That a read of the log was recorded lately. */
export const readMarkKey = (org: string, mark: string): Key => ({ pk: `${org}#audit-read:${mark}`, sk: 'mark' });

/** That an event of another service was recorded; `id` is the one that it got here. */
export const foreignKey = (org: string, id: string): Key => ({ pk: `${org}#audit-foreign:${id}`, sk: 'mark' });

/** Exports, by their ids. */
export const jobsPartition = (org: string): string => `${org}#audit-jobs`;
const exportPrefix = 'export#';
export const exportKey = (org: string, id: string): Key => ({ pk: jobsPartition(org), sk: `${exportPrefix}${id}` });

/** What an organization set of its log: legal hold, where checkpoints go. */
export const logSettingsKey = (org: string, name: 'hold' | 'retention' | 'witnesses'): Key => ({ pk: `${org}#audit-settings`, sk: name });

/** Persons who were erased, in the order of time. */
export const erasuresPartition = (org: string): string => `${org}#audit-erasures`;
export const erasureKey = (org: string, time: string, ref: string): Key => ({ pk: erasuresPartition(org), sk: `${time}#${ref}` });

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

/** In the index table, of words: parts of blocks of the log that are not whole yet, and which blocks these are. */
export const wordPartsPartition = (org: string, block: number): string => `${org}#word-parts#${block}`;
export const wordPartKey = (org: string, block: number, firstLeaf: number, count: number): Key => ({
  pk: wordPartsPartition(org, block),
  sk: `${padded(firstLeaf)}#${count}`,
});
export const wordOpenPartition = (org: string): string => `${org}#word-open`;
export const wordOpenKey = (org: string, block: number): Key => ({ pk: wordOpenPartition(org), sk: padded(block) });
/** Of whole blocks: where they begin and end in time, the times of their events, and a row for each bit of signatures. */
export const wordBlocksPartition = (org: string): string => `${org}#word-blocks`;
export const wordBlockKey = (org: string, block: number): Key => ({ pk: wordBlocksPartition(org), sk: padded(block) });
export const wordTimesKey = (org: string, block: number): Key => ({ pk: `${org}#word-times`, sk: padded(block) });
export const wordBitPartition = (org: string, bit: number): string => `${org}#word-bit#${bit}`;
export const wordBitKey = (org: string, bit: number, block: number): Key => ({ pk: wordBitPartition(org, bit), sk: padded(block) });

/** In the index table: counts of an hour; `shard` spreads writers. What belongs to no workspace stands under `~`. */
export const statsPartition = (org: string, workspace: string | undefined): string => `${org}#stats#${workspace ?? '~'}`;
export const statsKey = (org: string, workspace: string | undefined, hour: string, what: string, shard: number): Key => ({
  pk: statsPartition(org, workspace),
  sk: `${hour}#${shard}#${what}`,
});

/** In the archive. */
export const logPath = (org: string, path: string): string => `log/${org}/${path}`;
/** Of delivered objects; hours lie below it. */
export const deliveredPath = (org: string): string => `archive/${org}/`;
export const exportPath = (org: string, job: string, name: string): string => `exports/${org}/${job}/${name}`;
