// Searches events, recent ones and older: every filter combined, newest or oldest first, each item decided on its own.

import type { Cursors } from '../../shared/http/cursor.ts';
import { type Answer, type Call, ok } from '../../shared/kernel/call.ts';
import { everywhere, type Scope, scope } from '../../shared/kernel/scope.ts';
import type { StoredEvent } from '../domain/event.ts';
import type { EventIndex, EventSearch } from '../ports.ts';
import type { SearchQuery } from '../schemas.ts';
import { eventFilterOf } from './event-filter-of.ts';
import type { RecordRead } from './record-read.ts';

export interface SearchDependencies {
  readonly index: Pick<EventIndex, 'workspaces'>;
  readonly search: EventSearch;
  readonly cursors: Cursors;
  readonly recordRead: RecordRead;
}

const route = 'audit/events';

/** @returns where an event is, as permissions see it */
export const scopeOfEvent = ({ workspace }: { workspace?: string | undefined }): Scope =>
  workspace === undefined ? everywhere : scope.parse(workspace);

/** @returns a decision an item, made once a workspace */
export const readable = (
  call: Pick<Call, 'access'>,
  action: 'read' | 'export' = 'read',
): ((event: { workspace?: string | undefined }) => boolean) => {
  const decided = new Map<string | undefined, boolean>();
  return (event) => {
    const known = decided.get(event.workspace) ?? call.access.decide('audit', scopeOfEvent(event), action).allowed;
    decided.set(event.workspace, known);
    return known;
  };
};

export const searchEvents = async (
  { index, search, cursors, recordRead }: SearchDependencies,
  call: Call<object, SearchQuery, unknown, unknown>,
): Promise<Answer<{ items: readonly StoredEvent[]; nextCursor?: string }>> => {
  const at = await cursors.open(call as unknown as Call, route);
  const { limit, cursor: _, order, ...filters } = call.query;
  if (at === undefined) {
    await recordRead(call as unknown as Call, {
      action: 'search',
      resource: { type: 'audit-log', id: call.org },
      details: { filter: { ...filters, order } },
    });
  }
  const allows = readable(call);
  // INVARIANT: a workspace out of reach answers as one that is not there: no page, no cursor, no time.
  if (filters.workspace !== undefined && !allows({ workspace: filters.workspace })) return ok({ items: [] });
  // Whoever reads only some workspaces is led to their events, instead of being shown pages emptied of the others'.
  const workspaces = allows({}) ? undefined : (await index.workspaces(call.org)).filter((workspace) => allows({ workspace }));
  const request = {
    filter: eventFilterOf(call.query),
    order,
    limit,
    allows,
    ...(at === undefined ? {} : { at }),
    ...(workspaces === undefined ? {} : { workspaces }),
  };
  const { events, next } = await search(call.org, request);
  const nextCursor = next === undefined ? undefined : await cursors.seal(call as unknown as Call, route, next);
  return ok({ items: events, ...(nextCursor === undefined ? {} : { nextCursor }) });
};
