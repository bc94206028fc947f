import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../../functions/protect/domain/evaluate.ts';
import { originalSpan } from '../../../functions/protect/domain/view.ts';
import { viewsOf } from '../../../functions/protect/domain/views.ts';
import { engineOf, policyOf } from '../../support/protect-engine.ts';

interface Evasion {
  readonly family: string;
  readonly category: string;
  readonly before: string;
  readonly disguised: string;
  readonly after: string;
}

const cases = JSON.parse(readFileSync(new URL('../../cases/protect/evasions.json', import.meta.url), 'utf8')) as Evasion[];
const every = { email: 'redact', phone: 'redact', creditCard: 'redact', ssn: 'redact', address: 'redact' } as const;
const terms = [
  { type: 'phrase', value: 'Project Titan' },
  { type: 'keyword', value: 'confidential' },
] as const;
const engine = engineOf(
  [policyOf('p', { pii: { types: every, custom: [], allow: [] }, denyLists: ['terms'], mode: 'monitor' })],
  [{ id: 'terms', workspaces: '*', entries: terms }],
);

describe('disguise', () => {
  test.each(cases)('$family does not hide $category', ({ category, before, disguised, after }) => {
    const { findings } = evaluate(engine, before + disguised + after);
    const own = findings.filter((finding) => finding.type === 'denyList' || finding.category === category);
    const end = before.length + disguised.length;
    const covered = own.reduce((sum, found) => sum + Math.max(0, Math.min(found.end, end) - Math.max(found.start, before.length)), 0);
    expect(covered / disguised.length).toBeGreaterThanOrEqual(0.8);
    // What stands around a value is not part of it, but for the white space and quotation that the disguise itself may touch.
    for (const { start, end: last } of own) {
      expect(start).toBeGreaterThanOrEqual(before.length - 1);
      expect(last).toBeLessThanOrEqual(end + 1);
    }
  });

  test.each([
    'Привет, мир! Мой дом стоит на улице Ленина, и я живу там с 1998 года.',
    'Το σπίτι μου είναι στην Αθήνα και έχω δύο γάτες.',
    'مرحبا بالعالم، عندي ٣ قطط و ٢٥ كتابا في البيت.',
    '我住在北京,家里有三只猫和25本书。',
    '東京は人口1400万人の大都市です。',
    'नमस्ते दुनिया, मेरे पास ३ बिल्लियाँ हैं',
    'שלום עולם, יש לי 3 חתולים',
    'Nice work 👍🏽👩‍👩‍👧 🇩🇪 5️⃣ stars!',
    'Café Zoë serves crème brûlée for 7 €.',
    'f(x) = 3x² + 2x − 1, and 1/2 + 3/4 = 5/4',
    'Use `git log --oneline | head -5`, then **commit** the *change*.',
    'at a dot product of 3 and 4, meet me at noon',
    'https://example.com/a/b/c?x=1&y=2#top',
    'sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  ])('is not seen in ordinary text: %s', (text) => {
    expect(evaluate(engine, text).findings).toEqual([]);
  });

  test('leaves every view with a way back into the text, in order', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 10 }),
      fc.constantFrom(
        '&#49;',
        '%41%C3%A9',
        '\\u0041',
        '<b>',
        '</b>',
        '**',
        '\u200b',
        'é',
        '４',
        'YWJjZGVmZ2hpamts',
        '616263646566',
        '1 2 3 4 5',
        ' [at] ',
        '\u{e0041}',
      ),
    );
    void fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const text = pieces.join('');
        const views = viewsOf(text);
        for (const view of [...views.all, views.leet(), views.rot13(), views.words()]) {
          if (view === undefined) continue;
          let from = 0;
          for (let at = 0; at < view.text.length; at += 1) {
            const { start, end } = originalSpan(view, at, at + 1);
            expect(start).toBeGreaterThanOrEqual(from);
            expect(end).toBeGreaterThanOrEqual(start);
            expect(end).toBeLessThanOrEqual(text.length);
            from = start;
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
