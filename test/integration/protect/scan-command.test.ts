import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'scan-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const script = new URL('../../../scripts/scan.ts', import.meta.url).pathname;

const scan = (policy: unknown, lists: unknown, input: string, ...more: string[]) => {
  writeFileSync(join(folder, 'policy.json'), JSON.stringify(policy));
  writeFileSync(join(folder, 'lists.json'), JSON.stringify(lists));
  const args = [script, '--policy', join(folder, 'policy.json'), '--deny-lists', join(folder, 'lists.json'), ...more];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { input, encoding: 'utf8' });
  const lines = stdout.split('\n').filter((line) => line !== '');
  return { status, stderr, verdicts: lines.map((line) => JSON.parse(line)) };
};

const policy = { id: 'pii', name: 'PII', pii: { types: { email: 'redact' } }, denyLists: ['terms'], workspaces: ['support'], version: 3 };
const terms = { id: 'terms', name: 'Terms', workspaces: '*', entries: [{ type: 'keyword', value: 'confidential' }] };

describe('npm run scan', () => {
  test('answers each line in order, a bad one with an error in its place', () => {
    const input = [
      '{"id": 1, "text": "mail a@b.example"}',
      'not json',
      '{"id": "x"}',
      '{"text": "Confidential", "direction": "output"}',
    ].join('\n');
    const { status, verdicts } = scan(policy, [terms], input, '--scores');
    expect(status).toBe(0);
    expect(verdicts).toMatchObject([
      { id: 1, action: 'redact', text: 'mail [EMAIL_REDACTED]', policyVersion: 3, scores: {} },
      { error: { code: 'malformed-json' } },
      { id: 'x', error: { code: 'validation-failed' } },
      { action: 'block', error: { code: 'deny-list-match' } },
    ]);
    expect(verdicts).toHaveLength(4);
  });

  test('takes several policies, and lists only where both scopes meet', () => {
    const other = { ...policy, id: 'other', pii: undefined, workspaces: ['research'] };
    const { verdicts } = scan([policy, other], [{ ...terms, workspaces: ['research'] }], '{"text": "confidential a@b.example"}\n');
    expect(verdicts).toMatchObject([{ action: 'block', findings: [{ policy: 'other', category: 'terms' }] }]);
  });

  test.each([
    [{ ...policy, content: { offTopic: 'high' } }, [terms], '/content'],
    [policy, [], 'no deny list `terms`'],
    [{ ...policy, thresholds: 1 }, [terms], 'thresholds'],
    [policy, [{ ...terms, entries: [{ type: 'regex', value: '(a' }] }], '`(a`'],
  ])('refuses what it could not enforce: %#', (given, lists, said) => {
    const { status, stderr, verdicts } = scan(given, lists, '{"text": "hi"}\n');
    expect(status).toBe(2);
    expect(stderr).toContain(said);
    expect(verdicts).toEqual([]);
  });
});
