import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../../functions/protect/domain/engine.ts';
import { evaluate, redactionsOf } from '../../../functions/protect/domain/evaluate.ts';
import type { DenyList } from '../../../functions/protect/domain/policy.ts';
import { redact } from '../../../functions/protect/domain/redact.ts';
import { maxHeldUnits } from '../../../functions/protect/domain/settled.ts';
import { endStream, openStream, pushChunk, type StreamState } from '../../../functions/protect/domain/stream.ts';
import { engineOf, policyOf } from '../../support/protect-engine.ts';

const every = { email: 'redact', phone: 'redact', creditCard: 'redact', ssn: 'redact', address: 'redact' } as const;
const lists: DenyList[] = [
  {
    id: 'terms',
    workspaces: '*',
    entries: [
      { type: 'phrase', value: 'Project Titan' },
      { type: 'keyword', value: 'confidential' },
      { type: 'regex', value: 'TOP-\\d{3}' },
    ],
  },
];
const custom = [{ name: 'badge', pattern: 'EMP-\\d{3,}', action: 'redact' as const }];
const engines: Record<string, Engine> = {
  redacting: engineOf([policyOf('p', { pii: { types: every, custom, allow: ['a@b.example'] }, secrets: 'redact' })]),
  blocking: engineOf(
    [policyOf('p', { pii: { types: { ...every, ssn: 'block' }, custom, allow: [] }, secrets: 'block', denyLists: ['terms'] })],
    lists,
  ),
  watching: engineOf(
    [policyOf('p', { pii: { types: { email: 'block' }, custom, allow: [] }, denyLists: ['terms'], mode: 'monitor' })],
    lists,
  ),
};

interface Streamed {
  readonly text: string;
  readonly verdict: ReturnType<typeof endStream>['verdict'];
  readonly findings: number;
  readonly held: number;
}

/** Each state passes through JSON, as one that is sealed does. */
const streamed = (engine: Engine, text: string, cuts: readonly number[]): Streamed => {
  let state: StreamState = openStream();
  let out = '';
  let findings = 0;
  let from = 0;
  let held = 0;
  const push = (to: number): void => {
    const next = pushChunk(engine, state, text.slice(from, to));
    state = JSON.parse(JSON.stringify(next.state)) as StreamState;
    out += next.text;
    findings += next.findings.length;
    from = to;
    if (!state.stopped) held = Math.max(held, to - state.emitted);
  };
  for (const cut of [...cuts].sort((a, b) => a - b)) if (cut > from && cut < text.length) push(cut);
  push(text.length);
  const last = endStream(engine, state);
  return { text: out + last.text, verdict: last.verdict, findings: findings + last.findings.length, held };
};

/** What the text alone decides: its redaction up to the first blocking finding, or to the redaction around it. */
const expected = (engine: Engine, text: string): string => {
  const all = streamed(engine, text, []);
  return all.text;
};

const values = [
  'jane.doe@mail.example',
  'a@b.example',
  'jane (at) mail [dot] example',
  'jane at mail dot example',
  '4111 1111 1111 1111',
  '4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1',
  '4111\u200b1111\u200b1111\u200b1111',
  '+44 20 7946 0958',
  'call 415-555-2671 ext. 42',
  '４１５-555-2671',
  'SSN 123-45-6789',
  '123-45-6789',
  '123 Main Street, Springfield, IL 62704',
  'P.O. Box 12, Austin, TX 78701',
  'my zip code is 90210',
  'EMP-1234567',
  'password: Xk29fLq81zPw',
  'AKIAIOSFODNN7QWERTYU',
  'ghp_abcdefghijklmnopqrstuvwxyz0123456789',
  'bWFpbCBqYW5lQG1haWwuZXhhbXBsZSBub3c=',
  '6d61696c206a616e65406d61696c2e6578616d706c65',
  '%6aane%40mail.example',
  '&#106;ane@mail.example',
  '<b>jane</b>@mail.example',
];
const denied = [
  'Project  Titan',
  'project titan',
  'confidential',
  'cоnfidential',
  'c0nf1dential',
  'P r o j e c t   T i t a n',
  'TOP-123',
  'pbasvqragvny',
];
const noise = [
  ' ',
  '\n',
  '. ',
  ', ',
  'the ',
  'a ',
  'I ',
  'call me on ',
  'and lives at ',
  '12 ',
  '3',
  '-',
  '(',
  '@',
  '**',
  '<',
  '&',
  '%',
  '\u0301',
  '😀',
  'é',
  'дом ',
  '東京',
  '  ',
  'card ',
  'ssn ',
  'phone ',
  'Street ',
  'dot ',
  'at ',
  'x',
  'Word ',
];
const prose = 'The quick brown fox jumps over the lazy dog and then goes home to rest for a while because it was a long day. ';
const piece = (own: readonly string[]) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...noise) },
    { weight: 2, arbitrary: fc.constantFrom(...own) },
    { weight: 1, arbitrary: fc.constant(prose) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constantFrom(...noise, 'YWJj'), fc.integer({ min: 1, max: 40 })).map(([unit, times]) => unit.repeat(times)),
    },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
  );
const texts = (own: readonly string[], maxLength = 40) => fc.array(piece(own), { maxLength }).map((pieces) => pieces.join(''));
const cuttings = fc.oneof(
  fc.array(fc.nat(6_000), { maxLength: 30 }),
  fc.integer({ min: 1, max: 90 }).map((step) => Array.from({ length: 400 }, (_, index) => (index + 1) * step)),
);

describe('a streamed text', () => {
  test.each([
    ['redacting', values],
    ['blocking', [...values, ...denied]],
    ['watching', [...values, ...denied]],
  ] as const)(
    'has the verdict of the whole text, and lets out the same, however it is cut: %s',
    (name, own) => {
      const engine = engines[name] as Engine;
      void fc.assert(
        fc.property(texts(own), cuttings, (text, cuts) => {
          const whole = evaluate(engine, text);
          const { text: kept, ...verdict } = whole;
          const parts = streamed(engine, text, cuts);
          expect(parts.verdict).toEqual(verdict);
          expect(parts.text).toBe(expected(engine, text));
          if (kept !== undefined) {
            expect(parts.text).toBe(kept);
            expect(parts.findings).toBe(whole.findings.length);
          }
        }),
        { numRuns: 400 },
      );
    },
    120_000,
  );

  test('lets out nothing of the first blocking value nor behind it, and all that is redacted before it', () => {
    const engine = engines.blocking as Engine;
    void fc.assert(
      fc.property(
        texts(['jane.doe@mail.example', '4111 1111 1111 1111'], 12),
        fc.constantFrom('Project Titan', ' 123-45-6789 '),
        cuttings,
        (before, stop, cuts) => {
          const text = `${before.replace(/[0-9A-Fa-f%&<]/g, ' ')} jane@mail.example ${prose}${stop} ${prose}`;
          const { verdict, text: out } = streamed(engine, text, cuts);
          expect(verdict.action).toBe('block');
          const first = Math.min(
            ...evaluate(engine, text)
              .findings.filter(({ action }) => action === 'block')
              .map(({ start }) => start),
          );
          expect(first).toBeLessThan(text.length);
          expect(out).not.toContain('jane@mail.example');
          expect(out).not.toContain('Project Titan');
          expect(out).not.toContain('123-45-6789');
        },
      ),
      { numRuns: 150 },
    );
  });

  test('goes out early where it runs on without digits and signs, and is never held back by more than the bound', () => {
    const engine = engines.blocking as Engine;
    const calm = streamed(
      engine,
      prose.repeat(60),
      Array.from({ length: 700 }, (_, index) => index * 10),
    );
    expect(calm.held).toBeLessThan(1_000);
    const share = 1 / 24;
    for (const hostile of ['1 ', 'a@', '4111 ', '\u0301', '<a ', 'x']) {
      const text = hostile.repeat(20_000 / hostile.length);
      const { held } = streamed(
        engine,
        text,
        Array.from({ length: 200 }, (_, index) => index * 100),
      );
      expect(held).toBeLessThanOrEqual((maxHeldUnits + 5_000 + 164 + text.length * share) | 0);
    }
  });

  test('of several blocks is looked at in the same blocks as a whole one', () => {
    const engine = engines.redacting as Engine;
    const filler = `${prose}Order 12 of 2020 (page 3). `;
    void fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 200, max: 320 }), fc.constantFrom(...values)), { minLength: 2, maxLength: 4 }),
        fc.integer({ min: 3_000, max: 50_000 }),
        (parts, step) => {
          const text = parts.map(([times, value]) => `${filler.repeat(times)} ${value} `).join('');
          const { text: kept, ...verdict } = evaluate(engine, text);
          const cut = streamed(
            engine,
            text,
            Array.from({ length: Math.ceil(text.length / step) }, (_, index) => index * step),
          );
          expect(cut.verdict).toEqual(verdict);
          expect(cut.text).toBe(kept);
          expect(kept).toBe(redact(text, redactionsOf(verdict.findings)));
        },
      ),
      { numRuns: 12 },
    );
  }, 120_000);
});
