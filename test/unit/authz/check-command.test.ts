import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { afterAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../support/ports.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const folder = temporaryFolder();
afterAll(() => folder.remove());

const file = (name: string, content: unknown): string => {
  const path = join(folder.path, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
};
const run = (args: readonly string[], input = '') => {
  const { status, stdout, stderr } = spawnSync(execPath, [join(root, 'scripts', 'check.ts'), ...args], { input, encoding: 'utf8' });
  return { status, stdout, stderr };
};

describe('the published cases', () => {
  const cases = join(root, 'test', 'cases', 'authz');
  test.each(readdirSync(cases))('%s', (name) => {
    const { model, tests } = JSON.parse(readFileSync(join(cases, name), 'utf8'));
    expect(run(['--model', file(`model-${name}`, model), '--tests', file(`tests-${name}`, tests)])).toMatchObject({ status: 0 });
  });
});

describe('npm run check', () => {
  const model = file('model.json', {
    assignments: [{ principal: 'user:a', role: 'viewer', scope: 'support', expiresAt: '2999-01-01T00:00:00Z' }],
  });

  test('answers a line for a line, in order, an error for a bad one', () => {
    const lines = [
      '{"principal":"user:a","permission":"apps:support:read"}',
      'nonsense',
      '',
      '{"principal":"user:a","permission":"apps:support:fly"}',
      '{"principal":"user:a\\n","permission":"apps:support:read"}',
      '{"principal":"user:a","permission":"apps:support/../x:read"}',
      '{"principal":"user:a","permission":"apps:support:read","__proto__":{}}',
      '{"principal":"user:a","permission":"apps:other:read"}',
    ];
    const { status, stdout } = run(['--model', model], `${lines.join('\n')}\n`);
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(status).toBe(0);
    expect(answers.map(({ allowed, error }) => allowed ?? typeof error)).toEqual([
      true,
      'string',
      'string',
      'string',
      'string',
      'string',
      'string',
      false,
    ]);
    expect(answers[0].matched).toEqual([{ role: 'viewer', permission: 'apps:*:read', assignment: 'assignment-1' }]);
  });

  test('fails where a test does not hold, and shows what differs', () => {
    const tests = file('tests.json', [
      { name: 'holds', principal: 'user:a', permission: 'apps:support:read', allowed: true, reason: 'viewer' },
      { name: 'breaks', principal: 'user:a', permission: 'apps:support:write', allowed: true },
      { name: 'other reason', principal: 'user:a', permission: 'apps:support:read', allowed: true, reason: 'admin' },
    ]);
    const { status, stdout } = run(['--model', model, '--tests', tests]);
    expect(status).toBe(1);
    expect(stdout).toContain('not ok breaks');
    expect(stdout).toContain('- allowed: true\n  + allowed: false');
    expect(stdout).toContain('- reason: admin');
    expect(stdout).toMatch(/1 passed, 2 failed\n$/);
  });

  test.each([
    [{ assignments: [{ principal: 'user:a', role: 'nothing', scope: '*' }] }, '/assignments/0/role'],
    [{ roles: [{ id: 'admin', permissions: [] }] }, '/roles/0/id'],
    [{ roles: [{ id: 'x', permissions: ['analytics:*:write'] }] }, '/roles/0/permissions/0'],
    [{ policies: [{ id: 'p', effect: 'Deny', resources: ['apps'], scopes: ['*'], actions: ['read'] }] }, '/policies/0/effect'],
    [
      { policies: [{ id: 'p', effect: 'deny', resources: ['apps'], scopes: ['*'], actions: ['read'], roles: ['viewer'] }] },
      '/policies/0/roles/0',
    ],
    [{ groups: { a: ['group:b'] } }, '/groups/a/0'],
    [{ rules: [] }, '/rules'],
  ])('refuses a model that is not valid: %j', (bad, pointer) => {
    const { status, stderr } = run(['--model', file('bad.json', bad)]);
    expect([status, stderr]).toEqual([2, expect.stringContaining(pointer)]);
  });

  describe('--prove', () => {
    const provable = file('provable.json', {
      roles: [{ id: 'writer', permissions: ['iam:*:write'] }],
      assignments: [
        { principal: 'user:eve', role: 'writer', scope: '*' },
        { principal: 'user:ada', role: 'admin', scope: '*' },
        { principal: 'user:vi', role: 'viewer', scope: '*' },
      ],
    });
    const proof = (...args: readonly string[]) => run(['--model', provable, '--prove', ...args]);

    test('answers never, reachable with the steps, and not within the bound, each with its exit code', () => {
      expect(proof('user:vi', 'iam:*:write')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^never: `user:vi`, alone/) });
      const together = proof('user:eve', 'secrets:*:read', '--collude');
      expect(together).toMatchObject({
        status: 1,
        stdout: expect.stringMatching(/^reachable: `user:eve`, with `user:ada`.*in 1 writes\n1\. `user:ada` /),
      });
      const bounded = proof('user:eve', 'secrets:*:read', '--states', '1');
      expect(bounded).toMatchObject({ status: 3, stdout: expect.stringMatching(/^not within the bound: /) });
    });

    test('refuses what it cannot read', () => {
      for (const args of [['user:eve'], ['eve', 'iam:*:write'], ['user:eve', 'iam:*:fly'], ['user:eve', 'iam:*:write', '--states', '0']]) {
        expect([args, proof(...args).status]).toEqual([args, 2]);
      }
    });
  });

  test('says how it is called', () => {
    expect(run([]).stderr).toContain('usage:');
    expect(run(['--model', join(folder.path, 'absent.json')])).toMatchObject({ status: 2 });
  });
});
