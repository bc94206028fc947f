// Lines of a delivered object of the archive, plain or gzip.
import { gunzipSync } from 'node:zlib';

const lineEnd = 0x0a;
const gzipMagic = 0x8b1f;
/** An object of the delivery is far below this, unpacked. */
const maxUnpackedBytes = 512 * 1024 * 1024;

/** @returns the object's lines, unpacked where it is gzip */
export const linesOf = (bytes: Uint8Array): Uint8Array[] => {
  const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const plain = raw.length > 2 && raw.readUInt16LE(0) === gzipMagic ? gunzipSync(raw, { maxOutputLength: maxUnpackedBytes }) : raw;
  const lines: Uint8Array[] = [];
  for (let at = 0; at < plain.length; ) {
    const end = plain.indexOf(lineEnd, at);
    lines.push(plain.subarray(at, end < 0 ? plain.length : end));
    at = end < 0 ? plain.length : end + 1;
  }
  return lines;
};
