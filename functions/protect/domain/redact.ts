// Redaction by offsets: what is not part of a finding comes back byte for byte, and a token tells neither length nor characters.

/** A finding to take out. */
export interface Redaction {
  readonly start: number;
  readonly end: number;
  readonly token: string;
}

const names: Readonly<Record<string, string>> = {
  email: 'EMAIL',
  phone: 'PHONE',
  creditCard: 'CREDIT_CARD',
  ssn: 'SSN',
  address: 'ADDRESS',
  secret: 'SECRET',
};

/** @returns `[EMAIL_REDACTED]` for a kind of personal data, `[<NAME>_REDACTED]` for a custom pattern's name */
export const redactionToken = (category: string): string => {
  const name = Object.hasOwn(names, category) ? names[category] : category.toUpperCase().replace(/[^\p{L}\p{N}]+/gu, '_');
  return `[${name}_REDACTED]`;
};

const lengthOf = ({ start, end }: Redaction): number => end - start;

/** Chains of overlapping redactions become one, from the first start to the last end; the longest names the token, else the first. Touching ones stay apart. */
export const merge = (redactions: readonly Redaction[]): Redaction[] => {
  const sorted = [...redactions].sort((a, b) => a.start - b.start || b.end - a.end);
  const merged: Redaction[] = [];
  let longest = 0;
  for (const next of sorted) {
    const last = merged.at(-1);
    if (last === undefined || next.start >= last.end) {
      merged.push(next);
      longest = lengthOf(next);
      continue;
    }
    const token = lengthOf(next) > longest ? next.token : last.token;
    longest = Math.max(longest, lengthOf(next));
    merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, next.end), token };
  }
  return merged;
};

/** @returns the text with each merged span replaced by its token */
export const redact = (text: string, redactions: readonly Redaction[]): string => {
  const parts: string[] = [];
  let from = 0;
  for (const { start, end, token } of merge(redactions)) {
    parts.push(text.slice(from, start), token);
    from = end;
  }
  parts.push(text.slice(from));
  return parts.join('');
};
