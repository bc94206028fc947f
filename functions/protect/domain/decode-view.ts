// The view in which encoded stretches (base64, hex, tag characters) stand decoded in their place, so that the words around them still count.
import { minEncodedUnits } from './traits.ts';
import { editView, type View } from './view.ts';

/** No stretch is longer: a longer run is decoded piece by piece, each a whole number of base64 groups. */
const maxStretchUnits = 4_096;

const hexBytes = /(?:0x)?[0-9a-fA-F]{2}(?:[ :,;-]{1,2}(?:0x)?[0-9a-fA-F]{2}(?![0-9A-Za-z])){5,1023}/y;
const tags = /(?:\u{e0001})?[\u{e0020}-\u{e007f}]{1,2048}/uy;

const isHexDigit = (unit: number): boolean => (unit >= 48 && unit <= 57) || ((unit | 32) >= 97 && (unit | 32) <= 102);

/** @returns the stretch at `at` that may be encoded, and where to look on otherwise */
const stretchAt = (text: string, at: number): { readonly run?: string; readonly next: number } => {
  const unit = text.charCodeAt(at);
  if (unit === 0xdb40) {
    tags.lastIndex = at;
    const run = tags.exec(text)?.[0];
    return run === undefined ? { next: at + 1 } : { run, next: at + run.length };
  }
  if (base64Value(unit) < 0) return { next: at + 1 };
  let end = at + 1;
  while (end < text.length && end - at < maxStretchUnits && base64Value(text.charCodeAt(end)) >= 0) end += 1;
  if (end - at >= minEncodedUnits) {
    for (let pad = 0; pad < 2 && text.charCodeAt(end) === 0x3d; pad += 1) end += 1;
    return { run: text.slice(at, end), next: end };
  }
  if ((end - at === 2 || end - at === 4 || text[at + 2] === '-') && isHexDigit(unit)) {
    hexBytes.lastIndex = at;
    const run = hexBytes.exec(text)?.[0];
    if (run !== undefined) return { run, next: at + run.length };
  }
  return { next: end };
};

const printable = (bytes: Uint8Array): string | undefined => {
  let odd = 0;
  for (const byte of bytes) {
    if (byte === 0 || (byte < 32 && byte !== 9 && byte !== 10 && byte !== 13) || byte === 127) return undefined;
    if (byte > 127) odd += 1;
  }
  if (bytes.length < 4) return undefined;
  if (odd === 0) return Buffer.from(bytes).toString('latin1');
  const text = Buffer.from(bytes).toString('utf8');
  return text.includes('\ufffd') ? undefined : text;
};

/** A decoded character, and the source's `[from, to)` that it came from. */
interface Decoded {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** @param placeOf where in the source a byte's own characters begin */
const placed = (text: string, placeOf: (byte: number) => number): Decoded[] => {
  const decoded: Decoded[] = [];
  let byte = 0;
  let reached = 0;
  for (const character of text) {
    const next = byte + Buffer.byteLength(character);
    const from = Math.max(reached, placeOf(byte));
    reached = Math.max(from + 1, placeOf(next));
    decoded.push({ from, to: reached, text: character });
    byte = next;
  }
  return decoded;
};

const base64Value = (unit: number): number => {
  if (unit >= 65 && unit <= 90) return unit - 65;
  if (unit >= 97 && unit <= 122) return unit - 71;
  if (unit >= 48 && unit <= 57) return unit + 4;
  if (unit === 43 || unit === 45) return 62;
  return unit === 47 || unit === 95 ? 63 : -1;
};

/** Whether the bytes that base64 begins with could be text: nearly all that is no base64 ends here. */
const mayBeText = (run: string): boolean => {
  for (let at = 0; at + 4 <= Math.min(run.length, 12); at += 4) {
    const bits =
      (base64Value(run.charCodeAt(at)) << 18) |
      (base64Value(run.charCodeAt(at + 1)) << 12) |
      (base64Value(run.charCodeAt(at + 2)) << 6) |
      base64Value(run.charCodeAt(at + 3));
    for (const byte of [(bits >> 16) & 255, (bits >> 8) & 255, bits & 255]) {
      if ((byte < 32 && byte !== 9 && byte !== 10 && byte !== 13) || byte === 127) return false;
    }
  }
  return true;
};

const fromBase64 = (run: string, at: number): Decoded[] | undefined => {
  const bare = run.replace(/=+$/, '');
  if (bare.length % 4 === 1 || !mayBeText(bare) || /^(?:[a-z]+|[A-Z]+|\d+|[A-Z][a-z]+)$/.test(bare)) return undefined;
  const bytes = Buffer.from(bare, 'base64');
  const text = printable(bytes);
  return text === undefined
    ? undefined
    : placed(text, (byte) => at + (byte === bytes.length ? run.length : Math.min(Math.floor((byte * 8) / 6), bare.length)));
};

const hexShape = /^(?:0x)?(?:[0-9a-fA-F]{2}){6,}$|^(?:0x)?[0-9a-fA-F]{2}[ :,;-]/;
/** Short words (`be`, `add`) that stand before bytes and look like one. */
const maxStrayBytes = 2;

const fromHex = (run: string, at: number): Decoded[] | undefined => {
  if (!hexShape.test(run)) return undefined;
  const places: number[] = [];
  const bytes: number[] = [];
  for (const match of run.matchAll(/(?:0x)?([0-9a-fA-F]{2})/g)) {
    places.push(at + match.index);
    bytes.push(Number.parseInt(match[1] ?? '', 16));
  }
  const separated = /[ :,;-]/.test(run);
  for (let stray = 0; stray <= (separated ? maxStrayBytes : 0); stray += 1) {
    const text = printable(Uint8Array.from(bytes.slice(stray)));
    if (text !== undefined) return placed(text, (byte) => places[stray + byte] ?? at + run.length);
  }
  return undefined;
};

const fromTags = (run: string, at: number): Decoded[] =>
  [...run].flatMap((character, index) => {
    const point = (character.codePointAt(0) ?? 0) - 0xe0000;
    return point >= 32 && point < 127 ? [{ from: at + index * 2, to: at + index * 2 + 2, text: String.fromCharCode(point) }] : [];
  });

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;

/** @returns the decoded view, or the view itself where nothing in it is encoded */
export const decodeView = (view: View): View => {
  const { text } = view;
  const out = editView(view);
  for (let at = 0; at < text.length; ) {
    const { run, next } = stretchAt(text, at);
    if (run !== undefined) {
      const decoded = isSurrogate(run.charCodeAt(0)) ? fromTags(run, at) : (fromHex(run, at) ?? fromBase64(run, at));
      for (const { from, to, text: character } of decoded ?? []) out.replace(from, to, character);
    }
    at = next;
  }
  return out.view();
};
