// The index of recent events over the table port: the event under its time, and pointers to that place under everything searches ask for.
import type { OrgId } from '../../shared/kernel/ids.ts';
import type { Clock } from '../../shared/kernel/world.ts';
import { type Item, maxWritesPerTransaction, type Table, TransactionConflict, type Value, type Write } from '../../shared/ports/table.ts';
import { type StoredEvent, storedEvent } from '../domain/event.ts';
import { everything, matches, partitionsOf, sourcesOf } from '../domain/event-filter.ts';
import type { EventIndex, SearchPage, SearchRequest } from '../ports.ts';
import { indexIdKey, indexPartition, indexPosition, indexTime, indexWorkspacesPartition } from './keys.ts';
import { leap, partitionPositions, unionOf } from './sorted-positions.ts';

/** How long an event stays searchable here. */
const indexDays = 90;
/** Rows that one page reads at most; where it finds less than it may, it says where the next page goes on. */
const rowsPerPage = 4_000;
const fetchedAtOnce = 50;
const tries = 8;

const positionOf = (event: StoredEvent): string => indexPosition(Date.parse(event.time), event.leafIndex);

export const tableEventIndex = ({ indexTable, clock }: { indexTable: Table; clock: Clock }): EventIndex => {
  const knownWorkspaces = new Set<string>();
  const expiry = (): number => Math.floor(clock.nowMs() / 1000) + indexDays * 24 * 60 * 60;

  const writesOf = (org: OrgId, event: StoredEvent): Write[] => {
    const sk = positionOf(event);
    const expiresAtSeconds = expiry();
    const [main, ...pointers] = partitionsOf(event).map((name): Item => ({ pk: indexPartition(org, name), sk, expiresAtSeconds }));
    const items = [
      { ...(main as Item), event: event as unknown as Value },
      ...pointers,
      { ...indexIdKey(org, event.id), position: sk, expiresAtSeconds },
    ];
    return items.map((item) => ({ kind: 'put', item }));
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

  const rememberWorkspaces = async (org: OrgId, events: readonly StoredEvent[]): Promise<void> => {
    const fresh = new Set(
      events.flatMap(({ workspace }) => (workspace === undefined || knownWorkspaces.has(`${org}#${workspace}`) ? [] : [workspace])),
    );
    for (const workspace of fresh) {
      await transact(org, [{ kind: 'put', item: { pk: indexWorkspacesPartition(org), sk: workspace } }]);
      knownWorkspaces.add(`${org}#${workspace}`);
    }
  };

  const asEvent = (item: Item | undefined): StoredEvent | undefined => (item === undefined ? undefined : storedEvent.parse(item.event));

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
    const streams = sourcesOf(filter, request.workspaces).map((names) =>
      unionOf(
        names.map((name) => partitionPositions(indexTable, org, indexPartition(org, name), bounds, tally)),
        descending,
      ),
    );
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
      const groups: Write[][] = [[]];
      for (const event of events) {
        const writes = writesOf(org, event);
        // INVARIANT: all rows of an event are written at once, so that no pointer leads nowhere.
        if ((groups.at(-1)?.length ?? 0) + writes.length > maxWritesPerTransaction) groups.push([]);
        groups.at(-1)?.push(...writes);
      }
      await Promise.all(groups.filter((writes) => writes.length > 0).map((writes) => transact(org, writes)));
    },
    async find(org, id) {
      const pointer = await indexTable.get(org, indexIdKey(org, id));
      if (typeof pointer?.position !== 'string') return undefined;
      return asEvent(await indexTable.get(org, { pk: indexPartition(org, everything), sk: pointer.position }));
    },
    search,
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
