// Reads `.env` files as dotenv and Node.js's `--env-file` do: comments, `export`, quotes, values over several lines.

/** One assignment, or a line that is none; `fault` holds nothing of what was written. */
export interface EnvEntry {
  /** Counted from 1: where the assignment begins. */
  readonly line: number;
  readonly name?: string;
  readonly value?: string;
  readonly fault?: string;
}

const quotes = new Set(['"', "'", '`']);
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', $: '$' };

/** In double quotes `\n`, `\r`, `\t`, `\"`, `\\` and `\$` mean what they do in a shell; any other backslash is itself. */
const readEscapes = (text: string): string =>
  text.replace(/\\([\s\S])/g, (whole, character: string) => (Object.hasOwn(escapes, character) ? (escapes[character] ?? whole) : whole));

/** @returns where the quote that opened before `from` closes, or -1; a backslash hides a double quote */
const closingQuote = (text: string, quote: string, from: number): number => {
  for (let at = from; at < text.length; at += 1) {
    if (quote === '"' && text[at] === '\\') at += 1;
    else if (text[at] === quote) return at;
  }
  return -1;
};

const isBlank = (text: string): boolean => /^[ \t]*(#|$)/.test(text);

/** A quoted value ends its line: only blanks or a comment may follow. */
const readQuoted = (text: string, quote: string, from: number): { value?: string; fault?: string; next: number } => {
  const close = closingQuote(text, quote, from);
  // INVARIANT: behind a quote that never closes nothing is read: its lines could be parts of a value.
  if (close < 0) return { fault: 'the quote that begins here never closes; nothing behind it was read', next: text.length };
  const end = text.indexOf('\n', close);
  const next = end < 0 ? text.length : end + 1;
  if (!isBlank(text.slice(close + 1, end < 0 ? text.length : end))) return { fault: 'something follows the closing quote', next };
  const inside = text.slice(from, close);
  return { value: quote === '"' ? readEscapes(inside) : inside, next };
};

const assignment = /^[ \t]*(?:export[ \t]+)?([^\s=#'"`]+)[ \t]*=[ \t]*/;

/** @param content line ends may be CRLF; a byte order mark is skipped */
export const parseEnvFile = (content: string): EnvEntry[] => {
  const text = content.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
  const entries: EnvEntry[] = [];
  for (let at = 0, line = 1; at < text.length; ) {
    const end = text.indexOf('\n', at);
    const lineEnd = end < 0 ? text.length : end;
    const whole = text.slice(at, lineEnd);
    let next = end < 0 ? text.length : end + 1;
    const match = assignment.exec(whole);
    if (match === null) {
      if (!isBlank(whole)) entries.push({ line, fault: 'this line is not `NAME=value`' });
    } else {
      const name = match[1] ?? '';
      const from = at + match[0].length;
      const quote = text[from] ?? '';
      if (from < lineEnd && quotes.has(quote)) {
        const { next: behind, ...read } = readQuoted(text, quote, from + 1);
        next = behind;
        entries.push({ line, name, ...read });
      } else {
        const bare = text.slice(from, lineEnd);
        const comment = /(^|[ \t])#/.exec(bare);
        entries.push({ line, name, value: (comment === null ? bare : bare.slice(0, comment.index)).trim() });
      }
    }
    for (let passed = at; passed < next; passed += 1) if (text[passed] === '\n') line += 1;
    at = next;
  }
  return entries;
};
