// A line of the archive: an entry's exact bytes with its place in the log as their first member.

const prefix = '{"leafIndex":';

export interface ArchiveLine {
  readonly leafIndex: number;
  readonly entry: Uint8Array;
}

/** @param entry a JSON object with members, none of them `leafIndex` */
export const encodeArchiveLine = ({ leafIndex, entry }: ArchiveLine): Buffer =>
  Buffer.concat([Buffer.from(`${prefix}${leafIndex},`), entry.subarray(1)]);

/** @returns the line's parts, or undefined for any line that {@link encodeArchiveLine} would not write byte for byte */
export const decodeArchiveLine = (line: Uint8Array): ArchiveLine | undefined => {
  const text = Buffer.from(line.buffer, line.byteOffset, line.byteLength);
  const digits = /^\{"leafIndex":(0|[1-9]\d{0,15}),"/.exec(text.toString('latin1', 0, prefix.length + 18))?.[1];
  if (digits === undefined || text.at(-1) !== 0x7d) return undefined;
  const members = text.subarray(prefix.length + digits.length + 1);
  return { leafIndex: Number(digits), entry: Buffer.concat([Buffer.from('{'), members]) };
};
