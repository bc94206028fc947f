// The audit service's route table.
import { type Asked, type Located, routeFor } from '../shared/http/route.ts';
import type { AuditDependencies } from './dependencies.ts';
import {
  erasureAnswer,
  erasureBody,
  eventPage,
  eventParams,
  exportBody,
  exportJob,
  fileParams,
  holdAnswer,
  holdBody,
  jobParams,
  linkQuery,
  recordBody,
  recordResults,
  retention,
  retentionBody,
  searchQuery,
  shownEvent,
  stats,
  statsQuery,
  tileParams,
} from './schemas.ts';
import { erasePerson } from './use-cases/erase-person.ts';
import { openExportFile, readExport, removeExport, startExport } from './use-cases/manage-exports.ts';
import { endHold, putHold, putRetention, readRetention } from './use-cases/manage-retention.ts';
import { type FoundEvent, findEvent, readEntry, readEvent, readProof } from './use-cases/read-event.ts';
import { readCheckpoint, readKey, readTile } from './use-cases/read-log.ts';
import { readStats } from './use-cases/read-stats.ts';
import { recordEvents } from './use-cases/record-events.ts';
import { scopeOfEvent, searchEvents } from './use-cases/search-events.ts';

const route = routeFor<AuditDependencies>();

const audit = '/v1/orgs/{org}/audit';
const events = `${audit}/events`;
const log = `${audit}/log`;
const text = 'text/plain; charset=utf-8';

const exportsPath = `${audit}/exports`;

const searched = { type: 'audit.searched' };
const exported = { type: 'audit.exported' };
const exporter = { resource: 'audit', action: 'export', scope: '*' } as const;

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
  route({
    method: 'POST',
    path: exportsPath,
    summary: 'Export events, with proofs, as JSON lines, CSV or OCSF 1.8',
    permission: exporter,
    body: exportBody,
    answers: { 202: exportJob },
    event: exported,
    run: startExport,
  }),
  route({
    method: 'GET',
    path: `${exportsPath}/{id}`,
    summary: 'How far an export is, and links to its files',
    permission: exporter,
    params: jobParams,
    answers: { 200: exportJob },
    event: { none: 'it shows progress and is polled; opening a file is recorded' },
    run: readExport,
  }),
  route({
    method: 'DELETE',
    path: `${exportsPath}/{id}`,
    summary: 'Cancel an export, or take its files away',
    permission: exporter,
    params: jobParams,
    answers: { 204: null },
    event: exported,
    run: removeExport,
  }),
  route({
    method: 'GET',
    path: `${exportsPath}/{id}/files/{name}`,
    summary: 'Open a file of an export; the link is the right, for ten minutes',
    permission: 'public',
    params: fileParams,
    query: linkQuery,
    answers: { 200: { contentType: 'application/octet-stream' } },
    event: exported,
    run: openExportFile,
  }),
  route({
    method: 'GET',
    path: `${audit}/stats`,
    summary: 'Counts over time by type, outcome and actor',
    permission: anyReader,
    query: statsQuery,
    answers: { 200: stats },
    event: searched,
    run: readStats,
  }),
  route({
    method: 'GET',
    path: `${audit}/retention`,
    summary: 'Retention as deployed and as lengthened (Admin at `*`)',
    permission: exporter,
    answers: { 200: retention },
    event: { none: 'it shows settings' },
    run: readRetention,
  }),
  route({
    method: 'PUT',
    path: `${audit}/retention`,
    summary: 'Lengthen the retention (Admin at `*`)',
    permission: exporter,
    body: retentionBody,
    readOnly: ['mode', 'years', 'deployedDays', 'hold'],
    answers: { 200: retention },
    event: { type: 'admin.settings_changed' },
    run: putRetention,
  }),
  route({
    method: 'PUT',
    path: `${audit}/hold`,
    summary: 'Put the log under legal hold (Admin at `*`)',
    permission: exporter,
    body: holdBody,
    readOnly: ['since', 'by'],
    answers: { 200: holdAnswer },
    event: { type: 'audit.hold_changed' },
    run: putHold,
  }),
  route({
    method: 'DELETE',
    path: `${audit}/hold`,
    summary: 'Release the legal hold (Admin at `*`)',
    permission: exporter,
    answers: { 204: null },
    event: { type: 'audit.hold_changed' },
    run: endHold,
  }),
  route({
    method: 'POST',
    path: `${audit}/erasures`,
    summary: 'Erase a person: the first call answers a confirmation to send with the second (Admin at `*`)',
    permission: exporter,
    body: erasureBody,
    answers: { 200: erasureAnswer },
    event: { type: 'audit.erased' },
    run: erasePerson,
  }),
];
