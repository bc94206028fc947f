import { describe, expect, test } from 'vitest';
import { evaluateAll } from '../../../functions/protect/domain/evaluate.ts';
import { stringsOf, withStrings } from '../../../functions/protect/domain/message-strings.ts';
import { WorkExceeded } from '../../../functions/protect/domain/pattern-run.ts';
import type { DenyList } from '../../../functions/protect/domain/policy.ts';
import { engineOf, policyOf } from '../../support/protect-engine.ts';

const redactAll = policyOf('redact', { pii: { types: { email: 'redact', creditCard: 'redact' }, custom: [], allow: [] } });
const denies = policyOf('deny', { denyLists: ['terms'] });
const terms: DenyList = { id: 'terms', workspaces: '*', entries: [{ type: 'keyword', value: 'zeus' }] };

const verdictOn = (content: unknown) =>
  evaluateAll(engineOf([denies, redactAll], [terms]), stringsOf([{ role: 'user', content } as { role: string }]));

describe('chat messages', () => {
  test('are scanned in the names of members and in numbers, which block what cannot be redacted', () => {
    expect(verdictOn([{ zeus: 1 }])).toMatchObject({ action: 'block', error: { code: 'deny-list-match' } });
    expect(verdictOn({ 'john@acme.com': 2 })).toMatchObject({ action: 'block', error: { code: 'pii-detected' } });
    expect(verdictOn(4111111111111111)).toMatchObject({
      action: 'block',
      findings: [{ category: 'creditCard', path: '/messages/0/content' }],
    });
    expect(verdictOn([{ type: 'text', text: 'hello', weight: 12 }])).toMatchObject({ action: 'allow' });
  });

  test('come back with their strings replaced and everything else as it was', () => {
    const messages = [{ role: 'user', content: [{ type: 'text', text: 'a@b.example', depth: 3 }, 'plain'] }];
    const verdict = evaluateAll(engineOf([redactAll], []), stringsOf(messages));
    expect(withStrings(messages, verdict.texts ?? [])).toEqual([
      { role: 'user', content: [{ type: 'text', text: '[EMAIL_REDACTED]', depth: 3 }, 'plain'] },
    ]);
  });

  test('share the fixed part of the work that patterns may take: ten thousand short strings fail closed, soon', () => {
    const entries = Array.from({ length: 20 }, (_, index) => ({ type: 'regex' as const, value: `(?:[a-m]?){300}q${index}z` }));
    const engine = engineOf([policyOf('deny', { denyLists: ['slow'] })], [{ id: 'slow', workspaces: '*', entries }]);
    const strings = stringsOf([{ role: 'user', content: Array.from({ length: 10_000 }, () => 'a') } as { role: string }]);
    const started = process.cpuUsage();
    expect(() => evaluateAll(engine, strings)).toThrow(WorkExceeded);
    const { user, system } = process.cpuUsage(started);
    // Without the shared part it takes half a minute.
    expect((user + system) / 1e6).toBeLessThan(8);
  });
});
