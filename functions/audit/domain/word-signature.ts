// Signatures of events' words: a set of bits an event, so that "has these words" is asked of bit rows over thousands of events at once (bit-sliced signature files).

/** Bits of a signature; with some 45 words an event, about one event in 10,000 looks as if it had a word that it has not. */
export const signatureBits = 1_024;
export const signatureBytes = signatureBits / 8;
const bitsPerWord = 6;
/** Events of one block, by their places in the log. */
export const blockEvents = 2_048;

const fnvPrime = 0x01000193;

/** FNV-1a over UTF-16 code units. */
const fnv = (word: string, seed: number): number => {
  let value = seed;
  for (let at = 0; at < word.length; at += 1) value = Math.imul(value ^ word.charCodeAt(at), fnvPrime);
  value ^= value >>> 15;
  value = Math.imul(value, 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
};

/** @returns the bits that every event with that word has set */
export const bitsOfWord = (word: string): number[] => {
  const first = fnv(word, 0x811c9dc5);
  const step = fnv(word, 0x9747b28c) | 1;
  const bits = new Set<number>();
  for (let at = 0; at < bitsPerWord; at += 1)
    bits.add(((first + Math.imul(step, at) + (at * at * at - at) / 6) % signatureBits) & (signatureBits - 1));
  return [...bits];
};

export const signatureOf = (words: Iterable<string>): Uint8Array => {
  const signature = new Uint8Array(signatureBytes);
  for (const word of words) for (const bit of bitsOfWord(word)) signature[bit >> 3] = (signature[bit >> 3] ?? 0) | (1 << (bit & 7));
  return signature;
};

export const hasBit = (bits: Uint8Array, at: number): boolean => ((bits[at >> 3] ?? 0) & (1 << (at & 7))) !== 0;

/** @returns for each bit of signatures the set of events that have it, where there is any */
export const slicesOf = (signatures: readonly Uint8Array[]): Map<number, Uint8Array> => {
  const slices = new Map<number, Uint8Array>();
  for (const [event, signature] of signatures.entries()) {
    for (let byte = 0; byte < signatureBytes; byte += 1) {
      for (let value = signature[byte] ?? 0; value !== 0; value &= value - 1) {
        const bit = byte * 8 + (31 - Math.clz32(value & -value));
        const slice = slices.get(bit) ?? new Uint8Array(blockEvents / 8);
        slice[event >> 3] = (slice[event >> 3] ?? 0) | (1 << (event & 7));
        slices.set(bit, slice);
      }
    }
  }
  return slices;
};

/** Keeps in `into` what both have. */
export const intersectBits = (into: Uint8Array, other: Uint8Array): void => {
  for (let at = 0; at < into.length; at += 1) into[at] = (into[at] ?? 0) & (other[at] ?? 0);
};
