// Signatures of words: what an event has is always found, what it has not seldom looks as if it were there.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  bitsOfWord,
  blockEvents,
  hasBit,
  intersectBits,
  signatureBits,
  signatureOf,
  slicesOf,
} from '../../../functions/audit/domain/word-signature.ts';

test('every word of an event is in its signature and in the slices of its block', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.string({ minLength: 1 }), { maxLength: 8 }), { maxLength: 40 }), (events) => {
      const signatures = events.map(signatureOf);
      const slices = slicesOf(signatures);
      for (const [at, words] of events.entries()) {
        for (const word of words) {
          for (const bit of bitsOfWord(word)) {
            expect(hasBit(signatures[at] ?? new Uint8Array(), bit)).toBe(true);
            expect(hasBit(slices.get(bit) ?? new Uint8Array(), at)).toBe(true);
          }
        }
      }
      for (const [bit, slice] of slices)
        for (const [at, signature] of signatures.entries()) expect(hasBit(slice, at)).toBe(hasBit(signature, bit));
    }),
    { numRuns: 50 },
  );
});

test('one event in a thousand at most looks as if it had a word that it has not', () => {
  const signatures = Array.from({ length: blockEvents }, (_, event) =>
    signatureOf(Array.from({ length: 45 }, (__, word) => `w${event}x${word}`)),
  );
  let false_ = 0;
  for (let asked = 0; asked < 50; asked += 1) {
    const bits = bitsOfWord(`absent${asked}`);
    expect(bits.every((bit) => bit >= 0 && bit < signatureBits)).toBe(true);
    false_ += signatures.filter((signature) => bits.every((bit) => hasBit(signature, bit))).length;
  }
  expect(false_ / (50 * blockEvents)).toBeLessThan(0.001);
});

test('intersecting keeps what both have', () => {
  const bits = Uint8Array.of(0b1100, 0xff);
  intersectBits(bits, Uint8Array.of(0b1010, 0x0f));
  expect([...bits]).toEqual([0b1000, 0x0f]);
});
