// IP addresses and CIDR ranges (RFC 4632, RFC 4291) as bytes.
import { isIPv4, isIPv6 } from 'node:net';

export interface IpRange {
  readonly address: Uint8Array;
  readonly prefixBits: number;
}

/** @returns 4 or 16 bytes, or undefined for what is no address */
const ipBytes = (text: string): Uint8Array | undefined => {
  if (isIPv4(text)) return Uint8Array.from(text.split('.').map(Number));
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  const hex = (high: string | undefined, low: string | undefined): string => (Number(high) * 256 + Number(low)).toString(16);
  const groups = dotted ? `${dotted[1]}${hex(dotted[2], dotted[3])}:${hex(dotted[4], dotted[5])}` : text;
  const [left = '', right] = groups.split('::');
  const before = left === '' ? [] : left.split(':');
  const after = right === undefined || right === '' ? [] : right.split(':');
  const words = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after].map((word) =>
    Number.parseInt(word, 16),
  );
  return Uint8Array.from(words.flatMap((word) => [word >> 8, word & 255]));
};

/** @returns the range, a single address being one of full length; undefined for what is neither */
export const parseIpRange = (text: string): IpRange | undefined => {
  const [ip = '', bits, ...rest] = text.split('/');
  const address = ipBytes(ip);
  if (address === undefined || rest.length > 0 || (bits !== undefined && !/^(0|[1-9]\d{0,2})$/.test(bits))) return undefined;
  const prefixBits = bits === undefined ? address.length * 8 : Number(bits);
  return prefixBits <= address.length * 8 ? { address, prefixBits } : undefined;
};

export const inRange = ({ address, prefixBits }: IpRange, ip: string): boolean => {
  const bytes = ipBytes(ip);
  if (bytes?.length !== address.length) return false;
  return address.every((byte, index) => {
    const bits = Math.min(8, Math.max(0, prefixBits - 8 * index));
    return (byte ^ (bytes[index] ?? 0)) >> (8 - bits) === 0;
  });
};

/** Whole bytes that the index keeps a partition for: a coarse and a fine prefix of each family. */
const indexedBytes = (family: number): readonly number[] => (family === 4 ? [2, 3] : [4, 8]);

const nameOf = (bytes: Uint8Array, count: number): string => `${bytes.length}:${Buffer.from(bytes.subarray(0, count)).toString('hex')}`;

/** @returns the names of the prefixes that an address is listed under */
export const prefixesOf = (ip: string): string[] => {
  const bytes = ipBytes(ip);
  return bytes === undefined ? [] : indexedBytes(bytes.length).map((count) => nameOf(bytes, count));
};

/** Ranges a little wider than the coarse prefix are looked up as this many of them, at most. */
const maxPrefixes = 16;

/** @returns the names of prefixes that together hold the whole range; undefined where it is too wide for that */
export const prefixesOver = ({ address, prefixBits }: IpRange): string[] | undefined => {
  const [coarse = 0, fine = 0] = indexedBytes(address.length);
  if (prefixBits >= 8 * fine) return [nameOf(address, fine)];
  if (prefixBits >= 8 * coarse) return [nameOf(address, coarse)];
  const count = 2 ** (8 * coarse - prefixBits);
  if (count > maxPrefixes) return undefined;
  const first = Uint8Array.from(address);
  first[coarse - 1] = (first[coarse - 1] ?? 0) & ~(count - 1) & 255;
  return Array.from({ length: count }, (_, step) => {
    const bytes = Uint8Array.from(first);
    bytes[coarse - 1] = (bytes[coarse - 1] ?? 0) + step;
    return nameOf(bytes, coarse);
  });
};
