// E-mail addresses: dot-atom or quoted local parts (RFC 5321, and RFC 6531's letters), a domain with a top-level name, exact spans.
import { type Detection, type Detector, isDigit } from '../detection.ts';
import { commonTopLevels, fileEndings } from './email-endings.ts';

const maxLocalUnits = 64;
const maxDomainUnits = 253;
const maxLabelUnits = 63;
const at = 64;
const dot = 46;
const hyphen = 45;
const quote = 34;

const isAsciiLetter = (unit: number): boolean => (unit >= 65 && unit <= 90) || (unit >= 97 && unit <= 122);
const isForeignLetter = (unit: number): boolean => unit >= 128 && /[\p{L}\p{M}\p{N}]/u.test(String.fromCharCode(unit));

/** RFC 5321's atom characters without those that more often surround an address: `=`, `/`, `?`, `{`, `|`, `}`, and the backquote. */
const isLocal = (unit: number): boolean =>
  isAsciiLetter(unit) || isDigit(unit) || "._%+-'!#$&*~^".includes(String.fromCharCode(unit)) || isForeignLetter(unit);
const isDomain = (unit: number): boolean =>
  isAsciiLetter(unit) || isDigit(unit) || unit === hyphen || unit === dot || isForeignLetter(unit);

/** Marks that open a quotation, a list or emphasis rather than a name. */
const leading = ".-'!#$&*~^%";

const quotedLocal = (text: string, end: number): number | undefined => {
  for (let start = end - 2; start >= 0 && end - start <= maxLocalUnits; start -= 1) {
    const unit = text.charCodeAt(start);
    if (unit === quote && text.charCodeAt(start - 1) !== 92) return start + 2 < end ? start : undefined;
    if (unit < 32 || unit > 126) return undefined;
  }
  return undefined;
};

/** @returns where the local part that ends at `end` begins */
const localStart = (text: string, end: number): number | undefined => {
  if (text.charCodeAt(end - 1) === quote) return quotedLocal(text, end);
  let start = end;
  while (start > 0 && end - start <= maxLocalUnits && isLocal(text.charCodeAt(start - 1))) {
    if (text.charCodeAt(start - 1) === dot && text.charCodeAt(start) === dot) break;
    start -= 1;
  }
  while (start < end && leading.includes(text[start] ?? '')) start += 1;
  return start === end || end - start > maxLocalUnits || text.charCodeAt(end - 1) === dot ? undefined : start;
};

const isTopLevel = (label: string): boolean => /^(?:[\p{L}\p{M}]{2,24}|xn--[a-z0-9-]{2,59})$/iu.test(label);

/** Where the domain ends: behind its last label that can be a top-level name, cutting off a sentence that follows without a space. */
const domainEnd = (text: string, start: number): number | undefined => {
  let end = start;
  while (end < text.length && end - start < maxDomainUnits && isDomain(text.charCodeAt(end))) {
    if (text.charCodeAt(end) === dot && (end === start || text.charCodeAt(end - 1) === dot)) break;
    end += 1;
  }
  const labels = text.slice(start, end).split('.');
  while (labels.length > 0 && !isTopLevel(labels.at(-1) ?? '')) {
    const last = labels.pop() ?? '';
    const shorter = last.replace(/-+$/, '');
    if (shorter !== last && isTopLevel(shorter)) labels.push(shorter);
  }
  const sentence = labels.at(-1) ?? '';
  const previous = labels.at(-2) ?? '';
  if (
    labels.length > 2 &&
    /^\p{Lu}/u.test(sentence) &&
    commonTopLevels.has(previous.toLowerCase()) &&
    !commonTopLevels.has(sentence.toLowerCase())
  ) {
    labels.pop();
  }
  if (labels.length < 2) return undefined;
  const sound = labels.every(
    (label) => label.length > 0 && label.length <= maxLabelUnits && !label.startsWith('-') && !label.endsWith('-'),
  );
  return sound ? start + labels.join('.').length : undefined;
};

/** An address literal: `[192.0.2.1]`. */
const literalEnd = (text: string, start: number): number | undefined => {
  const literal = /^\[(?:\d{1,3}\.){3}\d{1,3}\]/.exec(text.slice(start, start + 20))?.[0];
  return literal === undefined ? undefined : start + literal.length;
};

/** The password of a URL (`scheme://user:password@host`), a remote of a version control system, or a file's name. */
const isSomethingElse = (text: string, start: number, middle: number, end: number): boolean => {
  if (/:\/\/[^\s/@]*$/.test(text.slice(Math.max(0, start - 80), start))) return true;
  if (text.slice(start, middle) === 'git' && text[end] === ':') return true;
  return fileEndings.has(text.slice(text.lastIndexOf('.', end) + 1, end).toLowerCase());
};

export const email: Detector = (text) => {
  const found: Detection[] = [];
  let from = 0;
  for (let middle = text.indexOf('@'); middle >= 0; middle = text.indexOf('@', middle + 1)) {
    const start = middle > from ? localStart(text, middle) : undefined;
    if (start === undefined || start < from || text.charCodeAt(middle + 1) === at) continue;
    const end = text[middle + 1] === '[' ? literalEnd(text, middle + 1) : domainEnd(text, middle + 1);
    if (end === undefined || isSomethingElse(text, start, middle, end)) continue;
    // `_name@host_`: the underscores are emphasis.
    const emphasised = text[start] === '_' && text[end] === '_' && middle - start > 1;
    found.push({ start: emphasised ? start + 1 : start, end, score: 0.99, rule: 'email' });
    from = end;
  }
  return found;
};
