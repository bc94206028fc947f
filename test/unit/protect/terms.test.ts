import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fold, foldTerm } from '../../../functions/protect/domain/fold.ts';
import type { DenyTerm } from '../../../functions/protect/domain/policy.ts';
import { compileTerms } from '../../../functions/protect/domain/term-automaton.ts';

const find = (terms: readonly DenyTerm[], text: string): string[] =>
  compileTerms(terms)
    .find(text, fold(text))
    .map(({ start, end }) => text.slice(start, end));
const phrase = (value: string): DenyTerm => ({ type: 'phrase', value });
const keyword = (value: string): DenyTerm => ({ type: 'keyword', value });

/** Tries each stretch of the text: slow, and plainly right. */
const slowly = (terms: readonly DenyTerm[], text: string): string[] => {
  const points = [...text];
  const offsets = points.map((_, index) => points.slice(0, index).join('').length).concat(text.length);
  const isWord = (character: string | undefined) => character !== undefined && /[\p{L}\p{N}\p{M}_]/u.test(character);
  const spans: { start: number; end: number }[] = [];
  for (let from = 0; from < points.length; from += 1) {
    for (let to = from + 1; to <= points.length; to += 1) {
      const stretch = points.slice(from, to).join('');
      if (stretch.trim() !== stretch) continue;
      const hit = terms.some(({ type, value }) => {
        if (foldTerm(stretch) !== foldTerm(value) || foldTerm(value) === '') return false;
        if (type === 'phrase') return true;
        return !(isWord(points[from - 1]) && isWord(points[from])) && !(isWord(points[to - 1]) && isWord(points[to]));
      });
      if (hit) spans.push({ start: offsets[from] ?? 0, end: offsets[to] ?? 0 });
    }
  }
  const isInside = (a: { start: number; end: number }, b: { start: number; end: number }) =>
    a !== b && b.start <= a.start && a.end <= b.end && (b.start !== a.start || b.end !== a.end);
  return spans
    .filter((span) => !spans.some((other) => isInside(span, other)))
    .sort((a, b) => a.start - b.start)
    .map(({ start, end }) => text.slice(start, end));
};

describe('deny-list terms', () => {
  test('ignore case, and the length and kind of white space', () => {
    expect(find([phrase('Project  Titan')], 'a project\u00a0\r\n TITAN b')).toEqual(['project\u00a0\r\n TITAN']);
  });

  test.each([
    ['STRASSE', 'die Straße.', ['Straße']],
    ['straße', 'DIE STRASSE', ['STRASSE']],
    ['s', 'ß', []],
    ['istanbul', 'İSTANBUL ıstanbul', ['İSTANBUL', 'ıstanbul']],
    ['ΣΊΣΥΦΟΣ', 'σίσυφος', ['σίσυφος']],
    ['k', '\u212a', ['\u212a']],
    ['😀x', 'a😀X', ['😀X']],
    ['\u{10400}', '\u{10428}', ['\u{10428}']],
    ['ﬁre', 'FIRE', ['FIRE']],
    ['fi', 'ﬁ', ['ﬁ']],
    ['f', 'ﬁ', []],
  ])('%s in %s is %j, with exact offsets', (term, text, expected) => {
    expect(find([phrase(term)], `${text}`)).toEqual(expected);
  });

  test('that are keywords stand between word boundaries, where their own edges are words', () => {
    expect(find([keyword('cat'), keyword('C++')], 'cat, concat cats _cat cat! C++11 xC++ é cat')).toEqual(['cat', 'cat', 'C++', 'cat']);
  });

  test('of which one holds another are reported once', () => {
    expect(find([phrase('ab'), phrase('abc'), keyword('abc d'), phrase('b')], 'abc d')).toEqual(['abc d']);
  });

  test('that only white space makes long are no match beyond 4,096 code units', () => {
    expect(find([phrase('a b')], `a${' '.repeat(4_094)}b`)).toHaveLength(1);
    expect(find([phrase('a b')], `a${' '.repeat(4_095)}b`)).toHaveLength(0);
  });

  test('are found as by trying each stretch of the text', () => {
    const letters = fc.constantFrom('a', 'b', 'B', 'ß', 's', 'İ', 'i', ' ', '\n', '-', '😀', 'ﬁ', 'f');
    const words = fc.array(letters, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''));
    const term = fc.record({ type: fc.constantFrom('phrase' as const, 'keyword' as const), value: words });
    void fc.assert(
      fc.property(fc.array(term, { maxLength: 6 }), fc.array(letters, { maxLength: 16 }), (terms, parts) => {
        const text = parts.join('');
        expect(find(terms, text)).toEqual(slowly(terms, text));
      }),
      { numRuns: 1_000 },
    );
  });

  test('cost a text the same however many there are, and compile by the hundred thousand', () => {
    const some = Array.from({ length: 100_000 }, (_, index) => phrase(`denied term ${(index * 7919) % 1_000_003} of many`));
    const automaton = compileTerms(some);
    expect(automaton.termCount).toBe(100_000);
    expect(automaton.sizeBytes).toBeLessThan(120 * 1024 * 1024);
    const text = `it was denied term 7919 of many, truly. ${'the quick brown fox '.repeat(5_000)}`;
    expect(automaton.find(text, fold(text))).toHaveLength(1);
  });
});
