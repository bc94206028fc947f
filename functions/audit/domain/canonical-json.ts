// Canonical JSON (RFC 8785): members sorted by UTF-16 code units, no white space, numbers as ECMAScript writes them.

/** A JSON value; members that are undefined are left out. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json | undefined };

/** @returns the text; lone surrogates become U+FFFD, so that it is well-formed UTF-8 */
export const canonicalJson = (value: Json): string => {
  if (typeof value === 'string') return JSON.stringify(value.toWellFormed());
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = value as { readonly [name: string]: Json | undefined };
  const names = Object.keys(members).sort();
  const texts: string[] = [];
  for (const name of names) {
    const member = members[name];
    if (member !== undefined) texts.push(`${JSON.stringify(name.toWellFormed())}:${canonicalJson(member)}`);
  }
  return `{${texts.join(',')}}`;
};
