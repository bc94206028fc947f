// Templates: JSON in whose strings `{{ secrets.NAME }}` stands for a value; `\{{` is a literal `{{`, and nothing else means anything.

/** Any JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** INVARIANT: bounded repeats, so that scanning any text is linear. */
const token = /\\\{\{|\{\{ {0,16}secrets\.([A-Z][A-Z0-9_]{0,127}) {0,16}\}\}/g;

/** @returns each referenced name, with the JSON pointer of the string where it first stands */
export const referencesIn = (template: Json): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  visit(template, '', (text, pointer) => {
    for (const [, name] of text.matchAll(token)) if (name !== undefined && !found.has(name)) found.set(name, pointer);
  });
  return found;
};

const escapePointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

const visit = (node: Json, pointer: string, onText: (text: string, pointer: string) => void): void => {
  if (typeof node === 'string') onText(node, pointer);
  else if (isList(node)) for (const [index, element] of node.entries()) visit(element, `${pointer}/${index}`, onText);
  else if (typeof node === 'object' && node !== null)
    for (const [key, element] of Object.entries(node)) visit(element, `${pointer}/${escapePointer(key)}`, onText);
};

const isList = (node: Json): node is readonly Json[] => Array.isArray(node);

/** The filled template would be larger than the limit. */
export class TemplateTooLarge extends Error {
  constructor() {
    super('the filled template is too large');
    this.name = 'TemplateTooLarge';
  }
}

/**
 * One pass: what a value holds is never looked at again. Keys of objects are left as they are.
 * @param values a value for each name of {@link referencesIn}
 * @param maxLength UTF-16 code units of all filled strings together
 * @throws {@link TemplateTooLarge} before more than that is built
 */
export const fillTemplate = (template: Json, values: ReadonlyMap<string, string>, maxLength: number): Json => {
  let length = 0;
  const grow = (by: number): void => {
    length += by;
    if (length > maxLength) throw new TemplateTooLarge();
  };
  const fillText = (text: string): string => {
    const parts: string[] = [];
    let at = 0;
    for (const match of text.matchAll(token)) {
      const replacement = match[1] === undefined ? '{{' : values.get(match[1]);
      if (replacement === undefined) throw new Error('a referenced name has no value');
      grow(match.index - at + replacement.length);
      parts.push(text.slice(at, match.index), replacement);
      at = match.index + match[0].length;
    }
    grow(text.length - at);
    return parts.join('') + text.slice(at);
  };
  const fill = (node: Json): Json => {
    if (typeof node === 'string') return fillText(node);
    if (isList(node)) return node.map(fill);
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, element]) => [key, fill(element)]));
  };
  return fill(template);
};
