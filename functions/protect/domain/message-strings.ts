// The strings of chat messages, each with its RFC 6901 pointer, and the same messages with other strings in their places.

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

export interface PlacedString {
  readonly path: string;
  readonly text: string;
}

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

/** @returns every string of the messages, in their order */
export const stringsOf = (messages: readonly { readonly role: string }[]): PlacedString[] => {
  const strings: PlacedString[] = [];
  mapMessages(messages, (text, path) => {
    strings.push({ path, text });
    return text;
  });
  return strings;
};

/** @param texts one for each string of {@link stringsOf}, in the same order */
export const withStrings = <M extends { readonly role: string }>(messages: readonly M[], texts: readonly string[]): M[] => {
  let next = 0;
  return mapMessages(messages, (text) => {
    const replaced = texts[next] ?? text;
    next += 1;
    return replaced;
  });
};
