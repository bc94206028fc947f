// A low estimate of how hard a value is to guess: its alphabet's bits for each character that neither repeats nor continues a run.

const alphabets: readonly { readonly pattern: RegExp; readonly size: number }[] = [
  { pattern: /^[0-9]*$/, size: 10 },
  { pattern: /^[0-9a-f]*$|^[0-9A-F]*$/, size: 16 },
  { pattern: /^[a-z]*$|^[A-Z]*$/, size: 26 },
  { pattern: /^[a-z0-9]*$|^[A-Z0-9]*$/, size: 36 },
  { pattern: /^[A-Za-z]*$/, size: 52 },
  { pattern: /^[A-Za-z0-9_-]*$/, size: 64 },
  { pattern: /^[\x20-\x7e]*$/, size: 95 },
];
const anyByte = 128;

/** Shorter repetitions are chance. */
const repeatLength = 3;
/** Beyond this many counted characters every value is hard to guess. */
const enough = 256;

/** @param text the value's bytes as Latin-1 */
export const estimatedBits = (text: string): number => {
  const size = alphabets.find(({ pattern }) => pattern.test(text))?.size ?? anyByte;
  const seen = new Set<string>();
  let counted = 0;
  let step: number | undefined;
  for (let at = 0; at < text.length && counted < enough; at += 1) {
    const delta = at === 0 ? undefined : text.charCodeAt(at) - text.charCodeAt(at - 1);
    const runs = delta !== undefined && delta === step && Math.abs(delta) <= 1;
    step = delta;
    const here = text.slice(at - repeatLength + 1, at + 1);
    const repeats = here.length === repeatLength && seen.has(here.toLowerCase());
    if (here.length === repeatLength) seen.add(here.toLowerCase());
    if (!runs && !repeats) counted += 1;
  }
  return counted * Math.log2(size);
};
