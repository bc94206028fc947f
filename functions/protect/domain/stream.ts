// A text that comes in chunks: what is certain goes out redacted, nothing after a block; however it is cut, the verdict is that of the whole text.
import { beforeUnits, isWhole, scanBlock } from './blocks.ts';
import type { Engine } from './engine.ts';
import { type Gathered, gather, maxTextUnits, redactionsOf, TextTooLong, verdictOf } from './evaluate.ts';
import { WorkExceeded } from './pattern-run.ts';
import { merge } from './redact.ts';
import type { PieceFindings, ScanContext } from './scan-piece.ts';
import { settledIn } from './settled.ts';
import type { Finding, Verdict } from './verdict.ts';

/** All that a stream remembers, as plain JSON: it may be sealed and opened elsewhere. Offsets count in the whole text. */
export interface StreamState {
  /** The text from `heldFrom` on. */
  readonly held: string;
  readonly heldFrom: number;
  /** Where the block that is not scanned for good yet begins. */
  readonly blockFrom: number;
  /** Text before it has gone out. */
  readonly emitted: number;
  /** How long the text was when it was last looked at. */
  readonly lookedAt: number;
  /** Nothing goes out from there on. */
  readonly stopped: boolean;
  /** Of the blocks scanned for good. */
  readonly gathered: Gathered;
}

export interface Emission {
  /** Redacted, safe to pass on; may be empty. */
  readonly text: string;
  /** Findings in what has gone out with this emission. */
  readonly findings: readonly Finding[];
}

export interface Advance extends Emission {
  readonly state: StreamState;
}

export const openStream = (): StreamState => ({
  held: '',
  heldFrom: 0,
  blockFrom: 0,
  emitted: 0,
  lookedAt: 0,
  stopped: false,
  gathered: { denied: [], others: [], scores: {} },
});

/** A look costs as much as the text that it looks at, so looks are apart by a share of that. */
const minNewUnits = 64;
const lookShare = 24;

const unsettled = ({ denied, others }: PieceFindings, from: number): Finding[] => [...denied, ...others].filter(({ end }) => end > from);

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

interface Sent extends Emission {
  readonly emitted: number;
  readonly stopped: boolean;
}

/** What goes out where findings that begin before `settled` are `known`. */
const emission = (state: StreamState, held: string, known: readonly Finding[], settled: number): Sent => {
  const { emitted, heldFrom } = state;
  const certain = known.filter(({ start }) => start < settled);
  const firstBlock = certain.reduce(
    (least, { action, start }) => (action === 'block' ? Math.min(least, start) : least),
    Number.POSITIVE_INFINITY,
  );
  let end = Math.min(settled, firstBlock);
  const redactions = merge(redactionsOf(certain));
  // INVARIANT: a redaction goes out whole or not at all.
  for (const { start, end: last } of redactions) if (start < end && end < last) end = start;
  if (end < firstBlock && end > heldFrom && isHighSurrogate(held.charCodeAt(end - heldFrom - 1))) end -= 1;
  if (end <= emitted) return { text: '', findings: [], emitted, stopped: firstBlock < settled };
  const parts: string[] = [];
  let from = emitted;
  for (const { start, end: last, token } of redactions) {
    if (last <= emitted || start >= end) continue;
    parts.push(held.slice(from - heldFrom, start - heldFrom), token);
    from = last;
  }
  parts.push(held.slice(from - heldFrom, end - heldFrom));
  const findings = certain.filter(({ start }) => start >= emitted && start < end).sort((a, b) => a.start - b.start || a.end - b.end);
  return { text: parts.join(''), findings, emitted: end, stopped: firstBlock < settled };
};

/** Findings of the block that is still open, as the text stands; undefined where its patterns take too much work so far. */
const lookAhead = (engine: Engine, state: StreamState, context: ScanContext): PieceFindings | undefined => {
  try {
    return scanBlock(engine, state.held, state.heldFrom, state.blockFrom, context, 'go-on');
  } catch (error) {
    if (error instanceof WorkExceeded) return undefined;
    throw error;
  }
};

const trimmed = (state: StreamState): StreamState => {
  const from = Math.min(Math.max(0, state.blockFrom - beforeUnits), state.stopped ? Number.POSITIVE_INFINITY : state.emitted);
  return from <= state.heldFrom ? state : { ...state, held: state.held.slice(from - state.heldFrom), heldFrom: from };
};

/** Scans each block that is whole. @throws WorkExceeded */
const settleBlocks = (engine: Engine, state: StreamState, context: ScanContext, isEnd: boolean): StreamState => {
  let { blockFrom } = state;
  if (!isEnd && !isWhole(blockFrom, state.heldFrom + state.held.length)) return state;
  const gathered: Gathered = {
    denied: [...state.gathered.denied],
    others: [...state.gathered.others],
    scores: { ...state.gathered.scores },
  };
  const textUnits = state.heldFrom + state.held.length;
  while (isWhole(blockFrom, textUnits) || (isEnd && blockFrom < textUnits)) {
    const block = scanBlock(engine, state.held, state.heldFrom, blockFrom, context, 'go-on');
    gather(gathered, block);
    blockFrom = block.end;
  }
  return blockFrom === state.blockFrom ? state : { ...state, blockFrom, gathered };
};

/**
 * Takes the next chunk.
 *
 * @returns the state for the next one, and what is certain now
 * @throws TextTooLong, WorkExceeded: nothing more may go out then
 */
export const pushChunk = (engine: Engine, before: StreamState, chunk: string, context: ScanContext = {}): Advance => {
  const textUnits = before.heldFrom + before.held.length + chunk.length;
  if (textUnits > maxTextUnits) throw new TextTooLong();
  let state = settleBlocks(engine, { ...before, held: before.held + chunk }, context, false);
  const isDue = textUnits - state.lookedAt >= minNewUnits + state.held.length / lookShare;
  if (state.stopped || !(isDue || state.blockFrom > before.blockFrom)) return { state: trimmed(state), text: '', findings: [] };
  const ahead = lookAhead(engine, state, context);
  const settled =
    ahead === undefined ? state.blockFrom : Math.max(state.blockFrom, state.heldFrom + settledIn(state.held, engine, context));
  const known = [...unsettled(state.gathered, state.emitted), ...(ahead === undefined ? [] : unsettled(ahead, state.emitted))];
  const { text, findings, emitted, stopped } = emission(state, state.held, known, settled);
  state = { ...state, emitted, stopped, lookedAt: textUnits };
  return { state: trimmed(state), text, findings };
};

/**
 * The text is at its end.
 *
 * @returns what is left to go out, and the verdict of the whole text without the text
 * @throws WorkExceeded
 */
export const endStream = (
  engine: Engine,
  before: StreamState,
  context: ScanContext = {},
): Emission & { readonly verdict: Omit<Verdict, 'text'> } => {
  const state = settleBlocks(engine, before, context, true);
  const textUnits = state.heldFrom + state.held.length;
  const verdict = verdictOf(state.gathered);
  if (state.stopped) return { text: '', findings: [], verdict };
  const { text, findings } = emission(state, state.held, unsettled(state.gathered, state.emitted), textUnits);
  return { text, findings, verdict };
};
