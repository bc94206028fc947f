// The interfaces that the audit service's use cases need.
import type { Source } from '../shared/kernel/call.ts';
import type { OrgId } from '../shared/kernel/ids.ts';
import type { Principal } from '../shared/kernel/principal.ts';
import type { Write } from '../shared/ports/table.ts';
import type { AuditKey } from './domain/audit-key.ts';
import type { AuditEvent, StoredEvent } from './domain/event.ts';
import type { EventFilter } from './domain/event-filter.ts';
import type { ExportFile, ExportFormat } from './domain/export-manifest.ts';

/** What an operator is told; names and texts of events are never part of it. */
export interface Notices {
  warn(message: string, fields: { readonly org?: string; readonly count?: number; readonly error?: unknown }): void;
  error(message: string, fields: { readonly org?: string; readonly count?: number; readonly error?: unknown }): void;
}

/** A row that waits for the sealer; what it holds is not checked yet. */
export interface PendingRow {
  readonly id: string;
  readonly pk: string;
  readonly sk: string;
  readonly event: unknown;
}

/** A row that the sealer could make no entry of. */
export interface AsideRow extends PendingRow {
  readonly reason: string;
}

/** An event and its place in the log. */
export interface Placed {
  readonly id: string;
  readonly leafIndex: number;
}

export interface SealedRow extends Placed {
  readonly event: AuditEvent;
}

export interface DeliveredRow extends Placed {
  readonly deliveredAtMs: number;
}

export interface Outbox {
  /** @returns rows in the order of their ids; `more` when others wait behind them */
  pending(org: OrgId, limit: number): Promise<{ readonly rows: readonly PendingRow[]; readonly more: boolean }>;
  /** Takes a row out of the others' way, with a word why. */
  setAside(org: OrgId, row: PendingRow, reason: string): Promise<void>;
  /** @returns rows that were set aside, some at a time; `next` goes into `after` */
  aside(org: OrgId, after?: string): Promise<{ readonly rows: readonly AsideRow[]; readonly next?: string }>;
  /** Lets a row that was set aside wait for the sealer again. */
  putBack(org: OrgId, row: AsideRow): Promise<void>;
  /** Moves rows to the shipper. Rows that were moved before are left alone, so that it can be called again after a crash. */
  markSealed(org: OrgId, places: readonly Placed[], shorten: (event: AuditEvent) => AuditEvent): Promise<void>;
  /** @returns rows in the order of the log */
  sealed(org: OrgId, limit: number): Promise<{ readonly rows: readonly SealedRow[]; readonly more: boolean }>;
  /** Keeps rows until their delivery is confirmed; `atMs` is when they were handed over. */
  markDelivered(org: OrgId, places: readonly Placed[], atMs: number): Promise<void>;
  /** @returns rows whose delivery is not confirmed, in the order of the log */
  delivered(org: OrgId, limit: number): Promise<{ readonly rows: readonly DeliveredRow[]; readonly more: boolean }>;
  /** The rows' end: a checkpoint covers them and the archive has them. */
  remove(org: OrgId, places: readonly Placed[], state: 'sealed' | 'delivered'): Promise<void>;
  /** @returns an event that is not in the index yet */
  find(org: OrgId, id: string): Promise<AuditEvent | undefined>;
}

/** The head of a log. */
export interface LogHead {
  readonly version: number;
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  /** Roots of the complete subtrees, the largest first. */
  readonly range: readonly Uint8Array[];
  /** When it was sealed. */
  readonly timeMs: number;
  /** Path of the bundle whose files are still to be written; absent once all is in place. */
  readonly staging?: string;
  /** The last published checkpoint, and how many leaves it covers. */
  readonly checkpoint?: string;
  readonly checkpointSize: number;
}

export interface LogHeads {
  read(org: OrgId): Promise<LogHead | undefined>;
  /** @returns false when the head was not at `from` any more (undefined: was there already) */
  move(org: OrgId, next: LogHead, from: number | undefined): Promise<boolean>;
}

/** Files of an organization's log. */
export interface LogFiles {
  read(org: OrgId, path: string): Promise<Uint8Array | undefined>;
  writeLocked(org: OrgId, path: string, bytes: Uint8Array, retainUntilMs: number): Promise<void>;
  writeReplaceable(org: OrgId, path: string, bytes: Uint8Array): Promise<void>;
  remove(org: OrgId, path: string): Promise<void>;
  /** @returns paths that begin so, all of them */
  list(org: OrgId, prefix: string): Promise<string[]>;
}

/** The keys that entries are made with and opened with. */
export interface KeyRing {
  /** @param subject a principal */
  subject(org: OrgId, subject: string): Promise<AuditKey>;
  /** @param month `yyyy-mm` */
  month(org: OrgId, month: string): Promise<AuditKey>;
  /** Without a workspace: the organization's. */
  workspace(org: OrgId, workspace: string | undefined): Promise<AuditKey>;
  /** @returns undefined once the key was destroyed */
  byRef(org: OrgId, ref: string): Promise<AuditKey | undefined>;
}

export interface Organizations {
  /** Durable before the first event of an organization is written. */
  register(org: OrgId): Promise<void>;
  all(): Promise<OrgId[]>;
}

/** One page of a search. */
export interface SearchPage {
  readonly events: readonly StoredEvent[];
  /** Where the next page begins; absent on the last. */
  readonly next?: string;
}

export interface SearchRequest {
  readonly filter: EventFilter;
  readonly order: 'newest' | 'oldest';
  readonly limit: number;
  /** The `next` of the page before. */
  readonly at?: string;
  readonly allows: (event: StoredEvent) => boolean;
  /** Only these workspaces' events, where the caller does not read the whole organization. */
  readonly workspaces?: readonly string[];
}

/** A search over some store of events. */
export type EventSearch = (org: OrgId, request: SearchRequest) => Promise<SearchPage>;

/** Recent events, with their persons in plain. */
export interface EventIndex {
  put(org: OrgId, events: readonly StoredEvent[]): Promise<void>;
  find(org: OrgId, id: string): Promise<StoredEvent | undefined>;
  search: EventSearch;
  /** @returns every workspace that an event was indexed of */
  workspaces(org: OrgId): Promise<string[]>;
  /** Counts by the hour, `from` and `to` as `yyyy-mm-ddThh`, both inclusive; undefined as a workspace: what belongs to none. */
  counts(org: OrgId, workspace: string | undefined, from: string, to: string): Promise<HourCounts[]>;
  /** Takes a person out: events stay, the person reads `[erased]` in them. @returns how many events that were */
  purge(org: OrgId, principal: string): Promise<number>;
}

/** An export as it stands. */
export interface ExportJob {
  readonly id: string;
  readonly version: number;
  readonly format: ExportFormat;
  /** As it was asked for; the worker reads it anew. */
  readonly filter: Readonly<Record<string, string | readonly string[]>>;
  readonly status: 'queued' | 'running' | 'done' | 'failed';
  /** Why it failed; safe to show. */
  readonly detail?: string;
  readonly createdAtMs: number;
  /** On whose rights it runs. */
  readonly createdBy: Principal;
  readonly source: Source;
  readonly requestId: string;
  /** Events to come, once they were counted. */
  readonly total?: number;
  /** Events written so far. */
  readonly done: number;
  /** The log as it was when the export began. */
  readonly checkpoint?: string;
  readonly phase: 'events' | 'entries' | 'record' | 'over';
  /** Where the next events are found. */
  readonly at?: string;
  readonly files: readonly ExportFile[];
  /** The log's record of the export, once it was written: its event, and the manifest that it names. */
  readonly record?: { readonly event: string; readonly createdAt: string };
  readonly doneAtMs?: number;
}

export interface ExportJobs {
  read(org: OrgId, id: string): Promise<ExportJob | undefined>;
  /** @returns jobs that are not over */
  open(org: OrgId): Promise<ExportJob[]>;
  /** @returns ids of all that are kept */
  ids(org: OrgId): Promise<string[]>;
  /** The write of a job's next state; `from` is the version it stands at, absent for a new one. */
  put(org: OrgId, job: ExportJob, from: number | undefined): Write;
  remove(org: OrgId, id: string): Write;
}

/** Files of exports, kept for a while. */
export interface ExportFiles {
  read(org: OrgId, job: string, name: string): Promise<Uint8Array | undefined>;
  write(org: OrgId, job: string, name: string, bytes: Uint8Array): Promise<void>;
  /** @returns jobs that have files */
  jobs(org: OrgId): Promise<string[]>;
  removeAll(org: OrgId, job: string): Promise<void>;
}

/** Persons who were erased: when, and which key is gone; nothing that names them. */
export interface Erasure {
  readonly at: string;
  readonly key: string;
}

/** A legal hold on an organization's log. */
export interface Hold {
  readonly version: number;
  readonly since: string;
  readonly by: string;
  readonly reason: string;
}

/** A retention longer than the deployment's. */
export interface OwnRetention {
  readonly version: number;
  readonly days: number;
}

export interface LogSettings {
  hold(org: OrgId): Promise<Hold | undefined>;
  putHold(org: OrgId, hold: Hold): Write;
  endHold(org: OrgId, hold: Hold): Write;
  /** A check that joins what a hold forbids. */
  noHold(org: OrgId, orElse: () => Error): Write;
  retention(org: OrgId): Promise<OwnRetention | undefined>;
  putRetention(org: OrgId, next: OwnRetention, from: number | undefined): Write;
}

/** Counts of one hour in one workspace, or of what belongs to none. */
export interface HourCounts {
  /** `yyyy-mm-ddThh`. */
  readonly hour: string;
  readonly types: Readonly<Record<string, number>>;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly actors: Readonly<Record<string, number>>;
}
