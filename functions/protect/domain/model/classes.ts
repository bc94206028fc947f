// Finds the lexicon's words and phrases in a token stream: a trie over stems.
import { mix } from './hash.ts';
import { readLexicon } from './lexicon.ts';
import { breaks, scanTokens } from './tokens.ts';

/** Above every state: one key of the table names a state and a stem. */
const maxStates = 1 << 16;
/** Places of the hash table: a power of two, at most a quarter full. */
const places = 1 << 15;

interface Trie {
  /** Open addressing from `mix(state, stem)` to the next state; 0 is an empty place. */
  readonly keys: Int32Array;
  readonly targets: Uint16Array;
  /** Class ids of the entries that end in a state. */
  readonly classes: readonly (readonly number[] | undefined)[];
  readonly classCount: number;
}

/** @returns where a key is, or where it belongs */
const placeOf = (keys: Int32Array, targets: Uint16Array, key: number): number => {
  let place = key & (places - 1);
  while (targets[place] !== 0 && keys[place] !== key) place = (place + 1) & (places - 1);
  return place;
};

const build = (): Trie => {
  const { names, entries } = readLexicon();
  const keys = new Int32Array(places);
  const targets = new Uint16Array(places);
  const classes: (number[] | undefined)[] = [undefined];
  // One scanner for all: an entry a line.
  const { token, next } = scanTokens(entries.map(({ words }) => words).join('\n'));
  let entry = -1;
  let state = 0;
  const close = (): void => {
    const classId = entries[entry]?.classId;
    if (state === 0 || classId === undefined) return;
    const ending = classes[state];
    if (ending === undefined) classes[state] = [classId];
    else if (!ending.includes(classId)) ending.push(classId);
  };
  while (next()) {
    if (token.breaksBefore >= breaks.line) {
      close();
      entry += 1;
      state = 0;
    }
    const key = mix(state + maxStates, token.stem);
    const place = placeOf(keys, targets, key);
    if (targets[place] === 0) {
      keys[place] = key;
      targets[place] = classes.push(undefined) - 1;
    }
    state = targets[place] as number;
  }
  close();
  return { keys, targets, classes, classCount: names.length };
};

let built: Trie | undefined;
export const classTrie = (): Trie => {
  built ??= build();
  return built;
};

/** @returns the state after a token with that stem, or 0 */
export const stepOf = ({ keys, targets }: Trie, state: number, stem: number): number =>
  targets[placeOf(keys, targets, mix(state + maxStates, stem))] as number;
