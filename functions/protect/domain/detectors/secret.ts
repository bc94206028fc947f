// Credentials by their shape: providers' prefixes, our own API tokens (with their checksum), JWTs, private-key blocks, passwords in URLs, hard-to-guess values that words announce.
import { createHash } from 'node:crypto';
import type { Detection, Detector } from '../detection.ts';

/** Every alternative begins with letters that little else begins with. */
const shaped = new RegExp(
  [
    '(?<aws>(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9]))',
    '(?<github>gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})',
    '(?<gitlab>gl(?:pat|dt|rt|ptt|soat)-[A-Za-z0-9_-]{20,255})',
    '(?<slack>xox[abeoprs]-[A-Za-z0-9-]{10,250}|xapp-\\d-[A-Za-z0-9-]{10,250}|https://hooks\\.slack\\.com/(?:services|workflows)/[A-Za-z0-9/]{20,100})',
    '(?<stripe>[sr]k_(?:live|test)_[A-Za-z0-9]{16,250}|whsec_[A-Za-z0-9+/=]{24,250})',
    '(?<google>AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])|ya29\\.[A-Za-z0-9_-]{20,500}|GOCSPX-[A-Za-z0-9_-]{28})',
    '(?<anthropic>sk-ant-[A-Za-z0-9_-]{20,250})',
    '(?<openai>sk-(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,250}|sk-[A-Za-z0-9]{32,64}(?![A-Za-z0-9_-]))',
    '(?<hub>hf_[A-Za-z0-9]{30,60}|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{40,250}|dckr_pat_[A-Za-z0-9_-]{20,60})',
    '(?<mail>SG\\.[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{32,64}|key-[0-9a-f]{32}(?![0-9a-f]))',
    '(?<other>dop_v1_[a-f0-9]{64}|shp(?:at|ss|ca|pa)_[a-fA-F0-9]{32}|sq0(?:atp|csp)-[A-Za-z0-9_-]{22,43}|hvs\\.[A-Za-z0-9_-]{24,250}|lin_api_[A-Za-z0-9]{40}|ntn_[A-Za-z0-9]{40,60}|AGE-SECRET-KEY-1[A-Z0-9]{58})',
    '(?<own>mm_[a-z2-7]{16}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}(?![0-9A-Za-z]))',
    '(?<jwt>eyJ[A-Za-z0-9_-]{8,1000}\\.eyJ[A-Za-z0-9_-]{8,2000}\\.[A-Za-z0-9_-]{8,1000})',
  ].join('|'),
  'g',
);
/** Cheaper than the alternatives: no text without one of these has any. */
const hint =
  /AKIA|ASIA|ABIA|ACCA|gh[pousr]_|github_pat_|gl(?:pat|dt|rt|ptt|soat)-|xox[abeoprs]-|xapp-|hooks\.slack|[sr]k_(?:live|test)_|whsec_|AIza|ya29\.|GOCSPX-|sk-|hf_|npm_|pypi-|dckr_pat_|SG\.|key-|dop_v1_|shp(?:at|ss|ca|pa)_|sq0|hvs\.|lin_api_|ntn_|AGE-SECRET|mm_|eyJ/;

const isAlnum = (unit: number): boolean => (unit >= 48 && unit <= 57) || ((unit | 32) >= 97 && (unit | 32) <= 122);

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Six characters of base62 over the SHA-256 of the rest, as API tokens carry them. */
const hasTokenChecksum = (token: string): boolean => {
  const body = token.slice(0, -7);
  let value = createHash('sha256').update(body).digest().readBigUInt64BE(0);
  let sum = '';
  for (let index = 0; index < 6; index += 1) {
    sum = alphabet.charAt(Number(value % 62n)) + sum;
    value /= 62n;
  }
  return token.endsWith(`_${sum}`);
};

/** What documentation writes in a key's place. */
const madeUp =
  /^(.)\1+$|x{6,}|X{6,}|\*{3,}|\.{3,}|your|example|placeholder|changeme|redacted|dummy|sample|insert|<|>|\$\{|\{\{|^(?:test|none|null|true|false|undefined|password|secret|pass|token)$/i;

const charEntropy = (value: string): number => {
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length);
  return bits;
};

/** Fewest bits a character, and in all (Shannon's, over the value's own characters). */
const minCharBits = 2.8;
const minBits = 36;

const isHardToGuess = (value: string): boolean => {
  const hasDigit = /\d/.test(value);
  const hasLetter = /[A-Za-z]/.test(value);
  const mixed = (hasDigit && hasLetter) || (hasLetter && /[^A-Za-z0-9]/.test(value) && /[A-Z]/.test(value));
  if (!mixed || madeUp.test(value)) return false;
  const bits = charEntropy(value);
  return bits >= minCharBits && bits * value.length >= minBits;
};

const announced =
  /\b(?:[A-Za-z0-9]{0,24}[_.-])?(?:api[_ -]?(?:key|token|secret)|secret(?:[_ -]?(?:access[_ -]?)?key)?|access[_ -]?(?:key|token)(?:[_ -]?id)?|auth(?:orization|[_ -]?token)?|bearer|private[_ -]?key|client[_ -]?secret|refresh[_ -]?token|session[_ -]?token|token|passw(?:or)?d|passphrase|pwd|credentials?)(?:["'`]?\s{0,3}(?::=|=>|[:=]|\bis\b)\s{0,3}["'`]?|["'`]? {1,3})(?:(?:bearer|basic|token) {1,3})?(?=([^\s"'`,;<>(){}[\]]{10,256}))/gi;
const urlPassword = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/]{1,64}:([^\s@/]{3,128})@(?=[\w[])/gi;
const keyBlock = /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g;
const keyEnd = /-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/;
/** Units of a key block at most; one without an end is taken that far. */
const maxBlockUnits = 4_000;

const blockEnd = (text: string, start: number): number => {
  const rest = text.slice(start, start + maxBlockUnits);
  const end = keyEnd.exec(rest);
  if (end !== null) return start + end.index + end[0].length;
  const body = /^-----BEGIN [A-Z0-9 ]{1,60}-----(?:[\sA-Za-z0-9+/=:,\\-]{0,3900})/.exec(rest);
  return start + (body?.[0].trimEnd().length ?? rest.length);
};

const maxSecretUnits = 4_096;

/** @returns findings by start; they may overlap */
export const secret: Detector = (text) => {
  const found: Detection[] = [];
  const add = (start: number, end: number, score: number, rule: string): void => {
    if (end - start <= maxSecretUnits) found.push({ start, end, score, rule });
  };
  if (hint.test(text)) {
    for (const match of text.matchAll(shaped)) {
      const [value] = match;
      const [rule] = Object.entries(match.groups ?? {}).find(([, group]) => group !== undefined) ?? ['other'];
      if (match.index > 0 && isAlnum(text.charCodeAt(match.index - 1)) && rule !== 'slack') continue;
      if (rule === 'own' ? !hasTokenChecksum(value) : /(.)\1{9,}/.test(value) || charEntropy(value) < 2.5) continue;
      add(match.index, match.index + value.length, 0.98, rule);
    }
  }
  for (const match of text.matchAll(keyBlock)) add(match.index, blockEnd(text, match.index), 0.99, 'private-key');
  for (const match of text.matchAll(announced)) {
    const value = (match[1] ?? '').replace(/[.!?]+$/, '');
    const start = match.index + match[0].length;
    if (value.length >= 10 && isHardToGuess(value)) add(start, start + value.length, 0.8, 'announced');
  }
  for (const match of text.matchAll(urlPassword)) {
    const password = match[1] ?? '';
    const start = match.index + match[0].length - 1 - password.length;
    if (!madeUp.test(password)) add(start, start + password.length, 0.85, 'url-password');
  }
  return found.sort((a, b) => a.start - b.start || b.end - a.end);
};
