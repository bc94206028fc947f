// The interfaces that the vault's use cases need.
import type { OrgId } from '../shared/kernel/ids.ts';
import type { Write } from '../shared/ports/table.ts';
import type { Binding } from './domain/binding.ts';
import type { Location } from './domain/location.ts';
import type { Secret } from './domain/secret.ts';

/** One encrypted version of a value. */
export interface StoredValue {
  readonly keyId: string;
  readonly envelope: Uint8Array;
  readonly createdAtMs: number;
  readonly createdBy: string;
}

export interface LastAccess {
  readonly atMs: number;
  readonly by: string;
}

/** A value's fingerprints, sealed under the workspace's key for them. */
export interface Fingerprint {
  readonly keyId: string;
  readonly sealed: Uint8Array;
}

/** What a secret's kept versions look like in a text. */
export interface Fingerprints {
  readonly keyId: string | undefined;
  readonly decoy: boolean;
  readonly versions: ReadonlyMap<number, Uint8Array>;
}

/** A value ready to be written. */
export interface SealedValue {
  readonly stored: StoredValue;
  readonly fingerprint: Fingerprint;
  /** Whether prompt protection can find it in a text. */
  readonly detectable: boolean;
}

/** Where a secret was resolved from, last. */
export interface Reference extends LastAccess {
  readonly workspace: string;
  readonly secretId: string;
  readonly pipeline: string;
  readonly environment: string;
  readonly step?: string;
  readonly version: number;
}

/** One secret resolved by one pipeline. */
export interface Use extends LastAccess {
  readonly secret: Secret;
  readonly pipeline: string;
  readonly environment: string;
  readonly step?: string | undefined;
}

/** A secret made (`before` absent) or given another value. */
export interface ValueChange {
  readonly before: Secret | undefined;
  readonly after: Secret;
  readonly dropped: readonly number[];
  readonly value: SealedValue;
  /** Of `before`. */
  readonly row: Fingerprints | undefined;
  readonly orElse: OnChange;
}

interface SecretPage {
  /** Each with the position to start behind, for a page that ends with it. */
  readonly entries: readonly { readonly secret: Secret; readonly position: string }[];
  /** Where the next page begins; absent on the last. */
  readonly next?: string;
}

export interface Named {
  readonly name: string;
  readonly location: Location;
}

/** A secret's row fails its write with this error when it changed since it was read. */
type OnChange = () => Error;

/** Secrets in the table. Methods that return writes do nothing by themselves: the use case commits them with their audit record. */
export interface SecretStore {
  /** @returns the secret of that id within the organization, deleted ones included until their recovery ends */
  byId(org: OrgId, id: string): Promise<Secret | undefined>;
  /** One round of batch reads. @returns what stands at each place, in order */
  at(org: OrgId, places: readonly Named[]): Promise<(Secret | undefined)[]>;
  /** One round of batch reads. @returns the value of each secret's version, in order */
  values(org: OrgId, of: readonly { readonly secret: Secret; readonly version: number }[]): Promise<(StoredValue | undefined)[]>;
  lastAccesses(org: OrgId, secrets: readonly Secret[]): Promise<(LastAccess | undefined)[]>;
  fingerprints(org: OrgId, secrets: readonly Secret[]): Promise<(Fingerprints | undefined)[]>;
  /** Of the last 90 days, one a pipeline and environment. */
  references(secret: Secret): Promise<Reference[]>;
  /** One workspace's secrets by name, or all of the organization's by id. */
  page(
    org: OrgId,
    ask: { readonly workspace?: string; readonly namePrefix?: string; readonly after?: string; readonly limit: number },
  ): Promise<SecretPage>;

  creation(secret: Secret, value: SealedValue): Write[];
  change(before: Secret, after: Secret, orElse: OnChange): Write[];
  newValue(
    before: Secret,
    after: Secret,
    dropped: readonly number[],
    value: SealedValue,
    row: Fingerprints | undefined,
    orElse: OnChange,
  ): Write[];
  /** Several values of one workspace as one change; each takes at most six writes. */
  together(workspace: string, org: OrgId, changes: readonly ValueChange[]): Write[];
  /** All rows of the secret come to an end when its recovery does. */
  deletion(before: Secret, after: Secret, orElse: OnChange): Write[];
  restoration(
    before: Secret,
    after: Secret,
    values: ReadonlyMap<number, StoredValue>,
    row: Fingerprints | undefined,
    orElse: OnChange,
  ): Write[];
  destruction(before: Secret, after: Secret, version: number, row: Fingerprints | undefined, orElse: OnChange): Write[];
  /** Replaces the ciphertexts of versions at once. @throws ConditionFailed when the secret has changed since it was read */
  recrypt(secret: Secret, values: ReadonlyMap<number, StoredValue>): Promise<void>;
  /** Notes last accesses and references at once: bookkeeping, which changes nothing that is decided. */
  note(org: OrgId, accesses: readonly (LastAccess & { readonly secret: Secret })[], uses: readonly Use[]): Promise<void>;
}

/** What a resolve reads of one workspace's secrets. */
export interface SecretReads {
  at(places: readonly Named[]): Promise<(Secret | undefined)[]>;
  values(of: readonly { readonly secret: Secret; readonly version: number }[]): Promise<(StoredValue | undefined)[]>;
  /** Reads everything anew next time. */
  forget(): void;
}
/** @param epoch as it was read for this resolve */
export type SecretReadsAt = (org: OrgId, workspace: string, epoch: number) => SecretReads;

/** Imports that are all or nothing and take more writes than one transaction. */
export interface ImportStore {
  begin(org: OrgId, id: string, location: Location, names: readonly string[]): Promise<void>;
  /** Writes beside what counts: nobody reads it before the switch. */
  stage(org: OrgId, id: string, changes: readonly ValueChange[]): Promise<void>;
  /** @returns the writes that make all of it count at once */
  switchTo(org: OrgId, id: string, location: Location, names: readonly string[], orElse: OnChange): Write[];
  /** Puts what was switched to in its place, or takes away what was not. */
  finish(org: OrgId, workspace: string, id: string): Promise<void>;
  /** Finishes imports of this workspace that stopped half-way. */
  settleAll(org: OrgId, workspace: string): Promise<void>;
}

/** What every resolve reads of a workspace. */
export interface WorkspaceState {
  /** Moves on with each change of a secret there: nothing that was read at another epoch still counts. */
  readonly epoch: number;
  /** Branch keys that were shredded. */
  readonly shredded: readonly string[];
}

export interface StateStore {
  get(org: OrgId, workspace: string): Promise<WorkspaceState>;
  shredding(org: OrgId, workspace: string, keyIds: readonly string[]): Write;
}

/** The re-encryption of one workspace. */
export interface Reencryption {
  readonly id: string;
  readonly status: 'running' | 'done';
  /** The key that values move to. */
  readonly keyId: string;
  /** Secrets seen, and secrets in all when it began. */
  readonly done: number;
  readonly total: number;
  /** Values that no key opens. */
  readonly unreadable: number;
  /** Where the next step begins. */
  readonly position?: string | undefined;
  readonly by: string;
  readonly startedAtMs: number;
  readonly updatedAtMs: number;
  readonly version: number;
}

export interface ReencryptionStore {
  get(org: OrgId, workspace: string): Promise<Reencryption | undefined>;
  write(org: OrgId, workspace: string, before: Reencryption | undefined, after: Reencryption, orElse: OnChange): Write;
  /** @returns whether nobody else moved it meanwhile */
  save(org: OrgId, workspace: string, after: Reencryption): Promise<boolean>;
}

/** Which expiry of a secret was recorded. */
export interface ExpiryNotice {
  readonly status: 'expiring' | 'expired';
  readonly expiresAtMs: number;
}

export interface ExpiryNotices {
  get(org: OrgId, secrets: readonly Secret[]): Promise<(ExpiryNotice | undefined)[]>;
  write(secret: Secret, notice: ExpiryNotice): Write;
}

export interface BindingStore {
  get(org: OrgId, workspace: string, pipeline: string): Promise<Binding | undefined>;
  write(before: Binding | undefined, after: Binding, orElse: OnChange): Write[];
  removal(before: Binding, orElse: OnChange): Write;
}

export interface BranchKeyInfo {
  readonly id: string;
  readonly createdAtMs: number;
  /** New values are encrypted under it. */
  readonly current: boolean;
}

/** A workspace's branch keys: 32 bytes each, wrapped by the vault's key encryption key. */
export interface BranchKeys {
  /** @returns the id of the key that new values are encrypted under; makes one for a workspace that has none */
  current(org: OrgId, workspace: string): Promise<string>;
  /** @returns every key that values may still be under, the newest first */
  list(org: OrgId, workspace: string): Promise<BranchKeyInfo[]>;
  /** Makes a new current key; older ones stay for reading. @returns its id; @throws ConditionFailed when another call rotated at the same time */
  rotate(org: OrgId, workspace: string): Promise<string>;
  /** Deletes these keys, and the workspace's key for fingerprints. */
  destroy(org: OrgId, workspace: string, keyIds: readonly string[]): Promise<void>;
  /** Workspaces of the organization that have or had keys. */
  workspaces(org: OrgId): Promise<string[]>;
  /** Organizations with such workspaces. */
  organizations(): Promise<OrgId[]>;
  /** Zeroes keys of that workspace that were unwrapped when fewer of its keys were shredded. */
  enterEpoch(org: OrgId, workspace: string, shredded: number): void;
  /**
   * Runs with the unwrapped key, which is not to be kept: it may be zeroed as soon as `run` returns.
   * @param uses how many values `run` encrypts or decrypts
   * @throws DecryptionFailed when the workspace has no such key; AppError `dependency-unavailable` when it cannot be unwrapped now
   */
  use<T>(org: OrgId, workspace: string, keyId: string, uses: number, run: (key: Uint8Array) => T): Promise<T>;
}

/** A workspace's key for fingerprints: random, kept beside its branch keys, gone with them. */
export interface FingerprintKeys {
  /**
   * Runs with the key, which is not to be kept.
   * @param shredded how many branch keys of the workspace were shredded: it goes with them
   * @param make whether one is made where there is none
   * @returns undefined where there is none
   */
  use<T>(
    org: OrgId,
    workspace: string,
    shredded: number,
    make: boolean,
    run: (key: Uint8Array, keyId: string) => T,
  ): Promise<T | undefined>;
}

/** Every secret's fingerprints of one workspace. */
export type FingerprintReads = (org: OrgId, workspace: string) => AsyncIterable<{ readonly secretId: string; readonly row: Fingerprints }>;
