// Splits a text into tokens for the models: words folded, ideographs one by one, telling punctuation and structural marks.
import { foldUnit, isCapital, kindOfUnit, kinds } from './characters.ts';
import { hashSeed, hashStep, mix } from './hash.ts';
import { stemHash } from './stem.ts';

/** What a token is, beside its hash. */
export const tokenTypes = { word: 0, number: 1, ideograph: 2, mark: 3 } as const;

/** The token under the scanner; reused, so copy what must last. */
export interface Token {
  type: number;
  start: number;
  end: number;
  /** Of the folded word. */
  hash: number;
  /** Of the word without its inflection. */
  stem: number;
  /** Folded units of a word, as far as {@link maxWordUnits}. */
  readonly units: Uint16Array;
  length: number;
  /** A sentence or line ends before this token. */
  breaksBefore: number;
  /** The word is written in capitals alone. */
  isUpper: boolean;
}

/** A longer word is hashed whole but looked at no further. */
const maxWordUnits = 40;

export const breaks = { none: 0, sentence: 1, line: 2, paragraph: 3 } as const;

/** Marks that stand for a whole structure. */
const structural = (name: string): number => {
  let hash = 0x7f4a7c15;
  for (const letter of name) hash = hashStep(hash, letter.charCodeAt(0));
  return hash;
};
export const structures = {
  chatTemplate: structural('chat-template'),
  roleLabel: structural('role-label'),
  rule: structural('rule'),
  comment: structural('comment'),
  encoded: structural('encoded'),
  number: structural('number'),
  upper: structural('upper'),
} as const;

const chatTemplate = /<\|[a-z_ ]{2,24}\|>|\[\/?INST\]|<<\/?SYS>>|<\/?s>|<(?:start|end)_of_turn>|\{\{#?(?:system|user|assistant)/iy;
const roleLabel =
  /[#*[<\s]{0,4}(?:system|assistant|user|human|ai|developer|chatgpt|admin|instruction|prompt)s?\s?(?:message|prompt|note|override)?[\]>*]{0,3}\s?:/iy;

const isEncoded = (text: string, start: number, end: number): boolean => {
  let changes = 0;
  let digits = 0;
  let previous = 0;
  for (let at = start; at < end && at < start + 64; at += 1) {
    const unit = text.charCodeAt(at);
    const kind = unit >= 97 ? 1 : unit >= 65 ? 2 : 3;
    if (kind === 3) digits += 1;
    if (kind !== previous) changes += 1;
    previous = kind;
  }
  return changes >= 8 || (digits >= 4 && changes >= 6);
};

export interface Scanner {
  readonly token: Token;
  /** @returns whether there was another token */
  readonly next: () => boolean;
}

export const scanTokens = (text: string): Scanner => {
  const token: Token = {
    type: 0,
    start: 0,
    end: 0,
    hash: 0,
    stem: 0,
    units: new Uint16Array(maxWordUnits),
    length: 0,
    breaksBefore: breaks.paragraph,
    isUpper: false,
  };
  let at = 0;
  let broken: number = breaks.paragraph;
  let lineStart = true;

  const mark = (hash: number, start: number, end: number): true => {
    token.type = tokenTypes.mark;
    token.start = start;
    token.end = end;
    token.hash = hash;
    token.stem = hash;
    token.length = 0;
    token.isUpper = false;
    token.breaksBefore = broken;
    broken = breaks.none;
    lineStart = false;
    at = end;
    return true;
  };

  const word = (): true => {
    const start = at;
    const { units } = token;
    let length = 0;
    let hash = hashSeed;
    let letters = 0;
    let uppers = 0;
    let digits = 0;
    for (; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      const kind = kindOfUnit(unit);
      if (kind === kinds.skipped) continue;
      if (kind === kinds.apostrophe) {
        if (at + 1 < text.length && kindOfUnit(text.charCodeAt(at + 1)) === kinds.letter && letters > 0) continue;
        break;
      }
      if (kind !== kinds.letter && kind !== kinds.digit) break;
      const folded = foldUnit(unit);
      if (kind === kinds.letter) {
        letters += 1;
        uppers += isCapital(unit);
      } else digits += 1;
      hash = hashStep(hash, folded);
      if (length < maxWordUnits) {
        units[length] = folded;
        length += 1;
      }
    }
    token.start = start;
    token.end = at;
    token.breaksBefore = broken;
    broken = breaks.none;
    lineStart = false;
    if (letters === 0) {
      token.type = tokenTypes.number;
      token.hash = structures.number;
      token.stem = hash;
      token.length = 0;
      token.isUpper = false;
      return true;
    }
    if (at - start >= 20 && isEncoded(text, start, at)) return mark(structures.encoded, start, at);
    token.type = tokenTypes.word;
    token.hash = hash;
    token.length = length;
    token.stem = stemHash(units, length);
    token.isUpper = letters >= 3 && uppers === letters && digits === 0;
    return true;
  };

  const punctuation = (unit: number): true => {
    const start = at;
    if (unit === 0x3c || unit === 0x5b || unit === 0x7b) {
      chatTemplate.lastIndex = at;
      if (chatTemplate.test(text)) return mark(structures.chatTemplate, start, chatTemplate.lastIndex);
      if (text.startsWith('<!--', at)) return mark(structures.comment, start, at + 4);
    }
    let end = at + 1;
    while (end < text.length && text.charCodeAt(end) === unit) end += 1;
    const isRule =
      end - at >= 3 &&
      (unit === 0x2d || unit === 0x3d || unit === 0x2a || unit === 0x23 || unit === 0x7e || unit === 0x5f || unit === 0x60);
    return mark(isRule ? structures.rule : mix(0x3c6ef372, foldUnit(unit)), start, end);
  };

  const next = (): boolean => {
    while (at < text.length) {
      const unit = text.charCodeAt(at);
      const kind = kindOfUnit(unit);
      if (kind === kinds.gap || kind === kinds.skipped || kind === kinds.apostrophe) {
        at += 1;
        continue;
      }
      if (kind === kinds.newline) {
        broken = broken >= breaks.line ? breaks.paragraph : breaks.line;
        lineStart = true;
        at += 1;
        continue;
      }
      if (lineStart || broken !== breaks.none) {
        roleLabel.lastIndex = at;
        if (roleLabel.test(text)) return mark(structures.roleLabel, at, roleLabel.lastIndex);
        lineStart = false;
      }
      if (kind === kinds.letter || kind === kinds.digit) return word();
      if (kind === kinds.ideograph) {
        const start = at;
        mark(hashStep(hashSeed, unit), start, at + 1);
        token.type = tokenTypes.ideograph;
        return true;
      }
      if (kind === kinds.surrogate) {
        const point = text.codePointAt(at) ?? unit;
        return mark(mix(0x1f83d9ab, point), at, at + (point > 0xffff ? 2 : 1));
      }
      // Full stops, question and exclamation marks, and their kin.
      if (
        unit === 0x2e ||
        unit === 0x21 ||
        unit === 0x3f ||
        unit === 0x3002 ||
        unit === 0xff01 ||
        unit === 0xff1f ||
        unit === 0x61f ||
        unit === 0x964
      ) {
        const start = at;
        while (at < text.length && text.charCodeAt(at) === unit) at += 1;
        const isEnd = unit > 0x7f || at >= text.length || kindOfUnit(text.charCodeAt(at)) !== kinds.letter;
        if (unit === 0x2e) {
          if (isEnd && at < text.length && kindOfUnit(text.charCodeAt(at)) !== kinds.digit) broken = Math.max(broken, breaks.sentence);
          continue;
        }
        mark(mix(0x3c6ef372, foldUnit(unit)), start, at);
        if (isEnd) broken = breaks.sentence;
        return true;
      }
      if (unit === 0x2c || unit === 0x2f || unit === 0x2d || unit === 0x5f) {
        let end = at + 1;
        while (end < text.length && text.charCodeAt(end) === unit) end += 1;
        if (end - at < 3) {
          at = end;
          continue;
        }
      }
      return punctuation(unit);
    }
    return false;
  };
  return { token, next };
};
