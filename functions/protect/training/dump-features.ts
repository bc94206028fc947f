// Writes the rows as chunks of hashed features for the fitting: the same code reads a text here and when it is scanned.
import { mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { readChunks } from '../domain/model/features.ts';
import { heads } from './expand.ts';
import { readRows } from './rows.ts';

const [data = '', own = '', out = ''] = argv.slice(2);
/** Of a long text the first and last chunks are kept. */
const maxChunks = 48;

mkdirSync(out, { recursive: true });
const rows = readRows(data, own);
const features = openSync(join(out, 'features.u32'), 'w');
const stems = openSync(join(out, 'stems.i32'), 'w');
const featureEnds: number[] = [];
const stemEnds: number[] = [];
const rowEnds: number[] = [];
let featureCount = 0;
let stemCount = 0;
const meta: string[] = [];
for (const { text, labels, source, group, weight } of rows) {
  const chunks: { features: Uint32Array; stems: Int32Array }[] = [];
  readChunks(text, (chunk) => {
    chunks.push({ features: chunk.features.slice(0, chunk.length), stems: chunk.stems.slice(0, chunk.words) });
    if (chunks.length > maxChunks) chunks.splice(maxChunks / 2, 1);
  });
  for (const chunk of chunks) {
    writeSync(features, chunk.features);
    writeSync(stems, chunk.stems);
    featureCount += chunk.features.length;
    stemCount += chunk.stems.length;
    featureEnds.push(featureCount);
    stemEnds.push(stemCount);
  }
  rowEnds.push(featureEnds.length);
  meta.push(
    JSON.stringify({ labels: heads.map((head) => labels[head] ?? -1), source, group, weight: weight ?? 1, text: text.slice(0, 160) }),
  );
}
writeFileSync(join(out, 'feature-ends.u32'), Uint32Array.from(featureEnds));
writeFileSync(join(out, 'stem-ends.u32'), Uint32Array.from(stemEnds));
writeFileSync(join(out, 'row-ends.u32'), Uint32Array.from(rowEnds));
writeFileSync(join(out, 'rows.jsonl'), meta.join('\n'));
