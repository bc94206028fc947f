// Takes a person out of the index: in the person's events, and in events about the person, only that somebody was there stays.
import type { OrgId } from '../../shared/kernel/ids.ts';
import { type Principal, principalId } from '../../shared/kernel/principal.ts';
import type { Item, Table, Write } from '../../shared/ports/table.ts';
import { erased, targetOf } from '../domain/entry.ts';
import type { StoredEvent } from '../domain/event.ts';
import type { SearchPage, SearchRequest } from '../ports.ts';
import { actorRows } from './event-counts.ts';
import { indexWorkspacesPartition, statsPartition } from './keys.ts';

interface Purge {
  readonly org: OrgId;
  readonly principal: string;
  readonly rowsOf: (org: OrgId, event: StoredEvent, expiresAtSeconds: number) => Item[];
  readonly pages: (org: OrgId, request: SearchRequest) => Promise<SearchPage>;
  readonly transact: (org: OrgId, writes: readonly Write[]) => Promise<void>;
  readonly indexTable: Table;
}

const pageEvents = 500;

const withoutPerson = (event: StoredEvent, person: string): StoredEvent => {
  const isActor = event.actor.principal === person;
  const { userAgent, ip, ...source } = event.source;
  return {
    ...event,
    actor: isActor ? { principal: erased } : event.actor,
    source: isActor ? source : event.source,
    resource: targetOf(event) === person ? { ...event.resource, id: erased } : event.resource,
  };
};

/** @returns how many events were changed; calling it again changes what came since */
export const purgePerson = async ({ org, principal, rowsOf, pages, transact, indexTable }: Purge): Promise<number> => {
  let purged = 0;
  const rewrite = async (event: StoredEvent): Promise<void> => {
    const [before] = rowsOf(org, event, 0);
    const standing = before && (await indexTable.get(org, before));
    const expiresAtSeconds = standing?.expiresAtSeconds;
    if (before === undefined || expiresAtSeconds === undefined) return;
    const rows = rowsOf(org, withoutPerson(event, principal), expiresAtSeconds);
    const kept = new Set(rows.map(({ pk }) => pk));
    const gone = rowsOf(org, event, 0).filter(({ pk }) => !kept.has(pk));
    await transact(org, [
      ...rows.map((item): Write => ({ kind: 'put', item })),
      ...gone.map(({ pk, sk }): Write => ({ kind: 'delete', key: { pk, sk } })),
    ]);
    purged += 1;
  };
  const id = principalId(principal as Principal);
  for (const filter of [{ actor: principal }, { resource: id }, { resource: principal }]) {
    for (let at: string | undefined; ; ) {
      const page = await pages(org, {
        filter,
        order: 'oldest',
        limit: pageEvents,
        allows: () => true,
        ...(at === undefined ? {} : { at }),
      });
      for (const event of page.events) if (event.actor.principal === principal || targetOf(event) === principal) await rewrite(event);
      if (page.next === undefined) break;
      at = page.next;
    }
  }
  const workspaces = (await indexTable.query(org, { pk: indexWorkspacesPartition(org), limit: 1_000 })).items.map(({ sk }) => sk);
  for (const workspace of [undefined, ...workspaces]) {
    for (const { sk } of await actorRows(indexTable, org, workspace, principal)) {
      await transact(org, [{ kind: 'delete', key: { pk: statsPartition(org, workspace), sk } }]);
    }
  }
  return purged;
};
