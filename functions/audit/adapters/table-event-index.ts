// The index of recent events over the table port: the event under its time, and pointers to that place under everything searches ask for.
import type { OrgId } from '../../shared/kernel/ids.ts';
import type { Clock } from '../../shared/kernel/world.ts';
import { ConditionFailed, type Item, type Table, TransactionConflict, type Value, type Write } from '../../shared/ports/table.ts';
import type { StoredEvent } from '../domain/event.ts';
import { everything, matches, partitionsOf, sourcesOf } from '../domain/event-filter.ts';
import type { EventIndex, SearchPage, SearchRequest } from '../ports.ts';
import { countWrites, readCounts, statsShards } from './event-counts.ts';
import { indexIdKey, indexPartition, indexPosition, indexTime, indexWorkspacesPartition } from './keys.ts';
import { purgePerson } from './purge-person.ts';
import { leap, partitionPositions, unionOf } from './sorted-positions.ts';
import { wordPositions, wordWriter } from './word-index.ts';

/** An event has at most 11 rows, and at most 2 counts beside them: 7 fit a transaction of 100. */
const eventsPerTransaction = 7;
/** How long an event stays searchable here. */
const indexDays = 90;
/** Rows that one page reads at most; where it finds less than it may, it says where the next page goes on. */
const rowsPerPage = 4_000;
const fetchedAtOnce = 50;
/** Rows asked for at once: few where a page is small, or streams leap from one to the other. */
const minChunk = 64;
const maxChunk = 1_000;
const tries = 8;

const positionOf = (event: StoredEvent): string => indexPosition(Date.parse(event.time), event.leafIndex);

export const tableEventIndex = ({ indexTable, clock }: { indexTable: Table; clock: Clock }): EventIndex => {
  const knownWorkspaces = new Set<string>();
  const expiry = (): number => Math.floor(clock.nowMs() / 1000) + indexDays * 24 * 60 * 60;

  const rowsOf = (org: OrgId, event: StoredEvent, expiresAtSeconds: number): Item[] => {
    const sk = positionOf(event);
    const [main, ...pointers] = partitionsOf(event).map((name): Item => ({ pk: indexPartition(org, name), sk, expiresAtSeconds }));
    return [{ ...(main as Item), event: event as unknown as Value }, ...pointers];
  };

  // INVARIANT: the row of the id is the first of an event's rows to be there, with all the others and its counts: no event counts twice.
  const writesOf = (org: OrgId, event: StoredEvent): Write[] => {
    const expiresAtSeconds = expiry();
    const id: Item = { ...indexIdKey(org, event.id), position: positionOf(event), expiresAtSeconds };
    return [
      { kind: 'put', item: id, condition: { absent: true } },
      ...rowsOf(org, event, expiresAtSeconds).map((item): Write => ({ kind: 'put', item })),
    ];
  };

  /** Writes events of one group with their counts; where some are there already, each alone. */
  const putGroup = async (org: OrgId, events: readonly StoredEvent[], shard: number): Promise<void> => {
    try {
      await transact(org, [...events.flatMap((event) => writesOf(org, event)), ...countWrites(org, events, shard, expiry())]);
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      if (events.length > 1) for (const event of events) await putGroup(org, [event], shard);
    }
  };

  const transact = async (org: OrgId, writes: readonly Write[]): Promise<void> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await indexTable.transact(org, writes);
      } catch (error) {
        if (!(error instanceof TransactionConflict) || attempt === tries) throw error;
        await new Promise((resolve) => setTimeout(resolve, 5 * 2 ** attempt));
      }
    }
  };

  const putWords = wordWriter({ table: indexTable, transact, expiry });

  const rememberWorkspaces = async (org: OrgId, events: readonly StoredEvent[]): Promise<void> => {
    const fresh = new Set(
      events.flatMap(({ workspace }) => (workspace === undefined || knownWorkspaces.has(`${org}#${workspace}`) ? [] : [workspace])),
    );
    for (const workspace of fresh) {
      await transact(org, [{ kind: 'put', item: { pk: indexWorkspacesPartition(org), sk: workspace } }]);
      knownWorkspaces.add(`${org}#${workspace}`);
    }
  };

  /** INVARIANT: rows hold events that were checked before they came into the outbox; a search reads too many to check each again. */
  const asEvent = (item: Item | undefined): StoredEvent | undefined => item?.event as unknown as StoredEvent | undefined;

  const fetch = async (org: OrgId, positions: readonly Item[]): Promise<(StoredEvent | undefined)[]> => {
    const pk = indexPartition(org, everything);
    if (positions.every((item) => item.pk === pk)) return positions.map(asEvent);
    return (
      await indexTable.batchGet(
        org,
        positions.map(({ sk }) => ({ pk, sk })),
      )
    ).map(asEvent);
  };

  const search = async (org: OrgId, request: SearchRequest): Promise<SearchPage> => {
    const { filter, limit, at, allows } = request;
    const descending = request.order === 'newest';
    const { fromMs, toMs } = filter;
    const bounds = {
      descending,
      ...(fromMs === undefined ? {} : { from: indexTime(fromMs) }),
      ...(toMs === undefined ? {} : { to: indexTime(toMs) }),
    };
    let read = 0;
    const tally = (rows: number): void => {
      read += rows;
    };
    const words = filter.words ?? [];
    const chunk = Math.max(minChunk, Math.min(limit, maxChunk));
    const sources = sourcesOf(filter, request.workspaces).filter(([name]) => words.length === 0 || name !== everything);
    const streams = sources.map((names) =>
      unionOf(
        names.map((name) => partitionPositions(indexTable, org, indexPartition(org, name), { ...bounds, chunk }, tally)),
        descending,
      ),
    );
    if (words.length > 0) streams.push(wordPositions(indexTable, org, words, bounds));
    // A cursor is `=` and a position still to be looked at, or `>` and one that was.
    const start = at?.slice(1);
    if (start !== undefined) await Promise.all(streams.map((stream) => stream.seek(start, at?.[0] === '=')));
    const events: StoredEvent[] = [];
    let waiting: Item[] = [];

    /** @returns the position of the event that filled the page */
    const drain = async (): Promise<string | undefined> => {
      const found = await fetch(org, waiting);
      const positions = waiting;
      waiting = [];
      for (const [index, event] of found.entries()) {
        if (event === undefined || !matches(filter, event) || !allows(event)) continue;
        events.push(event);
        if (events.length === limit) return positions[index]?.sk;
      }
      return undefined;
    };

    for (;;) {
      const step = await leap(streams, descending);
      if (step !== 'end' && 'found' in step) {
        waiting.push(step.found);
        read += 1;
        await Promise.all(streams.map((stream) => stream.seek(step.found.sk, false)));
      }
      if (step === 'end' || waiting.length >= fetchedAtOnce || read >= rowsPerPage) {
        const filledAt = await drain();
        if (filledAt !== undefined) return { events, next: `>${filledAt}` };
        if (step === 'end') return { events };
        if (read >= rowsPerPage) return { events, next: 'found' in step ? `>${step.found.sk}` : `=${step.upTo}` };
      }
    }
  };

  return {
    async put(org, events) {
      await rememberWorkspaces(org, events);
      // After a failure most events are there: those are not tried again, so that each try gets further than the one before.
      const known = await indexTable.batchGet(
        org,
        events.map(({ id }) => indexIdKey(org, id)),
      );
      const fresh = events.filter((_, at) => known[at] === undefined);
      const groups: StoredEvent[][] = [];
      for (let at = 0; at < fresh.length; at += eventsPerTransaction) groups.push(fresh.slice(at, at + eventsPerTransaction));
      await Promise.all(groups.map((group, at) => putGroup(org, group, at % statsShards)));
      await putWords(org, events);
    },
    async find(org, id) {
      const pointer = await indexTable.get(org, indexIdKey(org, id));
      if (typeof pointer?.position !== 'string') return undefined;
      return asEvent(await indexTable.get(org, { pk: indexPartition(org, everything), sk: pointer.position }));
    },
    search,
    counts: (org, workspace, from, to) => readCounts(indexTable, org, workspace, from, to),
    purge: (org, principal) => purgePerson({ org, principal, rowsOf, pages: search, transact, indexTable }),
    async workspaces(org) {
      const found: string[] = [];
      for (let after: string | undefined; ; ) {
        const page = await indexTable.query(org, {
          pk: indexWorkspacesPartition(org),
          limit: 1_000,
          ...(after === undefined ? {} : { after }),
        });
        found.push(...page.items.map(({ sk }) => sk));
        if (page.next === undefined) return found;
        after = page.next;
      }
    },
  };
};
