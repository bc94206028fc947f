// Expands the templates into labelled rows: `@name = a | b` is a slot, `---` opens a group with its labels, `{x:a|b}` is a slot of one line.
import { readFileSync } from 'node:fs';
import { mix } from '../domain/model/hash.ts';

/** In the order of the weights. */
export const heads = ['violence', 'selfHarm', 'illegal', 'explicit', 'offensive', 'injection'] as const;
export type Head = (typeof heads)[number];

export interface Row {
  readonly text: string;
  /** 1, 0, or absent where nothing is known. */
  readonly labels: Partial<Record<Head, number>>;
  readonly source: string;
  /** Rows of one template are never on both sides of a split. */
  readonly group: number;
  readonly weight?: number;
}

/** A small deterministic generator. */
export const randomOf = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    return (mix(state, 0x1b873593) >>> 0) / 0x1_0000_0000;
  };
};

/** `[a|b]` splits at the top level only. */
const alternatives = (source: string): string[] => {
  const found: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at <= source.length; at += 1) {
    const unit = source[at];
    if (unit === '{') depth += 1;
    else if (unit === '}') depth -= 1;
    else if (at === source.length || (unit === '|' && depth === 0)) {
      found.push(source.slice(from, at));
      from = at + 1;
    }
  }
  return found;
};

const typo = (text: string, random: () => number): string => {
  const at = 1 + Math.floor(random() * Math.max(1, text.length - 3));
  return random() < 0.5
    ? text.slice(0, at) + text.slice(at + 1)
    : text.slice(0, at) + text.charAt(at + 1) + text.charAt(at) + text.slice(at + 2);
};

const openers = ['', '', '', '', '', 'please ', 'hey, ', 'hi! ', 'quick question: ', 'so ', 'ok ', 'I was wondering: ', 'Hello. '];

const dress = (text: string, random: () => number): string => {
  let dressed = text.length < 160 ? (openers[Math.floor(random() * openers.length)] ?? '') + text : text;
  const style = random();
  if (style < 0.18) dressed = dressed.toLowerCase();
  else if (style < 0.22) dressed = dressed.toUpperCase();
  if (random() < 0.1) dressed = typo(dressed, random);
  if (random() < 0.25) dressed = dressed.replace(/[.?!]$/, '');
  return dressed;
};

/** @returns rows of a template file, at most `perLine` a line, the same for the same seed */
export const expandTemplates = (path: string, source: string, perLine: number, seed: number): Row[] => {
  const random = randomOf(seed);
  const slots = new Map<string, string[]>();
  const rows: Row[] = [];
  let labels: Row['labels'] = {};
  let group = seed * 1000;
  const fill = (template: string, depth: number): string => {
    if (depth > 6) return template;
    let out = '';
    for (let at = 0; at < template.length; ) {
      if (template[at] !== '{') {
        out += template[at];
        at += 1;
        continue;
      }
      let open = 0;
      let end = at;
      for (; end < template.length; end += 1) {
        if (template[end] === '{') open += 1;
        else if (template[end] === '}') {
          open -= 1;
          if (open === 0) break;
        }
      }
      const inner = template.slice(at + 1, end);
      const choices = inner.startsWith('x:') ? alternatives(inner.slice(2)) : slots.get(inner);
      if (choices === undefined) {
        // Braces that are text, as in JSON: what is inside may hold slots.
        out += `{${fill(inner, depth + 1)}}`;
      } else out += fill(choices[Math.floor(random() * choices.length)] ?? '', depth + 1);
      at = end + 1;
    }
    return out;
  };
  for (const raw of readFileSync(path, 'utf8').split('\n')) {
    const line = raw.trim();
    if (line === '') continue;
    if (line.startsWith('@')) {
      const [name = '', ...rest] = line.slice(1).split(' = ');
      slots.set(
        name.trim(),
        alternatives(rest.join(' = ')).map((choice) => choice.trim()),
      );
      continue;
    }
    if (/^--- +[+-]/.test(line)) {
      const positive = line.slice(3).trim().split(/\s+/);
      labels = Object.fromEntries(heads.map((head) => [head, positive.includes(`+${head}`) ? 1 : 0]));
      // An attack may carry anything: its content is not settled by the template.
      if (labels.injection === 1) labels = { injection: 1 };
      continue;
    }
    group += 1;
    const variety = [...line.matchAll(/\{/g)].length;
    const wanted = variety === 0 ? 3 : variety === 1 ? Math.ceil(perLine / 2) : perLine;
    const texts = new Set<string>();
    for (let attempt = 0; attempt < wanted * 2 && texts.size < wanted; attempt += 1) {
      texts.add(dress(fill(line, 0).replaceAll('\\n', '\n').replace(/ {2,}/g, ' ').trim(), random));
    }
    for (const text of texts) rows.push({ text, labels, source, group });
  }
  return rows;
};
