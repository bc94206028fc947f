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
  /** One workspace's secrets by name, or all of the organization's by id. */
  page(
    org: OrgId,
    ask: { readonly workspace?: string; readonly namePrefix?: string; readonly after?: string; readonly limit: number },
  ): Promise<SecretPage>;

  creation(secret: Secret, value: StoredValue): Write[];
  change(before: Secret, after: Secret, orElse: OnChange): Write[];
  newValue(before: Secret, after: Secret, dropped: readonly number[], value: StoredValue, orElse: OnChange): Write[];
  /** All rows of the secret come to an end when its recovery does. */
  deletion(before: Secret, after: Secret, orElse: OnChange): Write[];
  restoration(before: Secret, after: Secret, values: ReadonlyMap<number, StoredValue>, orElse: OnChange): Write[];
  destruction(before: Secret, after: Secret, version: number, orElse: OnChange): Write[];
  access(secret: Secret, access: LastAccess): Write;
}

export interface BindingStore {
  get(org: OrgId, workspace: string, pipeline: string): Promise<Binding | undefined>;
  write(before: Binding | undefined, after: Binding, orElse: OnChange): Write;
  removal(before: Binding, orElse: OnChange): Write;
}

/** A workspace's branch keys: 32 bytes each, wrapped by the vault's key encryption key. */
export interface BranchKeys {
  /** @returns the id of the key that new values are encrypted under; makes one for a workspace that has none */
  current(org: OrgId, workspace: string): Promise<string>;
  /**
   * Runs with the unwrapped key, which is not to be kept: it may be zeroed as soon as `run` returns.
   * @param uses how many values `run` encrypts or decrypts
   * @throws DecryptionFailed when the workspace has no such key; AppError `dependency-unavailable` when it cannot be unwrapped now
   */
  use<T>(org: OrgId, workspace: string, keyId: string, uses: number, run: (key: Uint8Array) => T): Promise<T>;
}
