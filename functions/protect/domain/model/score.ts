// Scores a text by chunks: each by itself, with its neighbours, and in a wide window; what is short and what surrounds it both count.
import { bucketBits, readChunks } from './features.ts';
import { heads, loadWeights, type Weights } from './weights.ts';

const headCount = heads.length;
const bucketMask = (1 << bucketBits) - 1;
/** Chunks to either side in the widest window. */
const wide = 5;
/** Units to either side of a chunk that may count for it. */
export const reachUnits = 2048;
/** What a sentence loses when it is judged without its surroundings: bad by itself, it counts though they are honest. */
const aloneMargin = 1.5;
/** Keeps windows of few features from extremes. */
const damping = 30;

/** The scores of a text, chunk by chunk. */
export interface ScoredText {
  readonly chunks: number;
  /** Offsets of chunk `i`: `spans[2 * i]` to `spans[2 * i + 1]`. */
  readonly spans: readonly number[];
  /** Logit of head `h` at chunk `i`: `logits[i * heads.length + h]`. */
  readonly logits: Float64Array;
}

interface Sums {
  readonly spans: number[];
  /** Cumulative, by chunk and head. */
  readonly weights: number[];
  readonly features: number[];
}

const sumChunks = (text: string, { table, scales }: Weights): Sums => {
  const sums: Sums = { spans: [], weights: new Array(headCount).fill(0), features: [0] };
  let count = 0;
  readChunks(text, ({ start, end, features, length }) => {
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    let e = 0;
    let f = 0;
    for (let index = 0; index < length; index += 1) {
      const feature = features[index] as number;
      const at = (feature & bucketMask) * headCount;
      // The top bit is the sign.
      const sign = 1 - ((feature >>> 31) << 1);
      a += sign * (table[at] as number);
      b += sign * (table[at + 1] as number);
      c += sign * (table[at + 2] as number);
      d += sign * (table[at + 3] as number);
      e += sign * (table[at + 4] as number);
      f += sign * (table[at + 5] as number);
    }
    const own = [a, b, c, d, e, f];
    const before = count * headCount;
    for (let head = 0; head < headCount; head += 1) {
      sums.weights.push((sums.weights[before + head] as number) + (own[head] as number) * (scales[head] as number));
    }
    sums.features.push((sums.features[count] as number) + length);
    sums.spans.push(start, end);
    count += 1;
  });
  return sums;
};

/** @returns the text's chunks with their scores; linear in its length */
export const scoreText = (text: string): ScoredText => {
  const weights = loadWeights();
  const { spans, weights: cumulative, features } = sumChunks(text, weights);
  const chunks = spans.length / 2;
  const logits = new Float64Array(chunks * headCount);
  const windows = new Float64Array(3 * headCount);
  const window = (slot: number, from: number, to: number): void => {
    const norm = 1 / Math.sqrt((features[to] as number) - (features[from] as number) + damping);
    for (let head = 0; head < headCount; head += 1) {
      const sum = (cumulative[to * headCount + head] as number) - (cumulative[from * headCount + head] as number);
      windows[slot * headCount + head] = sum * norm + (weights.biases[head] as number);
    }
  };
  for (let at = 0; at < chunks; at += 1) {
    const start = spans[2 * at] as number;
    const isNear = (other: number): boolean =>
      other >= 0 &&
      other < chunks &&
      (spans[2 * other] as number) >= start - reachUnits &&
      (spans[2 * other + 1] as number) <= start + reachUnits;
    let from = at;
    let to = at + 1;
    while (from > at - wide && isNear(from - 1)) from -= 1;
    while (to <= at + wide && isNear(to)) to += 1;
    window(0, at, at + 1);
    window(1, Math.max(from, at - 1), Math.min(to, at + 2));
    window(2, from, to);
    for (let head = 0; head < headCount; head += 1) {
      const { weights: by, bias } = weights.stacks[head] as Weights['stacks'][number];
      let logit = bias;
      let alone = bias - aloneMargin;
      for (let slot = 0; slot < 3; slot += 1) {
        logit += (by[slot] as number) * (windows[slot * headCount + head] as number);
        alone += (by[slot] as number) * (windows[head] as number);
      }
      let place = 3;
      for (let other = 0; other < headCount; other += 1) {
        if (other === head) continue;
        logit += (by[place] as number) * (windows[2 * headCount + other] as number);
        alone += (by[place] as number) * (windows[other] as number);
        place += 1;
      }
      logits[at * headCount + head] = Math.max(logit, alone);
    }
  }
  return { chunks, spans, logits };
};
