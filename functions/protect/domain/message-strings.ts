// The strings of chat messages, each with its RFC 6901 pointer, and the same messages with other strings in their places.

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

export interface PlacedString {
  readonly path: string;
  readonly text: string;
  /** A name of a member or a number: it cannot be replaced, so what is to be redacted there blocks. */
  readonly fixed?: true;
}

/** Member names of chat messages themselves. */
const ownNames: ReadonlySet<string> = new Set(
  'content,type,text,name,id,role,tool_calls,tool_call_id,function,arguments,input,output,image_url,url,source,data,title,documents'.split(
    ',',
  ),
);

const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

/** Calls `visit` for each string but a message's role, which is one of a closed set; the results take their places. */
const mapStrings = (value: Json, path: string, visit: (text: string, path: string) => string): Json => {
  if (typeof value === 'string') return visit(value, path);
  if (Array.isArray(value)) return (value as readonly Json[]).map((element, index) => mapStrings(element, `${path}/${index}`, visit));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, element]) => [name, mapStrings(element, `${path}/${escaped(name)}`, visit)]));
};

const mapMessages = <M extends { readonly role: string }>(messages: readonly M[], visit: (text: string, path: string) => string): M[] =>
  messages.map(
    ({ role, ...rest }, index) => ({ role, ...(mapStrings(rest as unknown as Json, `/messages/${index}`, visit) as object) }) as M,
  );

/** Calls `tell` for names and numbers, which models read as they read strings. */
const visitFixed = (value: Json, path: string, tell: (placed: PlacedString) => void): void => {
  if (typeof value === 'number') tell({ path, text: String(value), fixed: true });
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const [index, element] of (value as readonly Json[]).entries()) visitFixed(element, `${path}/${index}`, tell);
    return;
  }
  for (const [name, element] of Object.entries(value)) {
    const at = `${path}/${escaped(name)}`;
    if (!ownNames.has(name)) tell({ path: at, text: name, fixed: true });
    visitFixed(element, at, tell);
  }
};

/** @returns every string of the messages, in their order, then what is fixed in them */
export const stringsOf = (messages: readonly { readonly role: string }[]): PlacedString[] => {
  const strings: PlacedString[] = [];
  mapMessages(messages, (text, path) => {
    strings.push({ path, text });
    return text;
  });
  for (const [index, { role, ...rest }] of messages.entries()) {
    visitFixed(rest as unknown as Json, `/messages/${index}`, (placed) => strings.push(placed));
  }
  return strings;
};

/** @param texts one for each of {@link stringsOf}, in the same order; those of what is fixed, which come last, are left alone */
export const withStrings = <M extends { readonly role: string }>(messages: readonly M[], texts: readonly string[]): M[] => {
  let next = 0;
  return mapMessages(messages, (text) => {
    const replaced = texts[next] ?? text;
    next += 1;
    return replaced;
  });
};
