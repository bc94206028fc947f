// The table port: all that single-table access needs, small enough for two honest adapters (DynamoDB, node:sqlite).

/** A JSON value, or bytes. */
export type Value = string | number | boolean | null | Uint8Array | readonly Value[] | { readonly [name: string]: Value | undefined };

/** Partition key and sort key; strings compare by their UTF-8 bytes. */
export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** A row, at most 400 KB. `version` serves conditions; `expiresAtSeconds` (Unix) is the time to live: readers never see a row past it. */
export interface Item extends Key {
  readonly version?: number;
  readonly expiresAtSeconds?: number;
  readonly [attribute: string]: Value | undefined;
}

export type Condition = { readonly absent: true } | { readonly present: true } | { readonly version: number };

/** One write of a transaction. `orElse` is the error to throw when this write's condition is what failed. */
export type Write =
  | { readonly kind: 'put'; readonly item: Item; readonly condition?: Condition; readonly orElse?: () => Error }
  | { readonly kind: 'delete'; readonly key: Key; readonly condition?: Condition; readonly orElse?: () => Error }
  | { readonly kind: 'check'; readonly key: Key; readonly condition: Condition; readonly orElse?: () => Error }
  | {
      /** Adds to numeric attributes (absent counts as 0) and sets others; makes the row where there is none. */
      readonly kind: 'add';
      readonly key: Key;
      readonly amounts: Readonly<Record<string, number>>;
      readonly set?: Readonly<Record<string, Value>>;
      readonly expiresAtSeconds?: number;
      readonly orElse?: () => Error;
    };

export interface Query {
  readonly pk: string;
  /** Sort keys with this prefix, or between `from` and `to`, both inclusive; all of the partition without it. */
  readonly range?: { readonly prefix: string } | { readonly from?: string; readonly to?: string };
  /** Rows a page, at most; a page may hold fewer and still have a `next`. */
  readonly limit: number;
  readonly descending?: boolean;
  /** Start behind this sort key: the `next` of the page before. */
  readonly after?: string;
}

export interface Page {
  readonly items: readonly Item[];
  /** Where the next page begins; absent on the last. */
  readonly next?: string;
}

/** The tenant whose rows a call may touch: an organization, or {@link globalTenant}. */
export type Tenant = string;

/** Rows that belong to no organization: token pointers, domains. */
export const globalTenant: Tenant = '@';

/** Limits that both adapters hold. */
export const maxWritesPerTransaction = 100;
export const maxItemBytes = 400 * 1024;

/** All reads are strongly consistent. Every call names its tenant; a partition key of another one is refused before anything is sent. */
export interface Table {
  get(tenant: Tenant, key: Key): Promise<Item | undefined>;
  /** @returns the rows found, in the order of `keys`, undefined where there is none; any number of keys, duplicates allowed */
  batchGet(tenant: Tenant, keys: readonly Key[]): Promise<(Item | undefined)[]>;
  query(tenant: Tenant, query: Query): Promise<Page>;
  /**
   * All writes, or none: at most 100 on distinct keys, at most 4 MB.
   * @throws the failed write's `orElse()`, else {@link ConditionFailed}; {@link TransactionConflict} when another transaction was in the way
   */
  transact(tenant: Tenant, writes: readonly Write[]): Promise<void>;
}

/** A row written or deleted, as the change feed tells it. */
export interface Change {
  readonly kind: 'put' | 'delete';
  readonly key: Key;
  /** The row as written; absent for a deletion. */
  readonly item?: Item;
}

/** Changes in the order of their commits within a partition, kept 24 hours (DynamoDB Streams' promise). */
export interface ChangeFeed {
  /** @param cursor where an earlier read ended; absent: the oldest change kept */
  read(cursor: string | undefined, limit: number): Promise<{ readonly changes: readonly Change[]; readonly cursor: string }>;
}

/** A condition did not hold; `index` is the first write at fault. */
export class ConditionFailed extends Error {
  readonly index: number;
  constructor(index: number) {
    super(`the condition of write ${index} does not hold`);
    this.name = 'ConditionFailed';
    this.index = index;
  }
}

/** Another transaction touched the same rows at the same time; nothing was written, and the call may be made again. */
export class TransactionConflict extends Error {
  constructor(cause?: unknown) {
    super('another transaction is in the way', { cause });
    this.name = 'TransactionConflict';
  }
}

/** @throws Error unless the partition key belongs to the tenant. INVARIANT: each adapter calls this for each key, before anything is sent. */
export const assertTenant = (tenant: Tenant, pk: string): void => {
  if (tenant === '' || tenant.includes('#') || !pk.startsWith(`${tenant}#`)) {
    throw new Error('a partition key of another tenant was refused');
  }
};

/** @throws the error that a failed condition stands for. Adapters call it with the index of the first failed write. */
export const failCondition = (writes: readonly Write[], index: number): never => {
  throw writes[index]?.orElse?.() ?? new ConditionFailed(index);
};
