// What the protection use cases need of the table: writes are returned, so that each joins its audit record's transaction.
import type { OrgId } from '../shared/kernel/ids.ts';
import type { Write } from '../shared/ports/table.ts';
import type { Engine } from './domain/engine.ts';
import type { DenyTerm, Policy, Workspaces } from './domain/policy.ts';

export interface StoredPolicy extends Policy {
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface PolicyStore {
  byId(org: OrgId, id: string): Promise<StoredPolicy | undefined>;
  page(org: OrgId, limit: number, after?: string): Promise<{ policies: StoredPolicy[]; next?: string }>;
  all(org: OrgId): Promise<StoredPolicy[]>;
  /** The first version, where none stands. */
  creation(org: OrgId, policy: StoredPolicy): Write;
  /** In the place of the version before. */
  replacement(org: OrgId, policy: StoredPolicy): Write;
  removal(org: OrgId, policy: StoredPolicy): Write;
}

export interface DenyEntry extends DenyTerm {
  readonly id: string;
  readonly note?: string;
}

/** A deny list without its entries. */
export interface DenyListHead {
  readonly id: string;
  readonly name: string;
  readonly workspaces: Workspaces;
  readonly entryCount: number;
  readonly version: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** Some of a list's entries, in one row under 350 KB; segments are in the order of their numbers. */
export interface Segment {
  readonly number: number;
  readonly entries: readonly DenyEntry[];
}

export interface DenyListStore {
  byId(org: OrgId, id: string): Promise<DenyListHead | undefined>;
  page(org: OrgId, limit: number, after?: string): Promise<{ lists: DenyListHead[]; next?: string }>;
  all(org: OrgId): Promise<DenyListHead[]>;
  segments(org: OrgId, id: string): Promise<Segment[]>;
  /** @returns segments from that number on, at least one where there is any */
  segmentsFrom(org: OrgId, id: string, number: number): Promise<Segment[]>;
  creation(org: OrgId, head: DenyListHead): Write;
  replacement(org: OrgId, head: DenyListHead): Write;
  removal(org: OrgId, head: DenyListHead): Write;
  /** An empty segment is removed. */
  segmentWrite(org: OrgId, id: string, segment: Segment): Write;
}

/** The organization's protection version: it counts every change of a policy or list. */
export interface VersionStore {
  /** Read consistently, from one of several equal copies. */
  current(org: OrgId): Promise<number>;
  /** Writes that raise it from `version`; `moved` is thrown where another change came first. */
  raised(org: OrgId, version: number, moved: () => Error): Write[];
}

/** Compiled policies and lists of a workspace at the organization's current version. */
export type EngineSource = (org: OrgId, workspace: string) => Promise<Engine>;
