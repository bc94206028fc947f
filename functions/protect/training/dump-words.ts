// Writes every public text as stems, one chunk a line of numbers, for the word vectors; utterances of one intent are written as one text too.
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { readChunks } from '../domain/model/features.ts';

const [data = '', out = ''] = argv.slice(2);
const file = openSync(join(out, 'word-stems.i32'), 'w');
const ends: number[] = [];
const kinds: number[] = [];
let count = 0;

/** A text of one kind: 0 prose, 1 an utterance, whose kind goes on with its intent's number. */
const write = (text: string, kind: number): void => {
  const stems: number[] = [];
  readChunks(text.slice(0, 6000), (chunk) => {
    for (let index = 0; index < chunk.words; index += 1) stems.push(chunk.stems[index] as number);
  });
  writeSync(file, Int32Array.from(stems));
  count += stems.length;
  ends.push(count);
  kinds.push(kind);
};

for (const name of ['injection.train.jsonl', 'content.train.jsonl', 'pii.negatives.dev.jsonl']) {
  for (const line of readFileSync(join(data, name), 'utf8').split('\n')) {
    if (line === '') continue;
    const { text, source } = JSON.parse(line) as { text: string; source: string };
    if (source !== 'madlibs' && source !== 'spikee' && source !== 'purplellama-ml') write(text, 0);
  }
}
interface Intents {
  readonly [source: string]: { readonly intents: Readonly<Record<string, { readonly train: readonly string[] }>> };
}
const intents = JSON.parse(readFileSync(join(data, 'offtopic.dev.json'), 'utf8')) as Intents;
let number = 1;
for (const source of ['clinc', 'banking77']) {
  for (const { train } of Object.values(intents[source]?.intents ?? {})) {
    for (const text of train) write(text, number);
    number += 1;
  }
}
closeSync(file);
writeFileSync(join(out, 'word-ends.u32'), Uint32Array.from(ends));
writeFileSync(join(out, 'word-kinds.u16'), Uint16Array.from(kinds));
