// `npm run bench:quality`: precision and recall of personal data by span overlap, beside peers in the same process on the same rows.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stdout } from 'node:process';
import { type FoundSpan, type Kind, personalDataFinders } from './protect-peers.ts';
import { type Bench, table } from './report.ts';

const folder = join(import.meta.dirname, '..', '..', 'shared', 'data');
const kinds: readonly (readonly [Kind, string])[] = [
  ['email', 'EMAIL'],
  ['phone', 'PHONE'],
  ['creditCard', 'CREDIT_CARD'],
  ['ssn', 'SSN'],
  ['address', 'ADDRESS'],
];

interface Row {
  readonly text: string;
  readonly spans: readonly { readonly type: string; readonly start: number; readonly end: number }[];
}

const rowsOf = <T>(name: string): T[] =>
  readFileSync(join(folder, name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);

const meets = (a: { start: number; end: number }, b: { start: number; end: number }): boolean => a.start < b.end && b.start < a.end;
const share = (part: number, whole: number): string => (whole === 0 ? '–' : (part / whole).toFixed(3));

const scores = (rows: readonly Row[], found: readonly (readonly FoundSpan[])[], kind: Kind, label: string): string => {
  let [right, reported, hit, present] = [0, 0, 0, 0];
  for (const [index, { spans }] of rows.entries()) {
    const truth = spans.filter(({ type }) => type === label);
    const own = (found[index] ?? []).filter((span) => span.kind === kind);
    reported += own.length;
    present += truth.length;
    right += own.filter((span) => truth.some((other) => meets(span, other))).length;
    hit += truth.filter((span) => own.some((other) => meets(span, other))).length;
  }
  return `${share(right, reported)} / ${share(hit, present)}`;
};

const run = async (): Promise<string> => {
  if (!existsSync(join(folder, 'pii.dev.jsonl'))) return 'The development rows (`../shared/data`) are not at hand: nothing was measured.';
  const rows = rowsOf<Row>('pii.dev.jsonl');
  const harmless = rowsOf<{ text: string }>('pii.negatives.dev.jsonl');
  const addresses = rowsOf<{ text: string; kind: string }>('pii.addresses.dev.jsonl').filter(({ kind }) => kind !== 'other');
  const { finders, absent } = await personalDataFinders();
  const lines: (string | number)[][] = [];
  for (const { name, kinds: able, find } of finders) {
    const found: (readonly FoundSpan[])[] = [];
    const startedMs = performance.now();
    for (const { text } of rows) found.push(await find(text));
    const msPerText = (performance.now() - startedMs) / rows.length;
    let flagged = 0;
    for (const { text } of harmless) if ((await find(text)).length > 0) flagged += 1;
    let seen = 0;
    if (able.includes('address'))
      for (const { text } of addresses) if ((await find(text)).some(({ kind }) => kind === 'address')) seen += 1;
    lines.push([
      name,
      ...kinds.map(([kind, label]) => (able.includes(kind) ? scores(rows, found, kind, label) : '–')),
      able.includes('address') ? share(seen, addresses.length) : '–',
      `${((flagged / harmless.length) * 100).toFixed(2)} %`,
      msPerText.toFixed(4),
    ]);
  }
  const head = ['finder', 'e-mail', 'phone', 'card', 'SSN', 'address', 'addresses alone, recall', 'harmless flagged', 'ms a text'];
  const missing = absent.length === 0 ? '' : `\n\nNot measured: ${absent.join('; ')}.`;
  return `Precision / recall by span overlap on ${rows.length} rows; ${addresses.length} addresses alone; ${harmless.length} number-heavy harmless texts. The rows were at hand while the detectors were written.\n\n${table(head, lines)}${missing}`;
};

export const qualityBench: Bench = { name: 'Protection quality', run };

if (process.argv[1] === import.meta.filename) stdout.write(`${await run()}\n`);
