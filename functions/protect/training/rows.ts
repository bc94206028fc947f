// The labelled rows that the models learn from: the public data sets, thinned where they are many, and our own templates.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mix } from '../domain/model/hash.ts';
import { expandTemplates, type Head, heads, type Row } from './expand.ts';

const readLines = <T>(path: string): T[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);

const hashOf = (text: string): number => {
  let hash = 7;
  for (let at = 0; at < text.length; at += 1) hash = mix(hash, text.charCodeAt(at));
  return hash >>> 0;
};

/** @returns whether a row stays when about `share` of them should */
const isKept = (text: string, share: number): boolean => (hashOf(text) % 10_000) / 10_000 < share;

const harmless = (): Row['labels'] => Object.fromEntries(heads.map((head) => [head, 0]));

interface InjectionLine {
  readonly text: string;
  readonly label: 0 | 1;
  readonly kind: string;
  readonly source: string;
}
interface ContentLine {
  readonly text: string;
  readonly labels: Partial<Record<'violence' | 'self_harm' | 'illegal' | 'explicit' | 'offensive', 0 | 1>>;
  readonly source: string;
  readonly aux?: { readonly span_share?: number; readonly class?: string; readonly hazard?: string; readonly topic?: string };
}

/** Attacks only against the system prompt of their own benchmark. */
const contextBound = /:(indirect_reference|output_formatting_manipulation|different_user_input_language|payload_splitting)$/;

const injectionRow = ({ text, label, kind, source }: InjectionLine): Row | undefined => {
  if (label === 0) return { text, labels: harmless(), source, group: 0, weight: source === 't0' ? 0.7 : 1 };
  if (contextBound.test(kind)) return undefined;
  return {
    text,
    labels: { injection: 1 },
    source,
    group: 0,
    weight: kind.startsWith('indirect:text') ? 0.4 : source === 'spikee' ? 0.5 : 1,
  };
};

const shares: Readonly<Record<string, number>> = {
  madlibs: 0.15,
  't-davidson': 0.25,
  'toxic-spans': 0.5,
  edos: 1,
  t0: 0.3,
  gsm8k: 0.6,
  banking77: 0.6,
  clinc: 0.8,
};
const settled = new Set(['catqa', 'ailuminate', 'advbench', 'harmbench']);

const contentRow = ({ text, labels: given, source, aux }: ContentLine): Row | undefined => {
  if (!isKept(text, shares[source] ?? 1)) return undefined;
  const { self_harm: selfHarm, ...others } = given;
  const labels: Partial<Record<Head, number>> = selfHarm === undefined ? others : { ...others, selfHarm };
  const isHarmless = Object.keys(given).length === 5 && Object.values(given).every((value) => value === 0);
  if (isHarmless) return { text, labels: harmless(), source, group: 0 };
  // What a source leaves out says nothing, unless its categories exclude each other.
  if (Object.keys(labels).length === 0) return undefined;
  if (settled.has(source) && Object.values(labels).includes(1)) {
    for (const head of heads) if (labels[head] === undefined) labels[head] = head === 'illegal' ? -1 : 0;
    if (labels.illegal === -1) delete labels.illegal;
  }
  if (source === 't-davidson' || source === 'edos' || source === 'toxic-spans' || source === 'hatemoji-build') labels.injection = 0;
  const weight = source === 't-davidson' ? (aux?.class === 'offensive' ? 0.3 : 0.7) : source === 'madlibs' ? 0.4 : 1;
  return { text, labels, source, group: 0, weight };
};

interface TermLine {
  readonly text: string;
  readonly severity: string;
  readonly category: string;
}

const termRow = ({ text, severity, category }: TermLine): Row | undefined => {
  if (severity === 'low') return undefined;
  const isSexual = /sexual/i.test(category);
  return { text, labels: isSexual ? { explicit: 1 } : { offensive: 1 }, source: 'surge-profanity', group: 0, weight: 0.15 };
};

/** @param data the folder of the public rows @param own the folder of our templates */
export const readRows = (data: string, own: string): Row[] => {
  const byText = new Map<string, Row>();
  const add = (row: Row | undefined): void => {
    if (row === undefined || row.text.trim() === '') return;
    const key = row.text.trim().toLowerCase();
    const known = byText.get(key);
    byText.set(key, known === undefined ? row : { ...known, labels: { ...row.labels, ...known.labels } });
  };
  for (const line of readLines<InjectionLine>(join(data, 'injection.train.jsonl'))) add(injectionRow(line));
  for (const line of readLines<ContentLine>(join(data, 'content.train.jsonl'))) add(contentRow(line));
  for (const line of readLines<TermLine>(join(data, 'content.terms.jsonl'))) add(termRow(line));
  for (const [index, name] of ['content', 'injection'].entries()) {
    for (const row of expandTemplates(join(own, `${name}.txt`), `own-${name}`, 26, index + 1)) {
      // Harmless rows made to frighten are what keeps false alarms down.
      add(row.labels.violence === 0 && Object.values(row.labels).every((value) => value === 0) ? { ...row, weight: 2 } : row);
    }
  }
  return [...byText.values()];
};
