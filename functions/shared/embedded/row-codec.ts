// Rows as JSON text in SQLite: plain JSON where an item holds no bytes, else bytes as `{"$": base64}` with keys that begin with `$` escaped.
import type { Item, Value } from '../ports/table.ts';

/** A row's text and whether it is in the escaped form. */
export interface EncodedRow {
  readonly body: string;
  readonly escaped: 0 | 1;
}

const holdsBytes = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof Uint8Array) return true;
  return Object.values(value).some(holdsBytes);
};

const escapeValue = (value: Value | undefined): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return { $: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') };
  if (Array.isArray(value)) return value.map(escapeValue);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.startsWith('$') ? `$${key}` : key, escapeValue(inner)]));
};

const unescapeValue = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(unescapeValue);
  // INVARIANT: escaping leaves no other key that is `$` alone.
  if (Object.hasOwn(value, '$')) return Uint8Array.from(Buffer.from((value as { $: string }).$, 'base64'));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.startsWith('$') ? key.slice(1) : key, unescapeValue(inner)]));
};

export const encodeRow = (item: Item): EncodedRow =>
  holdsBytes(item) ? { body: JSON.stringify(escapeValue(item)), escaped: 1 } : { body: JSON.stringify(item), escaped: 0 };

export const decodeRow = (body: string, escaped: number): Item => {
  const parsed: unknown = JSON.parse(body);
  return (escaped === 1 ? unescapeValue(parsed) : parsed) as Item;
};
