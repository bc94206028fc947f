// Turns a text into chunks (sentences, at most 32 tokens) of hashed features: words, word pairs, character runs, classes of meaning and how they stand together.
import { classTrie, stepOf } from './classes.ts';
import { mix } from './hash.ts';
import { breaks, scanTokens, structures, tokenTypes } from './tokens.ts';

/** Weights lie in this many buckets; the top bit of a feature is its sign. */
export const bucketBits = 18;
/** Classes of meaning have the first quarter of the buckets, character runs the second, words the rest: each is fitted with its own restraint. */
const classShift = 32 - bucketBits + 2;
const wordShift = 32 - bucketBits + 1;
const characterBase = 1 << (bucketBits - 2);
export const wordBase = 1 << (bucketBits - 1);

/** A chunk under the reader; reused, so copy what must last. */
export interface Chunk {
  start: number;
  end: number;
  tokens: number;
  /** Bucket in the low bits, sign in the top one; the first `length` count. */
  features: Uint32Array;
  length: number;
  /** Stems of its words, for the word vectors; the first `words` count. */
  readonly stems: Int32Array;
  words: number;
}

const maxTokens = 32;
const minTokens = 5;

const salts = {
  word: 1,
  pair: 2,
  skip: 3,
  characters: 4,
  klass: 5,
  near: 6,
  together: 7,
  classThenWord: 8,
  wordThenClass: 9,
  opening: 10,
  stem: 11,
};

const stopWords = new Set<number>();
const readStopWords = (): void => {
  const { token, next } = scanTokens(
    'the a an and or of to in on at is are was were be been it its this that these those i you he she we they me my your his her our their with for from by as not do does did have has had will would can could should there here what which who how when where why if then than but so just about into out up down over all any some no',
  );
  while (next()) stopWords.add(token.hash);
};

/** Calls `onChunk` for each chunk in order; linear in the text. */
export const readChunks = (text: string, onChunk: (chunk: Chunk) => void): void => {
  if (stopWords.size === 0) readStopWords();
  const trie = classTrie();
  const { token, next } = scanTokens(text);
  const chunk: Chunk = {
    start: 0,
    end: 0,
    tokens: 0,
    features: new Uint32Array(4096),
    length: 0,
    stems: new Int32Array(maxTokens + 1),
    words: 0,
  };
  const seen = new Uint8Array(trie.classCount);
  const seenList: number[] = [];
  let active: number[] = [];
  let spare: number[] = [];
  let previous = 0;
  let beforePrevious = 0;
  let opening = 0;
  let openingPair = 0;
  let lastClass = -1;
  let lastClassAt = -9;
  let olderClass = -1;
  let olderClassAt = -9;

  const emit = (hash: number, bucket: number): void => {
    chunk.features[chunk.length] = bucket | ((hash & 1) << 31);
    chunk.length += 1;
  };
  const emitClass = (salt: number, a: number, b: number): void => {
    const hash = mix(mix(salt, a), b);
    emit(hash, hash >>> classShift);
  };
  const emitWord = (salt: number, a: number, b: number): void => {
    const hash = mix(mix(salt, a), b);
    emit(hash, wordBase + (hash >>> wordShift));
  };
  const emitCharacters = (run: number): void => {
    const hash = mix(salts.characters, run);
    emit(hash, characterBase + (hash >>> classShift));
  };

  const flush = (): void => {
    if (chunk.tokens > 0) onChunk(chunk);
    chunk.tokens = 0;
    chunk.length = 0;
    chunk.words = 0;
    for (const id of seenList) seen[id] = 0;
    seenList.length = 0;
    lastClass = -1;
    lastClassAt = -9;
    olderClass = -1;
    olderClassAt = -9;
  };

  const hit = (id: number, before: number): void => {
    const at = chunk.tokens;
    emitClass(salts.klass, id, 0);
    if (before !== 0) emitClass(salts.wordThenClass, before, id);
    emitClass(salts.opening, opening, id);
    emitClass(salts.opening, openingPair, id);
    if (lastClass >= 0 && lastClass !== id && at - lastClassAt <= 5) emitClass(salts.near, lastClass, id);
    if (olderClass >= 0 && olderClass !== id && olderClass !== lastClass && at - olderClassAt <= 5) emitClass(salts.near, olderClass, id);
    if (seen[id] === 0) {
      for (const other of seenList) emitClass(salts.together, Math.min(other, id), Math.max(other, id));
      seen[id] = 1;
      seenList.push(id);
    }
    if (lastClass !== id) {
      olderClass = lastClass;
      olderClassAt = lastClassAt;
    }
    lastClass = id;
    lastClassAt = at;
  };

  const characters = (): void => {
    const { units } = token;
    const length = Math.min(token.length, 20);
    // One running hash an end: runs of 3, 4 and 5 units that end at each place, the word's edges counted as units.
    for (let end = 2; end <= length + 1; end += 1) {
      const a = end - 3 < 0 ? 0 : (units[end - 3] as number);
      const b = units[end - 2] as number;
      const c = end - 1 < length ? (units[end - 1] as number) : 1;
      const three = mix(mix(a, b), c);
      const place = Math.imul(end === 2 ? 1 : 2, 0x9e3779b1);
      emitCharacters(three ^ place);
      if (end >= 4 || (end === 3 && length > 3)) {
        const z = end >= 4 ? (units[end - 4] as number) : 2;
        const four = mix(three, z);
        emitCharacters(four);
        if (end >= 5) emitCharacters(mix(four, units[end - 5] as number));
      }
    }
  };

  while (next()) {
    const isBreak =
      token.breaksBefore >= breaks.line ? chunk.tokens >= 3 : token.breaksBefore === breaks.sentence && chunk.tokens >= minTokens;
    if (isBreak || chunk.tokens >= maxTokens) flush();
    if (token.breaksBefore !== breaks.none || chunk.tokens === 0) {
      opening = token.hash;
      openingPair = 0;
      if (token.breaksBefore >= breaks.line) active.length = 0;
    } else if (openingPair === 0) openingPair = mix(opening, token.hash);
    if (chunk.tokens === 0) chunk.start = token.start;
    chunk.end = token.end;
    // INVARIANT: one token emits fewer than 1,200 features: 60 character runs, and a bounded number of classes by those seen in the chunk.
    if (chunk.length + 1200 > chunk.features.length) {
      const grown = new Uint32Array(chunk.features.length * 2);
      grown.set(chunk.features);
      chunk.features = grown;
    }
    const { hash, type } = token;
    emitWord(salts.word, hash, 0);
    if (previous !== 0) emitWord(salts.pair, previous, hash);
    if (beforePrevious !== 0) emitWord(salts.skip, beforePrevious, hash);
    if (type === tokenTypes.ideograph && beforePrevious !== 0) emitWord(salts.skip, mix(beforePrevious, previous), hash);
    if (lastClass >= 0 && lastClassAt === chunk.tokens - 1) emitClass(salts.classThenWord, lastClass, hash);
    if (type === tokenTypes.word) {
      if (token.isUpper) emitClass(salts.klass, structures.upper, 0);
      if (!stopWords.has(hash)) {
        emitWord(salts.stem, token.stem, 0);
        if (token.length >= 4) characters();
        chunk.stems[chunk.words] = token.stem;
        chunk.words += 1;
      }
    }
    spare.length = 0;
    const fresh = stepOf(trie, 0, token.stem);
    for (const state of active) {
      const reached = stepOf(trie, state, token.stem);
      if (reached === 0) continue;
      spare.push(reached);
      const ids = trie.classes[reached];
      if (ids !== undefined) for (const id of ids) hit(id, 0);
    }
    if (fresh !== 0) {
      spare.push(fresh);
      const ids = trie.classes[fresh];
      if (ids !== undefined) for (const id of ids) hit(id, previous);
    }
    [active, spare] = [spare, active];
    beforePrevious = previous;
    previous = hash;
    chunk.tokens += 1;
  }
  flush();
};
