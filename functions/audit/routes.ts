// The audit service's route table.
import { type Asked, type Located, routeFor } from '../shared/http/route.ts';
import type { AuditDependencies } from './dependencies.ts';
import { eventPage, eventParams, recordBody, recordResults, searchQuery, shownEvent, tileParams } from './schemas.ts';
import { type FoundEvent, findEvent, readEntry, readEvent, readProof } from './use-cases/read-event.ts';
import { readCheckpoint, readKey, readTile } from './use-cases/read-log.ts';
import { recordEvents } from './use-cases/record-events.ts';
import { scopeOfEvent, searchEvents } from './use-cases/search-events.ts';

const route = routeFor<AuditDependencies>();

const events = '/v1/orgs/{org}/audit/events';
const log = '/v1/orgs/{org}/audit/log';
const text = 'text/plain; charset=utf-8';

const searched = { type: 'audit.searched' };

/** A reader of any part of the organization. */
const anyReader = { resource: 'audit', action: 'read', scope: '{workspace}', anywhere: true } as const;

/** Finds an event by its id, and decides at its workspace. */
const onEvent = {
  resource: 'audit' as const,
  action: 'read' as const,
  scope: '{workspace}',
  at: async (
    dependencies: AuditDependencies,
    { org, params }: Asked<{ id: string }, object, unknown>,
  ): Promise<Located<FoundEvent> | undefined> => {
    const event = await findEvent(dependencies, org, params.id);
    return event && { scope: scopeOfEvent(event), item: event };
  },
};

export const routes = [
  route({
    method: 'GET',
    path: events,
    summary: 'Search the recent events',
    permission: anyReader,
    query: searchQuery,
    answers: { 200: eventPage },
    event: searched,
    run: searchEvents,
  }),
  route({
    method: 'POST',
    path: events,
    summary: 'Record events of another service',
    permission: { resource: 'audit', action: 'write', scope: '{workspace}', anywhere: true },
    body: recordBody,
    answers: { 202: recordResults },
    event: { none: 'the events that it takes are the record' },
    run: recordEvents,
  }),
  route({
    method: 'GET',
    path: `${events}/{id}`,
    summary: 'One event',
    permission: onEvent,
    params: eventParams,
    answers: { 200: shownEvent },
    event: searched,
    run: readEvent,
  }),
  route({
    method: 'GET',
    path: `${events}/{id}/proof`,
    summary: 'The proof that an event is in the log (C2SP tlog-proof@v1)',
    permission: onEvent,
    params: eventParams,
    answers: { 200: { contentType: text } },
    event: searched,
    run: readProof,
  }),
  route({
    method: 'GET',
    path: `${events}/{id}/entry`,
    summary: 'The exact bytes of the log entry of an event',
    permission: onEvent,
    params: eventParams,
    answers: { 200: { contentType: 'application/octet-stream' } },
    event: searched,
    run: readEntry,
  }),
  route({
    method: 'GET',
    path: `${log}/checkpoint`,
    summary: 'The signed head of the log (C2SP tlog-checkpoint)',
    permission: anyReader,
    answers: { 200: { contentType: text } },
    event: { none: 'it tells a size and a hash, and monitors poll it' },
    run: readCheckpoint,
  }),
  route({
    method: 'GET',
    path: `${log}/key`,
    summary: 'The verifier key of the log (C2SP signed-note)',
    permission: anyReader,
    answers: { 200: { contentType: text } },
    event: { none: 'it is a public key' },
    run: readKey,
  }),
  route({
    method: 'GET',
    path: `${log}/tile/{proxy+}`,
    summary: 'Tiles and entry bundles of the log (C2SP tlog-tiles)',
    permission: { resource: 'audit', action: 'read', scope: '*' },
    params: tileParams,
    answers: { 200: { contentType: 'application/octet-stream' } },
    event: searched,
    run: readTile,
  }),
];
