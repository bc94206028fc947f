// How far a text that is still growing is settled: findings that begin before that offset can no longer change, whatever follows.
import type { Engine } from './engine.ts';
import { plainForm } from './lookalikes.ts';
import type { ScanContext } from './scan-piece.ts';

/** Held back at most, whatever the text: the longest match, what follows it that counts, and what surrounds it. */
export const maxHeldUnits = 5_376;
/** Held back where the last units have digits or signs, but nothing encoded, no markup and no long words. */
const plainHeldUnits = 1_024;
const plainUnits = 1_280;
/** Held back behind running text without digits and signs. */
const calmHeldUnits = 192;
const maxPlainWord = 64;
const maxCalmWord = 40;
/** Marks of emphasis in calm text, which the views take out. */
const maxCalmMarks = 16;

const calm = 0;
const plain = 1;
const hostile = 2;

/** What a unit alone says. */
const kindOf = (unit: number): 0 | 1 | 2 => {
  if (unit > 127) {
    if (unit >= 0xd800 && unit <= 0xdfff) return hostile;
    return plainForm(unit) === String.fromCharCode(unit) ? calm : hostile;
  }
  if (unit === 32 || unit === 10 || (unit >= 65 && unit <= 90) || (unit >= 97 && unit <= 122)) return calm;
  if ('.,;:!?\'"()-*_'.includes(String.fromCharCode(unit))) return calm;
  if (unit < 32 || unit === 127 || unit === 0x3c || unit === 0x26 || unit === 0x25 || unit === 0x5c) return hostile;
  return plain;
};

const isSpace = (unit: number): boolean => unit === 32 || unit === 10;

/**
 * Walks backwards from the end until the text is settled by one of the three rules.
 *
 * @param text its end counts; it may begin anywhere
 * @returns the offset in `text`, at least `text.length - maxHeldUnits` where the text is as long
 */
export const settledIn = (text: string, engine: Engine, { knownSecrets }: ScanContext): number => {
  const longest = engine.policies.reduce((most, { denyLists, custom }) => {
    const lists = denyLists.reduce((units, { compiled }) => Math.max(units, compiled.maxUnits), most);
    return custom.reduce((units, { detect }) => Math.max(units, detect.maxUnits), lists);
  }, 0);
  const reach = engine.policies.reduce((most, { models }) => models.reduce((units, model) => Math.max(units, model.reachUnits), most), 0);
  const secretUnits = knownSecrets === undefined ? 0 : Math.min(maxHeldUnits, 2 * knownSecrets.maxUnits + 64);
  const least = Math.max(reach, secretUnits);
  const calmHeld = Math.max(calmHeldUnits, 2 * longest + 64);
  const plainHeld = Math.max(plainHeldUnits, 4 * longest + 64);
  const end = text.length;
  const floor = Math.max(0, end - maxHeldUnits);
  let calmUnits = 0;
  let plainSoFar = 0;
  let marks = 0;
  let word = 0;
  let spaces = 0;
  let lastWord = 9;
  for (let at = end - 1; at >= floor; at -= 1) {
    const unit = text.charCodeAt(at);
    const kind = kindOf(unit);
    if (isSpace(unit)) {
      spaces += 1;
      if (word > 0) {
        // Single letters apart, and the word `dot`, may be a value in disguise.
        if ((word === 1 && lastWord === 1) || /^dot\b/i.test(text.slice(at + 1, at + 5))) calmUnits = 0;
        lastWord = word;
      }
      word = 0;
    } else {
      spaces = 0;
      word += 1;
    }
    plainSoFar = kind === hostile || spaces > 2 || word > maxPlainWord ? 0 : plainSoFar + 1;
    if ((unit === 0x2a || unit === 0x5f) && calmUnits > 0) marks += 1;
    const isCalm = kind === calm && spaces <= 2 && word <= maxCalmWord && marks <= maxCalmMarks;
    if (!isCalm) marks = 0;
    calmUnits = isCalm ? calmUnits + 1 : 0;
    if (calmUnits >= calmHeld + calmHeldUnits) return Math.min(at + calmHeldUnits, end - least);
    if (plainSoFar === end - at && plainSoFar >= Math.max(plainUnits, plainHeld)) return Math.min(end - plainHeld, end - least);
  }
  return Math.max(0, Math.min(end - maxHeldUnits, end - least));
};
