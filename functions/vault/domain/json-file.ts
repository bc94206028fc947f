// Reads a JSON object of names and values as import lines, duplicates included, each with the line where its name stands.
import type { EnvEntry } from './env-file.ts';

/** The text is not a JSON object. */
export class NotJsonObject extends Error {
  constructor() {
    super('the content is not a JSON object');
    this.name = 'NotJsonObject';
  }
}

/** INVARIANT: used on text that `JSON.parse` took, so that strings end and brackets match. */
const endOfString = (text: string, from: number): number => {
  let at = from + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
};

/** @returns where the JSON value that begins at `from` ends */
const endOfValue = (text: string, from: number): number => {
  if (text[from] === '"') return endOfString(text, from);
  let depth = 0;
  for (let at = from; ; ) {
    const character = text[at];
    if (character === '"') {
      at = endOfString(text, at);
      continue;
    }
    if (character === '{' || character === '[') depth += 1;
    if (character === '}' || character === ']') {
      depth -= 1;
      if (depth < 0) return at;
      if (depth === 0) return at + 1;
    }
    if (depth === 0 && character === ',') return at;
    at += 1;
  }
};

const blank = /\s/;

/** @throws {@link NotJsonObject}, which holds nothing of the text */
export const parseJsonFile = (content: string): EnvEntry[] => {
  const text = content.replace(/^\ufeff/, '');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new NotJsonObject();
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new NotJsonObject();
  const entries: EnvEntry[] = [];
  let line = 1;
  let at = 0;
  const moveTo = (to: number): void => {
    for (; at < to; at += 1) if (text[at] === '\n') line += 1;
  };
  const skip = (): void => {
    let to = at;
    while (to < text.length && (blank.test(text[to] ?? '') || text[to] === ',' || text[to] === ':')) to += 1;
    moveTo(to);
  };
  skip();
  moveTo(at + 1);
  for (skip(); text[at] === '"'; skip()) {
    const nameAt = line;
    const nameEnd = endOfString(text, at);
    const name = JSON.parse(text.slice(at, nameEnd)) as string;
    moveTo(nameEnd);
    skip();
    const isText = text[at] === '"';
    const valueEnd = endOfValue(text, at);
    if (isText) entries.push({ line: nameAt, name, value: JSON.parse(text.slice(at, valueEnd)) as string });
    else entries.push({ line: nameAt, name, fault: 'a value is a string' });
    moveTo(valueEnd);
  }
  return entries;
};
