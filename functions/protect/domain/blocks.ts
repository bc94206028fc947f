// How a text is cut into blocks at offsets that the text alone decides, so that a streamed text and a whole one are looked at in the same pieces.
import type { Engine } from './engine.ts';
import { type AfterDeny, type PieceFindings, type ScanContext, scanPiece } from './scan-piece.ts';
import type { Finding } from './verdict.ts';

/** Code units of a block; findings that begin in it are its own. */
const blockUnits = 32_768;
/** Units before a block that are looked at with it: the longest match, and words before it that count. */
export const beforeUnits = 4_608;
/** Units behind a block that are looked at with it. */
const behindUnits = 5_376;

/** @returns whether a block can be scanned before the text's end is known; otherwise it is the last and takes all that is left */
export const isWhole = (blockFrom: number, textUnits: number): boolean => textUnits >= blockFrom + blockUnits + behindUnits;

/**
 * @param held the text from `heldFrom` on, which is at most {@link beforeUnits} before the block
 * @returns what begins in the block, with offsets in the text; `end` is where the next block begins
 * @throws WorkExceeded
 */
export const scanBlock = (
  engine: Engine,
  held: string,
  heldFrom: number,
  blockFrom: number,
  context: ScanContext,
  afterDeny: AfterDeny,
): PieceFindings & { readonly end: number } => {
  const textUnits = heldFrom + held.length;
  const whole = isWhole(blockFrom, textUnits);
  const end = whole ? blockFrom + blockUnits : textUnits;
  const from = Math.max(0, blockFrom - beforeUnits);
  const to = whole ? end + behindUnits : textUnits;
  const piece = from === heldFrom && to === textUnits ? held : held.slice(from - heldFrom, to - heldFrom);
  const found = scanPiece(engine, piece, context, afterDeny);
  if (from === 0 && end === textUnits) return { ...found, end };
  const own = (findings: readonly Finding[]): Finding[] =>
    findings
      .filter(({ start }) => from + start >= blockFrom && from + start < end)
      .map((finding) => ({ ...finding, start: from + finding.start, end: from + finding.end }));
  return { denied: own(found.denied), others: own(found.others), scores: found.scores, end };
};
