// What the use cases of access control need kept: the access version, roles and policies, assignments, API tokens, workspaces.
import type { Environment, OrgId } from '../shared/kernel/ids.ts';
import type { Principal } from '../shared/kernel/principal.ts';
import type { Scope } from '../shared/kernel/scope.ts';
import type { Page, Write } from '../shared/ports/table.ts';
import type { TimeSpan } from './domain/coverage.ts';
import type { Assignment, Policy, Role } from './domain/model.ts';
import type { UsageRow } from './domain/usage.ts';
import type { PendingUsage } from './domain/usage-buffer.ts';

export interface StoredRole extends Role {
  readonly name: string;
  readonly description: string;
  /** Made anew with each creation: what was assigned to an earlier role of the same id does not come back to life. */
  readonly generation: string;
  readonly version: number;
}

export interface StoredPolicy extends Policy {
  readonly name: string;
  readonly description: string;
  readonly version: number;
}

export interface StoredAssignment extends Assignment {
  /** The generation of the role that was assigned; `built-in` for those. */
  readonly roleGeneration: string;
  /** Who manages it; absent: somebody through our routes. */
  readonly source?: 'scim' | undefined;
  readonly version: number;
}

export interface StoredToken {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly roleGeneration: string;
  readonly scope: Scope;
  readonly expiresAtMs: number;
  readonly createdAtMs: number;
  readonly createdBy: Principal;
  /** SHA-256 of the secret part. */
  readonly hash: Uint8Array;
  readonly version: number;
}

export interface StoredWorkspace {
  readonly id: string;
  readonly name: string;
  readonly environments: readonly Environment[];
  readonly version: number;
}

export interface ListRequest {
  readonly limit: number;
  /** Where the page before ended. */
  readonly after?: string | undefined;
}

export interface Listed<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

/** The row's version that a write was decided from; absent rows are written with 'new'. */
export type Expected = 'new' | number;

export interface ModelStore {
  /** @returns the access version, read consistently from one of its copies; undefined for no organization */
  version(org: OrgId): Promise<number | undefined>;
  /** Asserts the version that a decision was made from, and moves it on, in every copy; @param moved the error when it is another */
  moveVersion(org: OrgId, from: number | undefined, moved: () => Error): Write[];
  /** Roles and policies, whole. */
  load(org: OrgId): Promise<{ readonly roles: readonly StoredRole[]; readonly policies: readonly StoredPolicy[] }>;
  putRole(org: OrgId, role: StoredRole, expected: Expected): Write;
  deleteRole(org: OrgId, role: StoredRole): Write;
  putPolicy(org: OrgId, policy: StoredPolicy, expected: Expected): Write;
  deletePolicy(org: OrgId, policy: StoredPolicy): Write;
}

export interface AssignmentStore {
  get(org: OrgId, id: string): Promise<StoredAssignment | undefined>;
  /** All of one principal's, in the order of their ids. */
  ofPrincipal(org: OrgId, principal: Principal): Promise<readonly StoredAssignment[]>;
  list(
    org: OrgId,
    from: { principal?: Principal | undefined; role?: string | undefined; scope?: Scope | undefined },
    request: ListRequest,
  ): Promise<Listed<StoredAssignment>>;
  /** @returns whether anything is assigned at the workspace or below it */
  anyIn(org: OrgId, workspace: string): Promise<boolean>;
  put(org: OrgId, assignment: StoredAssignment): Write[];
  delete(org: OrgId, assignment: StoredAssignment): Write[];
}

export interface TokenStore {
  /** @returns the organization that the token id belongs to */
  organizationOf(id: string): Promise<OrgId | undefined>;
  /** A pointer without its token is harmless: it is written before, and taken away after. */
  putPointer(id: string, org: OrgId): Promise<void>;
  deletePointer(id: string): Promise<void>;
  get(org: OrgId, id: string): Promise<StoredToken | undefined>;
  list(org: OrgId, request: ListRequest): Promise<Listed<StoredToken>>;
  ofRole(org: OrgId, role: string, request: ListRequest): Promise<Listed<StoredToken>>;
  /** @returns whether any token acts at the workspace or below it */
  anyIn(org: OrgId, workspace: string): Promise<boolean>;
  put(org: OrgId, token: StoredToken): Write[];
  delete(org: OrgId, token: StoredToken): Write[];
  /** Remembers that the token was used. */
  touch(org: OrgId, id: string, timeMs: number): Promise<void>;
  /** @returns when each was last used, in the order of the ids */
  lastUsed(org: OrgId, ids: readonly string[]): Promise<(number | undefined)[]>;
}

export interface WorkspaceStore {
  get(org: OrgId, id: string): Promise<StoredWorkspace | undefined>;
  /** @returns for each id whether there is such a workspace */
  exist(org: OrgId, ids: readonly string[]): Promise<boolean[]>;
  list(org: OrgId, request: ListRequest): Promise<Listed<StoredWorkspace>>;
  put(org: OrgId, workspace: StoredWorkspace, expected: Expected): Write;
  delete(org: OrgId, workspace: StoredWorkspace): Write;
}

/** What is known of how complete an organization's usage records are. */
export interface UsageNotes {
  /** When the records began; undefined: there are none. */
  readonly startMs: number | undefined;
  /** Recorders that hold, or held when they ended, counts that are not written. */
  readonly waiting: readonly { readonly recorder: string; readonly sinceMs: number }[];
  readonly lost: readonly TimeSpan[];
}

export interface UsageStore {
  /** Adds the counts, all or none; at most 100 rows. */
  add(org: OrgId, rows: readonly PendingUsage[]): Promise<void>;
  /** A day's rows, page by page. */
  rows(org: OrgId, day: number): AsyncIterable<readonly UsageRow[]>;
  /** The first note stands. */
  noteStart(org: OrgId, startMs: number): Promise<void>;
  noteWaiting(org: OrgId, recorder: string, sinceMs: number): Promise<void>;
  noteWritten(org: OrgId, recorder: string): Promise<void>;
  noteLost(org: OrgId, recorder: string, span: TimeSpan): Promise<void>;
  notes(org: OrgId): Promise<UsageNotes>;
}

/** @returns what another service still keeps in a workspace, in a word or two, and a write that fails where something came since it looked */
export type WorkspaceContents = (org: OrgId, workspace: string) => Promise<{ readonly kept?: string; readonly guard: Write }>;

/** A page of rows turned into items. */
export const listed = <T>(page: Page, read: (item: Page['items'][number]) => T): Listed<T> => ({
  items: page.items.map(read),
  ...(page.next === undefined ? {} : { next: page.next }),
});

/** The claims of an access token that was verified: signature, issuer, client, use and times. */
export interface AccessTokenClaims {
  readonly org: string;
  readonly username: string;
  readonly session?: string;
  /** How the user proved who they are (RFC 8176). */
  readonly amr: readonly string[];
}

/** @throws for any token that is not a valid access token of this deployment */
export type VerifyJwt = (token: string) => Promise<AccessTokenClaims>;
