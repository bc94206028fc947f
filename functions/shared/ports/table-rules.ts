// What every table adapter refuses before anything is sent: other tenants' keys, and what exceeds DynamoDB's documented limits.
import { AppError } from '../kernel/errors.ts';
import {
  assertTenant,
  type Item,
  type Key,
  maxItemBytes,
  maxWritesPerTransaction,
  type Query,
  type Tenant,
  type Value,
  type Write,
} from './table.ts';

/** Bytes of all items of one transaction, at most. */
const maxTransactionBytes = 4 * 1024 * 1024;
const maxPartitionKeyBytes = 2048;
const maxSortKeyBytes = 1024;
/** Maps and lists inside each other, at most. */
const maxDepth = 32;

const utf8Bytes = (text: string): number => {
  if (!text.isWellFormed()) throw new Error('a string of an item is not well-formed Unicode');
  return Buffer.byteLength(text);
};

const valueBytes = (value: Value, depth: number): number => {
  if (value === null || typeof value === 'boolean') return 1;
  if (typeof value === 'string') return utf8Bytes(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) throw new Error('a number of an item is out of range');
    return Math.min(21, (String(Math.abs(value)).length >> 1) + 2);
  }
  if (value instanceof Uint8Array) return value.byteLength;
  if (typeof value !== 'object') throw new Error('a value of an item is neither JSON nor bytes');
  if (depth > maxDepth) throw new Error('an item is nested too deeply');
  if (Array.isArray(value)) return value.reduce((sum: number, inner: Value) => sum + 1 + valueBytes(inner, depth + 1), 3);
  return attributesBytes(value as Item, depth + 1) + 3;
};

const attributesBytes = (attributes: Readonly<Record<string, Value | undefined>>, depth: number): number => {
  let sum = 0;
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) sum += utf8Bytes(name) + valueBytes(value, depth) + (depth > 1 ? 1 : 0);
  }
  return sum;
};

/** @returns the item's size as DynamoDB counts it, give or take a byte a number */
const itemBytes = (item: Item): number => attributesBytes(item, 1);

/** @throws AppError `payload-too-large` over 400 KB; Error for what is neither JSON nor bytes */
export const assertItem = (item: Item): number => {
  const bytes = itemBytes(item);
  if (bytes > maxItemBytes) throw new AppError('payload-too-large', 'an item may hold at most 400 KB');
  assertExpiry(item.expiresAtSeconds);
  return bytes;
};

const assertExpiry = (seconds: number | undefined): void => {
  if (seconds !== undefined && !Number.isSafeInteger(seconds)) throw new Error('a time to live is a whole number of seconds');
};

/** @throws Error for another tenant's key, or one that DynamoDB would refuse */
export const assertKey = (tenant: Tenant, { pk, sk }: Key): void => {
  assertTenant(tenant, pk);
  if (utf8Bytes(pk) > maxPartitionKeyBytes) throw new Error('a partition key is too long');
  if (sk === '' || utf8Bytes(sk) > maxSortKeyBytes) throw new Error('a sort key is empty or too long');
};

export const keyOf = (write: Write): Key => (write.kind === 'put' ? { pk: write.item.pk, sk: write.item.sk } : write.key);

/** @returns one string a key, different for different keys: no sort key can forge the length of the partition key before it */
export const keyText = ({ pk, sk }: Key): string => `${pk.length}:${pk}${sk}`;

const writeBytes = (write: Write): number => {
  if (write.kind === 'put') return assertItem(write.item);
  if (write.kind !== 'add') return 0;
  const { key, amounts, set, expiresAtSeconds } = write;
  if (Object.keys(amounts).length === 0) throw new Error('an addition adds to at least one attribute');
  for (const name of [...Object.keys(amounts), ...Object.keys(set ?? {})]) {
    if (name === 'pk' || name === 'sk' || name === 'expiresAtSeconds') throw new Error(`an addition may not touch \`${name}\``);
    if (Object.hasOwn(amounts, name) && Object.hasOwn(set ?? {}, name)) throw new Error('an addition names an attribute twice');
  }
  return assertItem({ ...amounts, ...set, ...key, ...(expiresAtSeconds === undefined ? {} : { expiresAtSeconds }) });
};

/** @throws Error or AppError `payload-too-large` for a transaction that DynamoDB would refuse whatever the table holds */
export const assertWrites = (tenant: Tenant, writes: readonly Write[]): void => {
  if (writes.length > maxWritesPerTransaction) throw new Error('a transaction has at most 100 writes');
  const seen = new Set<string>();
  let bytes = 0;
  for (const write of writes) {
    const key = keyOf(write);
    assertKey(tenant, key);
    seen.add(keyText(key));
    bytes += writeBytes(write);
  }
  if (seen.size !== writes.length) throw new Error('a transaction touches each row at most once');
  if (bytes > maxTransactionBytes) throw new AppError('payload-too-large', 'a change may hold at most 4 MB');
};

/** Inclusive bounds on sort keys; `undefined` is unbounded. */
export interface Bounds {
  readonly from?: string;
  readonly to?: string;
  readonly prefix?: string;
  /** No row can match. */
  readonly empty?: true;
}

/** @returns which of two strings comes first by UTF-8 bytes */
export const compareUtf8 = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** @returns the bounds that a query's range stands for; an empty prefix bounds nothing, crossed bounds match nothing */
export const boundsOf = (range: Query['range']): Bounds => {
  if (range === undefined) return {};
  if ('prefix' in range) return range.prefix === '' ? {} : { prefix: range.prefix };
  const { from, to } = range;
  if (to === '') return { empty: true };
  if (from !== undefined && to !== undefined && compareUtf8(from, to) > 0) return { empty: true };
  return { ...(from ? { from } : {}), ...(to === undefined ? {} : { to }) };
};

const isBelow = ({ from, prefix }: Bounds, sk: string): boolean => {
  const lowest = prefix ?? from;
  return lowest !== undefined && compareUtf8(sk, lowest) < 0;
};

const isAbove = ({ to, prefix }: Bounds, sk: string): boolean =>
  prefix === undefined ? to !== undefined && compareUtf8(sk, to) > 0 : compareUtf8(sk, prefix) > 0 && !sk.startsWith(prefix);

/** @returns the start key that lies within the bounds, none where the page begins at their edge, or that no row can follow */
export const startBehind = (
  bounds: Bounds,
  after: string | undefined,
  descending: boolean,
): { readonly after?: string; readonly empty?: true } => {
  if (after === undefined) return {};
  if (isBelow(bounds, after)) return descending ? { empty: true } : {};
  if (isAbove(bounds, after)) return descending ? {} : { empty: true };
  return { after };
};

/** @throws Error for another tenant's partition or a limit below 1 */
export const assertQuery = (tenant: Tenant, { pk, limit }: Query): void => {
  assertTenant(tenant, pk);
  if (!Number.isSafeInteger(limit) || limit < 1) throw new Error('a query asks for at least one row');
};
