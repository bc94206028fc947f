import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pathMatcher, pathParts } from '../../../local/gateway/match-path.ts';

const templates = [
  '/',
  '/v1/orgs/{org}/roles',
  '/v1/orgs/{org}/roles/{role}',
  '/v1/orgs/{org}/roles/built-in',
  '/v1/orgs/{org}/roles/{role}/history',
  '/v1/orgs/{org}/audit/log/tile/{path+}',
  '/v1/orgs/{org}/audit/log/checkpoint',
];
const match = pathMatcher(templates.map((template) => [template, template] as const));

describe('matching a path', () => {
  test.each([
    ['/', '/', {}],
    ['/v1/orgs/acme/roles', '/v1/orgs/{org}/roles', { org: 'acme' }],
    ['/v1/orgs/acme/roles/built-in', '/v1/orgs/{org}/roles/built-in', { org: 'acme' }],
    ['/v1/orgs/acme/roles/%62uilt-in', '/v1/orgs/{org}/roles/built-in', { org: 'acme' }],
    ['/v1/orgs/acme/roles/author', '/v1/orgs/{org}/roles/{role}', { org: 'acme', role: 'author' }],
    ['/v1/orgs/acme/roles/built-in/history', '/v1/orgs/{org}/roles/{role}/history', { org: 'acme', role: 'built-in' }],
    ['/v1/orgs/acme/roles/user%3Aada', '/v1/orgs/{org}/roles/{role}', { org: 'acme', role: 'user:ada' }],
    ['/v1/orgs/acme/audit/log/tile/0/x001/067.p/3', '/v1/orgs/{org}/audit/log/tile/{path+}', { org: 'acme', path: '0/x001/067.p/3' }],
    ['/v1/orgs/__proto__/roles', '/v1/orgs/{org}/roles', { org: '__proto__' }],
  ])('%s is %s', (path, template, params) => {
    const found = match(path);
    expect(found?.template).toBe(template);
    expect(found?.value).toBe(template);
    expect(found?.params).toEqual(params);
  });

  test.each([
    '',
    '*',
    'http://127.0.0.1/v1/orgs/acme/roles',
    '//',
    '/v1/orgs/acme/roles/',
    '/v1/orgs//roles',
    '/v1/orgs/./roles',
    '/v1/orgs/../roles',
    '/v1/orgs/%2e%2e/roles',
    '/v1/orgs/%2E/roles',
    '/v1/orgs/a%2fb/roles',
    '/v1/orgs/a%5Cb/roles',
    '/v1/orgs/a%00/roles',
    '/v1/orgs/a%0a/roles',
    '/v1/orgs/%/roles',
    '/v1/orgs/%ff/roles',
    '/v1/orgs/acme/roles#built-in',
    '/v1/orgs/acme/audit/log/tile',
    '/v1/orgs/acme/audit/log/tile/',
    '/v1/orgs/acme/audit/log/tile/..%2f..',
    '/V1/orgs/acme/roles',
    '/v1/orgs/acme/roles/a/b/c',
  ])('%j names nothing', (path) => {
    expect(match(path)).toBeUndefined();
  });

  test.each([
    [['/a/{x}', '/a/{x}'], 'twice'],
    [['/a/{x}', '/a/{y}/b'], 'calls'],
    [['/a/{x}', '/a/{x+}'], 'calls'],
    [['/a/{x+}/b'], 'greedy'],
    [['/a/x{y}'], 'part'],
    [['a'], 'template'],
    [['/a//b'], 'template'],
  ])('the table %j cannot be deployed and is refused', (table, why) => {
    expect(() => pathMatcher(table.map((template) => [template, 0] as const))).toThrow(why);
  });

  test('no path, however encoded, yields a part that is empty, dots, or holds a slash or control character', () => {
    const part = fc.oneof(fc.constantFrom('.', '..', '%2e', '%2F', '%5c', '%00', '%7f', 'a', '%', '%zz', ''), fc.string({ maxLength: 4 }));
    void fc.assert(
      fc.property(
        fc.array(
          fc.array(part, { maxLength: 3 }).map((all) => all.join('')),
          { maxLength: 5 },
        ),
        (parts) => {
          for (const each of pathParts(`/${parts.join('/')}`) ?? []) {
            expect(each).not.toBe('');
            expect(each).not.toMatch(/^\.{1,2}$/);
            expect([...each].some((char) => char === '/' || char === '\\' || char < ' ' || char === '\x7f')).toBe(false);
          }
        },
      ),
      { numRuns: 500, seed: 7 },
    );
  });
});
