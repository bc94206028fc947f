// IP addresses and CIDR ranges (RFC 4632, RFC 4291) as numbers; IPv4-mapped IPv6 addresses count as IPv4.

/** Eight groups of 16 bits; an IPv4 address is kept in its IPv4-mapped form. */
type Groups = readonly number[];

export interface IpRange {
  readonly groups: Groups;
  /** Leading bits that count, 0 to 128. */
  readonly bits: number;
}

const v4Bits = 32;
const mappedBits = 96;

const parseV4 = (text: string): [number, number] | undefined => {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = parts.map(Number);
  return [a * 256 + b, c * 256 + d];
};

const parseGroups = (text: string): number[] | undefined => {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    const v4 = last && part.includes('.') ? parseV4(part) : undefined;
    if (v4 !== undefined) groups.push(...v4);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
};

/** @returns the address, or undefined for what is none; zone ids, ports and leading zeros in IPv4 are refused */
export const parseIp = (text: string): Groups | undefined => {
  if (text.length > 45) return undefined;
  if (!text.includes(':')) {
    const v4 = parseV4(text);
    return v4 && [0, 0, 0, 0, 0, 0xffff, ...v4];
  }
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '');
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '') : [];
  if (head === undefined || tail === undefined) return undefined;
  if (halves.length === 1) return head.length === 8 ? head : undefined;
  if (head.length + tail.length > 7 || (halves[0] ?? '').includes('.')) return undefined;
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
};

/** @returns the range, or undefined for what is none; a bare address is a range of one, bits behind the prefix do not count */
export const parseRange = (text: string): IpRange | undefined => {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const groups = parseIp(address);
  if (groups === undefined) return undefined;
  const isV4 = !address.includes(':');
  const width = isV4 ? v4Bits : 128;
  const length = slash < 0 ? String(width) : text.slice(slash + 1);
  if (!/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > width) return undefined;
  return { groups, bits: Number(length) + (isV4 ? mappedBits : 0) };
};

/** @returns whether the address lies in the range */
export const inRange = (range: IpRange, address: Groups): boolean => {
  for (let index = 0, left = range.bits; left > 0; index += 1, left -= 16) {
    const mask = left >= 16 ? 0xffff : (0xffff << (16 - left)) & 0xffff;
    if ((((range.groups[index] ?? 0) ^ (address[index] ?? 0)) & mask) !== 0) return false;
  }
  return true;
};

/** @returns whether all of `inner` lies in `outer` */
export const rangeCovers = (outer: IpRange, inner: IpRange): boolean => outer.bits <= inner.bits && inRange(outer, inner.groups);
