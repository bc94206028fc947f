import { describe, expect, test } from 'vitest';
import { evaluate } from '../../../functions/protect/domain/evaluate.ts';
import { viewsOf } from '../../../functions/protect/domain/views.ts';
import { engineOf, policyOf } from '../../support/protect-engine.ts';

const every = { email: 'log', phone: 'log', creditCard: 'log', ssn: 'log', address: 'log' } as const;
const engine = engineOf(
  [policyOf('p', { pii: { types: every, custom: [], allow: [] }, secrets: 'redact', denyLists: ['terms'], mode: 'monitor' })],
  [
    {
      id: 'terms',
      workspaces: '*',
      entries: [
        { type: 'phrase', value: 'a a a a a b' },
        { type: 'keyword', value: 'x' },
      ],
    },
  ],
);

/** Counts what the text's own methods are asked to read, by the units that a view makes of it. */
const unitsOfViews = (text: string): number => viewsOf(text).all.reduce((sum, view) => sum + view.text.length + view.edits.length, 0);

const nested = (depth: number, units: number): string => {
  let text = 'mail jane@example.com '.repeat(units / 22);
  for (let level = 0; level < depth; level += 1) text = Buffer.from(text).toString('base64');
  return text;
};

const hostile: readonly (readonly [string, (units: number) => string])[] = [
  ...[
    '1',
    '1 ',
    '1-',
    '(1) ',
    '4111 1111 1111 1111 ',
    '555-',
    '123 Main St, ',
    'a@',
    'a@b.co ',
    'x ',
    'a ',
    '\u0301',
    'e\u0301',
    '\u200b1',
    '&#49;',
    '%41',
    '%',
    '&',
    '<',
    '<a ',
    '<!--',
    '**',
    '*1',
    '(at) ',
    'a dot b at c ',
    'YWJj',
    '41 ',
    '\\u0041',
    '\u{e0041}',
    'аa',
    '😀',
    'password: ',
    '-----BEGIN PRIVATE KEY-----',
    'eyJ',
    'sk-',
    'P.O. Box ',
    'Street ',
    '\n',
    ' ',
  ].map((piece) => [piece, (units: number) => piece.repeat(Math.ceil(units / piece.length)).slice(0, units)] as const),
  ['base64 in base64', (units) => nested(4, units / 3.2).slice(0, units)],
];

describe('on hostile text', () => {
  test.each(hostile)('views are a bounded number of times as long as the text: %j', (_, make) => {
    for (const units of [10_000, 40_000]) expect(unitsOfViews(make(units))).toBeLessThanOrEqual(units * 24);
  });

  test.each(hostile)('twice the text makes at most 1.3 times twice the views: %j', (_, make) => {
    const [once, twice] = [unitsOfViews(make(40_000)), unitsOfViews(make(80_000))];
    expect(twice).toBeLessThanOrEqual(once * 2 * 1.3);
  });

  test.each(hostile)('a scan does not stall: %j', (_, make) => {
    const startedMs = performance.now();
    const { findings } = evaluate(engine, make(60_000));
    expect(performance.now() - startedMs).toBeLessThan(6_000);
    expect(findings.length).toBeLessThan(120_000);
    for (const { start, end } of findings) expect(end - start).toBeLessThanOrEqual(4_096);
  });

  test('a million units are scanned', () => {
    const text = 'x '.repeat(524_288);
    expect(evaluate(engine, text).findings.filter(({ type }) => type === 'denyList')).toHaveLength(524_288);
  });
});
