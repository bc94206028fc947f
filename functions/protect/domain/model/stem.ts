// A rough English stem as a hash, so that `killing`, `killed` and `kill` are one entry of the lexicon; other languages pass nearly whole.
import { hashSeed, hashStep } from './hash.ts';

const [letterS, letterE, letterD, letterI, letterN, letterG, letterY, letterR, letterL] = [...'sedingyrl'].map((letter) =>
  letter.charCodeAt(0),
) as [number, number, number, number, number, number, number, number, number];

/** @returns the length without an inflection */
const cutEnding = (units: Uint16Array, length: number): number => {
  let end = length;
  const last = (back: number): number => units[end - back] as number;
  if (end >= 4 && last(1) === letterS && last(2) !== letterS) end -= 1;
  if (end >= 6 && last(1) === letterG && last(2) === letterN && last(3) === letterI) end -= 3;
  else if (end >= 5 && last(1) === letterD && last(2) === letterE) end -= 2;
  else if (end >= 6 && last(1) === letterR && last(2) === letterE) end -= 2;
  else if (end >= 6 && last(1) === letterY && last(2) === letterL) end -= 2;
  if (end >= 4 && last(1) === letterE) end -= 1;
  if (end >= 4 && last(1) === last(2)) end -= 1;
  return end;
};

/** @returns a hash that inflected forms of one word share */
export const stemHash = (units: Uint16Array, length: number): number => {
  const end = cutEnding(units, length);
  let hash = hashSeed ^ 0x51ed27;
  for (let index = 0; index < end; index += 1) {
    const unit = units[index] as number;
    hash = hashStep(hash, index === end - 1 && unit === letterY && end > 2 ? letterI : unit);
  }
  return hash;
};
