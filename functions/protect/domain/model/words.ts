// Word vectors and document frequencies by stem: what the off-topic detector knows of words beyond the domain's own examples.
import packed from './words.json' with { type: 'json' };

export const vectorDims = packed.dims;

interface Words {
  readonly places: ReadonlyMap<number, number>;
  readonly idf: Uint8Array;
  readonly vectors: Int8Array;
}

let loaded: Words | undefined;

const load = (): Words => {
  const stems = Buffer.from(packed.stems, 'base64');
  const places = new Map<number, number>();
  for (let at = 0; at * 4 < stems.length; at += 1) places.set(stems.readInt32LE(at * 4), at);
  const vectors = Buffer.from(packed.vectors, 'base64');
  return { places, idf: Buffer.from(packed.idf, 'base64'), vectors: new Int8Array(vectors.buffer, vectors.byteOffset, vectors.length) };
};

const words = (): Words => {
  loaded ??= load();
  return loaded;
};

/** Of a word in no vector: rare. */
const unknownIdf = 7;

/** @returns how telling a stem is, 0 for the commonest words */
export const idfOf = (stem: number): number => {
  const { places, idf } = words();
  const place = places.get(stem);
  return place === undefined ? unknownIdf : (idf[place] as number) / 16;
};

/** Adds a stem's vector, times a weight, to a sum. @returns whether the stem has one */
export const addVector = (stem: number, weight: number, sum: Float64Array): boolean => {
  const { places, vectors } = words();
  const place = places.get(stem);
  if (place === undefined) return false;
  for (let dim = 0; dim < vectorDims; dim += 1)
    sum[dim] = (sum[dim] as number) + (weight * (vectors[place * vectorDims + dim] as number)) / 127;
  return true;
};
