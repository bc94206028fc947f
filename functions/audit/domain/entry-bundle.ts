// Entry bundles (C2SP tlog-tiles): up to 256 entries, each behind its length as a big-endian uint16.
import { maxEntryBytes } from './merkle-hash.ts';

const lengthBytes = 2;

export const encodeBundle = (entries: readonly Uint8Array[]): Buffer => {
  const bundle = Buffer.allocUnsafe(entries.reduce((sum, entry) => sum + lengthBytes + entry.length, 0));
  let at = 0;
  for (const entry of entries) {
    if (entry.length > maxEntryBytes) throw new RangeError('the entry is too large for the log');
    bundle.writeUInt16BE(entry.length, at);
    bundle.set(entry, at + lengthBytes);
    at += lengthBytes + entry.length;
  }
  return bundle;
};

/** @returns the entries, as views of the bundle; @throws RangeError when the bundle does not end where its last entry does */
export const decodeBundle = (bundle: Uint8Array): Uint8Array[] => {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bundle.length; ) {
    const start = at + lengthBytes;
    const end = start + (((bundle[at] ?? 0) << 8) | (bundle[at + 1] ?? 0));
    if (start > bundle.length || end > bundle.length) throw new RangeError('the bundle is cut off');
    entries.push(bundle.subarray(start, end));
    at = end;
  }
  return entries;
};
