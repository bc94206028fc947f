// The 32-bit hashes that name words, classes and features; the weights were trained with exactly these.

/** Murmur-style mix of two 32-bit values. */
export const mix = (a: number, b: number): number => {
  let h = Math.imul(a ^ Math.imul(b, 0xcc9e2d51), 0x1b873593);
  h = (h << 15) | (h >>> 17);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  return h ^ (h >>> 13);
};

export const hashSeed = 0x2545f491;

/** One step of a word's running hash. */
export const hashStep = (hash: number, unit: number): number => {
  const h = Math.imul(hash ^ unit, 0x01000193);
  return h ^ (h >>> 15);
};
