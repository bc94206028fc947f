import { describe, expect, test } from 'vitest';
import { fillTemplate, type Json, referencesIn, TemplateTooLarge } from '../../../functions/vault/domain/template.ts';

const values = new Map([
  ['KEY', 's3cret'],
  ['NESTED', '{{ secrets.KEY }} \\{{ "quoted"'],
  ['DOLLAR', "$& $1 $' $$"],
]);
const fill = (template: Json): Json => fillTemplate(template, values, 10_000);

describe('a template', () => {
  test('is filled in nested objects and arrays, and other JSON stays as it is', () => {
    const template = { a: [{ b: 'Bearer {{ secrets.KEY }}' }, 1, true, null], 'c{{ secrets.KEY }}': '{{secrets.KEY}}{{  secrets.KEY  }}' };
    expect(fill(template)).toEqual({ a: [{ b: 'Bearer s3cret' }, 1, true, null], 'c{{ secrets.KEY }}': 's3crets3cret' });
    expect(fill('{{ secrets.KEY }}')).toBe('s3cret');
  });

  test('never looks into a value, whatever it holds', () => {
    expect(fill('<{{ secrets.NESTED }}>')).toBe('<{{ secrets.KEY }} \\{{ "quoted">');
    expect(fill('{{ secrets.DOLLAR }}')).toBe("$& $1 $' $$");
  });

  test('has `\\{{` for a literal `{{`', () => {
    expect(fill('\\{{ secrets.KEY }} and {{ secrets.KEY }}')).toBe('{{ secrets.KEY }} and s3cret');
    expect([...referencesIn('\\{{ secrets.KEY }}').keys()]).toEqual([]);
  });

  test.each([
    '{{ KEY }}',
    '{{ secrets.key }}',
    '{{ secrets.KEY | upper }}',
    '{{ secrets.KEY.b }}',
    '{{ secrets["KEY"] }}',
    '{ { secrets.KEY }}',
    '{{ secrets.1A }}',
    '[[ secrets.KEY ]]',
    '{{\nsecrets.KEY }}',
  ])('has no other reference: `%s` stays', (text) => {
    expect(fill(text)).toBe(text);
    expect(referencesIn(text).size).toBe(0);
  });

  test('names its references with the pointer of the first', () => {
    const found = referencesIn({ 'a/b~c': ['x', '{{ secrets.KEY }} {{ secrets.OTHER }}'], d: '{{ secrets.KEY }}' });
    expect([...found]).toEqual([
      ['KEY', '/a~1b~0c/1'],
      ['OTHER', '/a~1b~0c/1'],
    ]);
  });

  test('is not filled beyond its limit, however often a value is named', () => {
    const big = new Map([['KEY', 'x'.repeat(1_000)]]);
    expect(() => fillTemplate(Array(100).fill('{{ secrets.KEY }}'), big, 99_999)).toThrow(TemplateTooLarge);
    expect(fillTemplate(Array(100).fill('{{ secrets.KEY }}'), big, 100_000)).toHaveLength(100);
  });

  test('takes linear time over hostile text', () => {
    const started = performance.now();
    for (const text of ['{{ '.repeat(300_000), `{{${' '.repeat(900_000)}`, '\\{{'.repeat(300_000), '{{ secrets.A'.repeat(80_000)])
      referencesIn(text);
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test('a reference without a value is an error, never an empty string', () => {
    expect(() => fill('{{ secrets.OTHER }}')).toThrow('no value');
  });
});
