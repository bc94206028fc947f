import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { parseEnv } from '../../../functions/shared/env.ts';
import { identifier } from '../../../functions/shared/kernel/ids.ts';
import { catalogue, deniedBy, impliedBy, permissionFault, resources } from '../../../functions/shared/kernel/permission.ts';
import { principal } from '../../../functions/shared/kernel/principal.ts';
import { covers, intersect, type Scope, scope } from '../../../functions/shared/kernel/scope.ts';
import { newId, realWorld, uuidv7 } from '../../../functions/shared/kernel/world.ts';

const anyScope = fc.oneof(
  fc.constant('*'),
  fc.array(fc.constantFrom('a', 'b', 'ab', 'a-b'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
) as fc.Arbitrary<Scope>;

describe('identifiers', () => {
  test.each(['a', '0', 'a_b-c', 'x'.repeat(63)])('%s is one', (text) => {
    expect(identifier.safeParse(text).success).toBe(true);
  });
  test.each(['', 'A', '-a', '_a', 'a\n', 'a b', 'ä', 'а', 'x'.repeat(64), 'a/b', 'a:b', '*', '..', 'a\u0000'])('%j is refused', (text) => {
    expect(identifier.safeParse(text).success).toBe(false);
  });
});

describe('scopes', () => {
  test.each(['*', 'w', 'w/a', 'w/a/n'])('%s is one', (text) => {
    expect(scope.safeParse(text).success).toBe(true);
  });
  test.each(['', '/', 'w/', '/w', 'w//n', 'w/a/n/x', 'w/*', '**', 'w/..', '../w', 'W', 'w\n', 'w/a\n'])('%j is refused', (text) => {
    expect(scope.safeParse(text).success).toBe(false);
  });
  test('a scope covers itself and what is below, never a sibling whose name it begins', () => {
    expect(covers('a' as Scope, 'a/b' as Scope)).toBe(true);
    expect(covers('a' as Scope, 'ab' as Scope)).toBe(false);
    expect(covers('a/b' as Scope, 'a' as Scope)).toBe(false);
  });
  test('the intersection is covered by both, and is the same both ways', () => {
    fc.assert(
      fc.property(anyScope, anyScope, (a, b) => {
        const both = intersect(a, b);
        expect(intersect(b, a)).toBe(both);
        if (both !== undefined) expect(covers(a, both) && covers(b, both)).toBe(true);
        else expect(covers(a, b) || covers(b, a)).toBe(false);
      }),
    );
  });
});

describe('permissions', () => {
  test('every action of the catalogue is a permission at every scope', () => {
    for (const resource of resources) {
      for (const action of catalogue[resource]) expect(permissionFault(`${resource}:w/a:${action}`)).toBeUndefined();
    }
  });
  test.each([
    'apps:*:execute',
    'analytics:*:read',
    'iam:*:manage',
    'nothing:*:read',
    'apps:*',
    'apps:*:read:x',
    'Apps:*:read',
    'apps:*:Read',
    'apps: *:read',
    'apps:*:read\n',
    'toString:*:read',
    '__proto__:*:read',
    '*:*:fly',
    '',
  ])('%j is refused', (text) => {
    expect(permissionFault(text)).toBeTypeOf('string');
  });
  test('manage implies read and write and nothing else implies anything', () => {
    expect(impliedBy('manage')).toEqual(['manage', 'read', 'write']);
    for (const action of ['read', 'write', 'delete', 'execute', 'trigger', 'view', 'export']) expect(impliedBy(action)).toEqual([action]);
  });
  test('a deny of read or write takes manage away too', () => {
    expect(deniedBy('read')).toContain('manage');
    expect(deniedBy('write')).toContain('manage');
    expect(deniedBy('manage')).toEqual(['manage']);
  });
});

test.each(['user:ada', 'group:eng', 'token:abc', 'service:pipelines'])('%s is a principal', (text) => {
  expect(principal.safeParse(text).success).toBe(true);
});
test.each(['ada', 'user:', 'user:Ada', 'root:ada', 'user:ada:x', 'user:ada\n', ':ada'])('%j is no principal', (text) => {
  expect(principal.safeParse(text).success).toBe(false);
});

test('a UUIDv7 has its version, its variant and its time', () => {
  const id = uuidv7({ ...realWorld, nowMs: () => 0x0123456789ab });
  expect(id).toMatch(/^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(z.uuid().safeParse(id).success).toBe(true);
});

test('made ids are identifiers and differ', () => {
  const made = new Set(Array.from({ length: 1000 }, () => newId(realWorld)));
  expect(made.size).toBe(1000);
  for (const id of made) expect(identifier.safeParse(id).success).toBe(true);
});

test('an environment error names the key and not its value', () => {
  const schema = z.object({ TABLE_NAME: z.string().min(3), STAGE: z.enum(['dev', 'prod']) });
  expect(() => parseEnv(schema, { TABLE_NAME: 'main' })).toThrow('environment: `STAGE` is missing');
  expect(() => parseEnv(schema, { TABLE_NAME: 'main', STAGE: 'hunter2' })).toThrow(/^environment: `STAGE` is not valid$/);
});
