import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluate, evaluateAll, maxTextUnits, TextTooLong } from '../../../functions/protect/domain/evaluate.ts';
import { WorkExceeded } from '../../../functions/protect/domain/pattern-run.ts';
import type { DenyList, Policy } from '../../../functions/protect/domain/policy.ts';
import { engineOf, policyOf } from '../../support/protect-engine.ts';

interface Case {
  readonly name: string;
  readonly policies: string[];
  readonly text: string;
  readonly action: string;
  readonly out?: string;
  readonly code?: string;
  readonly findings: ({ text?: string } & Record<string, string>)[];
}

const lists: DenyList[] = [
  {
    id: 'terms',
    workspaces: '*',
    entries: [
      { type: 'phrase', value: 'Project Titan' },
      { type: 'keyword', value: 'confidential' },
      { type: 'regex', value: 'SSN-\\d{3}-\\d{2}-\\d{4}' },
    ],
  },
  { id: 'research', workspaces: ['research'], entries: [{ type: 'phrase', value: 'Moonshot' }] },
];
const every = (action: 'redact' | 'block' | 'log') => ({ email: action, phone: action, creditCard: action, ssn: action });
const employee = { name: 'employee-id', pattern: 'EMP-\\d{6}', action: 'redact' as const };
const pii = (action: 'redact' | 'block' | 'log'): Partial<Policy> => ({ pii: { types: every(action), custom: [], allow: [] } });
const policies: Record<string, Policy> = {
  deny: policyOf('deny', { denyLists: ['terms'] }),
  redact: policyOf('redact', { pii: { types: every('redact'), custom: [employee], allow: ['help@acme.example', '800-555-0100'] } }),
  block: policyOf('block', pii('block')),
  log: policyOf('log', pii('log')),
  watch: policyOf('watch', { ...pii('block'), denyLists: ['terms'], mode: 'monitor' }),
  off: policyOf('off', { ...pii('block'), denyLists: ['terms'], enabled: false }),
  elsewhere: policyOf('elsewhere', { ...pii('block'), denyLists: ['terms'], workspaces: ['research'] }),
  'deny-research': policyOf('deny-research', { denyLists: ['research'] }),
  overlap: policyOf('overlap', {
    pii: { types: { email: 'redact' }, custom: [{ name: 'wrapped', pattern: 'xx .* yy', action: 'redact' }], allow: [] },
  }),
};
const engineNamed = (...names: string[]) =>
  engineOf(
    names.map((name) => policies[name] as Policy),
    lists,
  );

const cases = JSON.parse(readFileSync(new URL('../../cases/protect/evaluation.json', import.meta.url), 'utf8')) as Case[];

describe('a verdict', () => {
  test.each(cases)('$name', ({ policies: names, text, action, out, code, findings }) => {
    const verdict = evaluate(engineNamed(...names), text);
    expect(verdict.action).toBe(action);
    expect(verdict.error?.code).toBe(code);
    expect(verdict.text).toBe(action === 'block' ? undefined : (out ?? text));
    expect('text' in verdict).toBe(action !== 'block');
    expect(verdict.findings).toHaveLength(findings.length);
    for (const { text: found, ...expected } of findings) {
      const matching = verdict.findings.find(
        (finding) =>
          Object.entries(expected).every(([key, value]) => finding[key as keyof typeof finding] === value) &&
          (found === undefined || text.slice(finding.start, finding.end) === found),
      );
      expect(matching, JSON.stringify(verdict.findings)).toBeDefined();
    }
  });

  test('of several texts is one: what one blocks is blocked whole', () => {
    const engine = engineNamed('deny', 'redact');
    const placed = (...texts: string[]) => texts.map((text, index) => ({ path: `/${index}`, text }));
    expect(evaluateAll(engine, placed('hi', 'a@b.example'))).toMatchObject({
      action: 'redact',
      texts: ['hi', '[EMAIL_REDACTED]'],
      findings: [{ path: '/1' }],
    });
    const blocked = evaluateAll(engine, placed('a@b.example', 'confidential'));
    expect(blocked).toMatchObject({ action: 'block', findings: [{ type: 'denyList', path: '/1' }], error: { code: 'deny-list-match' } });
    expect(blocked.texts).toBeUndefined();
    expect(blocked.findings).toHaveLength(1);
  });

  test('refuses a text over the limit instead of cutting it', () => {
    expect(() => evaluate(engineNamed('redact'), 'x'.repeat(maxTextUnits + 1))).toThrow(TextTooLong);
  });

  test('fails closed when a pattern takes too much work, but not for a policy that only watches', () => {
    const text = 'x'.repeat(60_000);
    const quadratic = { types: {}, custom: [{ name: 'hungry', pattern: 'x*y|x', action: 'log' as const }], allow: [] };
    expect(() => evaluate(engineOf([policyOf('p', { pii: quadratic })]), text)).toThrow(WorkExceeded);
    expect(evaluate(engineOf([policyOf('p', { pii: quadratic, mode: 'monitor' })]), text).action).toBe('allow');
  });

  test('leaves every byte outside findings as it was', () => {
    const engine = engineNamed('redact');
    const filler = fc.string({ unit: 'binary', maxLength: 30 }).map((text) => text.replace(/[\d@A-Za-z.+(]/g, ' '));
    const data = fc.constantFrom('jane@mail.example', '4111-1111-1111-1111', '+44 20 7946 0958', 'EMP-000001', 'SSN 123-45-6789');
    void fc.assert(
      fc.property(fc.array(fc.tuple(filler, data), { maxLength: 6 }), filler, (parts, last) => {
        const text = parts.map(([before, value]) => `${before} ${value} `).join('') + last;
        const verdict = evaluate(engine, text);
        let rest = verdict.text ?? '';
        let from = 0;
        for (const { start, end } of verdict.findings) {
          const kept = text.slice(from, start);
          expect(rest.startsWith(kept)).toBe(true);
          rest = rest.slice(kept.length).replace(/^\[[A-Z_]+_REDACTED\]/, '');
          from = end;
        }
        expect(rest).toBe(text.slice(from));
      }),
      { numRuns: 200 },
    );
  });
});
