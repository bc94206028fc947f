import { existsSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { creditCard, passesLuhn } from '../../../functions/protect/domain/detectors/credit-card.ts';
import { email } from '../../../functions/protect/domain/detectors/email.ts';
import { phone } from '../../../functions/protect/domain/detectors/phone.ts';
import { ssn } from '../../../functions/protect/domain/detectors/ssn.ts';
import { findPersonalData } from '../../../functions/protect/domain/personal-data.ts';

const detectors = { email, phone, creditCard, ssn };
const found = (type: keyof typeof detectors, text: string): string[] =>
  detectors[type](text).map(({ start, end }) => text.slice(start, end));
const cases = JSON.parse(readFileSync(new URL('../../cases/protect/personal-data.json', import.meta.url), 'utf8')) as {
  type: keyof typeof detectors;
  text: string;
  found: string[];
}[];

describe('personal data', () => {
  test.each(cases)('$type in: $text', ({ type, text, found: expected }) => {
    expect(found(type, text)).toEqual(expected);
  });

  test('of two kinds in one place is the more certain kind', () => {
    const kinds = (text: string) => findPersonalData(text).map(({ type }) => type);
    expect(kinds('card 4111 1111 1111 1111, call 415-555-2671')).toEqual(['creditCard', 'phone']);
    expect(kinds('mail 415-555-2671@sms.example.com')).toEqual(['email']);
    expect(kinds('call me, ssn 123-45-6789')).toEqual(['ssn']);
  });

  test('of cards has a check digit: one wrong digit is no card', () => {
    void fc.assert(
      fc.property(fc.stringMatching(/^4[0-9]{14}$/), fc.integer({ min: 0, max: 9 }), (start, digit) => {
        expect(creditCard(`card ${start}${digit}`).length > 0).toBe(passesLuhn(`${start}${digit}`) && !/^4+$/.test(`${start}${digit}`));
      }),
    );
  });

  test('is looked for without failing in any text, inside its bounds, in order', () => {
    const piece = fc.oneof(fc.string({ unit: 'binary', maxLength: 12 }), fc.stringMatching(/^[0-9 .()+@x-]{0,20}$/));
    void fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        const text = pieces.join('');
        let from = 0;
        for (const { start, end, score } of findPersonalData(text)) {
          expect(start).toBeGreaterThanOrEqual(from);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(text.length);
          expect(score).toBeGreaterThan(0);
          from = end;
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    '1',
    '1 ',
    '1-',
    '(1) ',
    '+',
    '@',
    'a@',
    '@a.',
    '1.',
    '-',
    '4111 1111 1111 1111 ',
    'a.',
    '"',
    '_@',
    '0',
    'é@ü.de ',
    '\u0301',
    '😀',
  ])('is looked for in a quarter of a megabyte of %j without stalling', (piece) => {
    const text = piece.repeat(Math.floor(250_000 / piece.length));
    const startedMs = performance.now();
    findPersonalData(text);
    expect(performance.now() - startedMs).toBeLessThan(8_000);
  });
});

const data = new URL('../../../../shared/data/', import.meta.url);
const isThere = existsSync(new URL('pii.dev.jsonl', data));
const rowsOf = <T>(name: string): T[] =>
  readFileSync(new URL(name, data), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);

describe.skipIf(!isThere)('personal data on the development rows (skipped where they are not at hand)', () => {
  const names = { email: 'EMAIL', phone: 'PHONE', creditCard: 'CREDIT_CARD', ssn: 'SSN' } as const;
  interface Row {
    readonly text: string;
    readonly spans: { type: string; start: number; end: number }[];
  }

  test.each([
    ['email', 0.995, 0.995],
    ['ssn', 0.995, 0.995],
    ['creditCard', 0.99, 0.98],
    ['phone', 0.92, 0.85],
  ] as const)('%s: precision %d, recall %d', (type, precision, recall) => {
    let [right, reported, hit, present] = [0, 0, 0, 0];
    for (const { text, spans } of rowsOf<Row>('pii.dev.jsonl')) {
      const truth = spans.filter((span) => span.type === names[type]);
      const detections = findPersonalData(text).filter((detection) => detection.type === type);
      const meets = (a: { start: number; end: number }, b: { start: number; end: number }) => a.start < b.end && b.start < a.end;
      reported += detections.length;
      present += truth.length;
      right += detections.filter((detection) => truth.some((span) => meets(span, detection))).length;
      hit += truth.filter((span) => detections.some((detection) => meets(span, detection))).length;
    }
    expect(right / reported).toBeGreaterThanOrEqual(precision);
    expect(hit / present).toBeGreaterThanOrEqual(recall);
  });

  test('flags at most 0.3 % of number-heavy harmless texts', () => {
    const rows = rowsOf<{ text: string }>('pii.negatives.dev.jsonl');
    const flagged = rows.filter(({ text }) => findPersonalData(text).length > 0).length;
    expect(flagged / rows.length).toBeLessThanOrEqual(0.003);
  });
});
