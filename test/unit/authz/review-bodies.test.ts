import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseStrictJson } from '../../../functions/shared/http/json.ts';
import { problemOf } from '../../../functions/shared/http/problem.ts';
import { type AppError, invalid } from '../../../functions/shared/kernel/errors.ts';
import { type AuthzApi, authzApi } from '../../support/authz-api.ts';

let api: AuthzApi;
beforeAll(async () => {
  api = await authzApi();
});
afterAll(() => api.close());

const refusalOf = (text: string): unknown => {
  try {
    parseStrictJson(text);
  } catch (error) {
    const { code, errors } = error as AppError;
    return [code, errors?.[0]?.pointer];
  }
  return undefined;
};

describe('a lone surrogate in a body', () => {
  test('is found in every string and key, and named by its pointer', () => {
    expect(refusalOf('"\\ud800"')).toEqual(['malformed-json', '/']);
    expect(refusalOf('{"a/b":[1,{"c~":"x\\udfff"}]}')).toEqual(['malformed-json', '/a~1b/1/c~0']);
    expect(refusalOf('{"a":[{"\\ud800":1}]}')).toEqual(['malformed-json', '/a/0']);
    expect(refusalOf('["\\udc00\\ud800"]')).toEqual(['malformed-json', '/0']);
    expect(parseStrictJson('{"a":"\\ud83d\\ude00"}')).toEqual({ a: '😀' });
  });

  test('answers 400 wherever it stands', async () => {
    const expiresAt = new Date(api.world.nowMs() + 3_600_000).toISOString();
    for (const [path, body, pointer] of [
      ['/roles', { name: '\ud800', permissions: [] }, '/name'],
      ['/roles', { description: '\udfff', permissions: [] }, '/description'],
      ['/workspaces', { id: 'lone', name: '\ud800' }, '/name'],
      ['/members', { email: 'lone@example.com', name: '\ud800' }, '/name'],
      ['/members', { email: 'lone@example.com', name: 'x', attributes: { team: '\ud800' } }, '/attributes/team'],
      ['/tokens', { name: '\ud800', role: 'viewer', scope: '*', expiresAt }, '/name'],
    ] as const) {
      const { status, json } = await api.admin('POST', path, body);
      expect([path, status, json.code, json.errors[0].pointer]).toEqual([path, 400, 'malformed-json', pointer]);
    }
  });
});

test('a problem names at most 100 faults, however many there are', async () => {
  const made = problemOf(invalid(...Array.from({ length: 500 }, (_, index) => ({ pointer: `/${index}`, detail: 'no' }))), 'request');
  expect(JSON.parse(made.body).errors).toHaveLength(100);
  const unknown = Object.fromEntries(Array.from({ length: 90_000 }, (_, index) => [`${index}`, 0]));
  for (const [path, body] of [
    ['/authz/check', { permission: 'apps:*:read', ...unknown }],
    ['/authz/check-batch', { checks: Array.from({ length: 1_000 }, () => ({})) }],
  ] as const) {
    const { status, json, text } = await api.admin('POST', path, body);
    expect([path, status]).toEqual([path, 422]);
    expect(json.errors).toHaveLength(100);
    expect(text.length).toBeLessThan(100_000);
  }
}, 30_000);
