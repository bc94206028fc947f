// A domain made from its description and examples, and how near a text is to it: shared words, and nearness of word vectors.
import { type Chunk, readChunks, wordBase } from './features.ts';
import { addVector, idfOf, vectorDims } from './words.ts';

/** A piece of text as the comparison sees it. */
export interface Bag {
  /** TF-IDF by stem, of length one. */
  readonly weights: ReadonlyMap<number, number>;
  /** Of length one, or zero. */
  readonly vector: Float64Array;
  readonly words: number;
  /** Sum of the words' idf. */
  readonly mass: number;
  /** Words and word pairs by hash, the commonest words too: how a thing is asked. */
  readonly phrases: ReadonlySet<number>;
}

/** What a text is compared by. */
export interface Gist {
  readonly stems: number[];
  readonly phrases: Set<number>;
}

export const emptyGist = (): Gist => ({ stems: [], phrases: new Set() });

/** Phrases of a text that count, at most. */
const maxPhrases = 256;

/** Adds a chunk to the gist of a text. */
export const gather = ({ stems, phrases }: Gist, chunk: Chunk): void => {
  for (let index = 0; index < chunk.words; index += 1) stems.push(chunk.stems[index] as number);
  for (let index = 0; index < chunk.length && phrases.size < maxPhrases; index += 1) {
    const bucket = (chunk.features[index] as number) & 0x7fffffff;
    if (bucket >= wordBase) phrases.add(bucket);
  }
};

export interface DomainProfile {
  readonly pieces: readonly Bag[];
  readonly vocabulary: ReadonlySet<number>;
  readonly centre: Float64Array;
  /** The pieces that hold a phrase. */
  readonly holders: ReadonlyMap<number, readonly number[]>;
  /** The pieces that hold a stem, and its weight there. */
  readonly carriers: ReadonlyMap<number, readonly (readonly [piece: number, weight: number])[]>;
}

/** Commoner words say nothing of a topic. */
const leastIdf = 1.6;

const normalize = (vector: Float64Array): Float64Array => {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const norm = Math.sqrt(sum);
  return norm === 0 ? vector : vector.map((value) => value / norm);
};

export const bagOf = ({ stems, phrases }: Gist): Bag => {
  const counts = new Map<number, number>();
  for (const stem of stems) counts.set(stem, (counts.get(stem) ?? 0) + 1);
  const weights = new Map<number, number>();
  const vector = new Float64Array(vectorDims);
  let square = 0;
  let mass = 0;
  for (const [stem, count] of counts) {
    const idf = idfOf(stem);
    if (idf < leastIdf) continue;
    const weight = (1 + Math.log(count)) * (idf - 1);
    weights.set(stem, weight);
    square += weight * weight;
    mass += idf;
    addVector(stem, weight, vector);
  }
  const norm = Math.sqrt(square) || 1;
  for (const [stem, weight] of weights) weights.set(stem, weight / norm);
  return { weights, vector: normalize(vector), words: weights.size, mass, phrases };
};

export const gistOf = (text: string): Gist => {
  const gist = emptyGist();
  readChunks(text, (chunk) => gather(gist, chunk));
  return gist;
};

const put = <T>(map: Map<number, T[]>, key: number, value: T): void => {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
};

/** @returns the domain, or undefined where nothing was said of it */
export const domainProfile = (description: string, examples: readonly string[]): DomainProfile | undefined => {
  const pieces = [description, ...examples].map((text) => bagOf(gistOf(text))).filter(({ words }) => words > 0);
  if (pieces.length === 0) return undefined;
  const vocabulary = new Set<number>();
  const centre = new Float64Array(vectorDims);
  const holders = new Map<number, number[]>();
  const carriers = new Map<number, (readonly [number, number])[]>();
  for (const [piece, { weights, vector, phrases }] of pieces.entries()) {
    for (const phrase of phrases) put(holders, phrase, piece);
    for (const [stem, weight] of weights) {
      vocabulary.add(stem);
      put(carriers, stem, [piece, weight] as const);
    }
    for (let dim = 0; dim < vectorDims; dim += 1) centre[dim] = (centre[dim] as number) + (vector[dim] as number);
  }
  return { pieces, vocabulary, centre: normalize(centre), holders, carriers };
};

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let dim = 0; dim < vectorDims; dim += 1) sum += (a[dim] as number) * (b[dim] as number);
  return sum;
};

/** How many numbers {@link nearness} gives. */
export const nearnessCount = 8;

/** @returns how near a text is to a domain, as the numbers that the trained weights read */
export const nearness = (profile: DomainProfile, bag: Bag): number[] => {
  const count = profile.pieces.length;
  const common = new Float64Array(count);
  for (const [stem, weight] of bag.weights) {
    for (const [piece, other] of profile.carriers.get(stem) ?? []) common[piece] = (common[piece] as number) + weight * other;
  }
  const alike = new Float64Array(count);
  for (const phrase of bag.phrases) for (const piece of profile.holders.get(phrase) ?? []) alike[piece] = (alike[piece] as number) + 1;
  const byVector: number[] = [];
  let mostShared = 0;
  let mostBoth = 0;
  let mostAlike = 0;
  for (const [index, piece] of profile.pieces.entries()) {
    const near = dot(piece.vector, bag.vector);
    const words = common[index] as number;
    byVector.push(near);
    mostShared = Math.max(mostShared, words);
    mostBoth = Math.max(mostBoth, near + words);
    mostAlike = Math.max(mostAlike, (alike[index] as number) / Math.sqrt(piece.phrases.size * bag.phrases.size || 1));
  }
  byVector.sort((a, b) => b - a);
  const top = byVector.slice(0, 3);
  let covered = 0;
  for (const stem of bag.weights.keys()) if (profile.vocabulary.has(stem)) covered += idfOf(stem);
  return [
    byVector[0] ?? 0,
    top.reduce((sum, value) => sum + value, 0) / (top.length || 1),
    dot(profile.centre, bag.vector),
    mostShared,
    mostBoth,
    bag.mass === 0 ? 0 : covered / bag.mass,
    mostAlike,
    Math.log(profile.pieces.length),
  ];
};
