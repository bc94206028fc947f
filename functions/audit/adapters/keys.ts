// Every partition and sort key of the audit service.
import type { Key } from '../../shared/ports/table.ts';

/** The outbox spreads over this many partitions an organization, so that no single one limits its writes. */
export const outboxShards = 16;

/** @param id a UUIDv7; its last hex digit, which is random, picks the shard */
const shardOf = (id: string): number => Number.parseInt(id.slice(-1), 16) % outboxShards;

export const outboxPartition = (org: string, shard: number): string => `${org}#outbox#${shard}`;

/** Rows that wait for the sealer; in the order of their ids. */
export const pendingPrefix = 'pending#';
export const pendingKey = (org: string, id: string): Key => ({ pk: outboxPartition(org, shardOf(id)), sk: `${pendingPrefix}${id}` });
