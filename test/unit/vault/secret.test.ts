import { describe, expect, test } from 'vitest';
import { candidates, scopeAt, scopeKind } from '../../../functions/vault/domain/location.ts';
import { mostSpecific, stateRefusal } from '../../../functions/vault/domain/resolution.ts';
import { asDeleted, maxVersionsKept, type Secret, statusAt, withNewVersion } from '../../../functions/vault/domain/secret.ts';
import { decodeValue, encodeValue, valueFault } from '../../../functions/vault/domain/value.ts';

const dayMs = 86_400_000;
const nowMs = Date.UTC(2040, 0, 1);
const secret: Secret = {
  id: 'secret1',
  org: 'acme',
  name: 'KEY',
  location: { workspace: 'support' },
  tags: [],
  disabled: false,
  current: 1,
  latest: 1,
  versions: [1],
  createdAtMs: nowMs,
  createdBy: 'user:ada',
  updatedAtMs: nowMs,
  updatedBy: 'user:ada',
  revision: 1,
};

describe('a location', () => {
  test('is looked for from the most specific to the workspace', () => {
    expect(candidates({ workspace: 'w', app: 'a', namespace: 'n', environment: 'staging' })).toEqual([
      { workspace: 'w', app: 'a', namespace: 'n', environment: 'staging' },
      { workspace: 'w', app: 'a', namespace: 'n' },
      { workspace: 'w', environment: 'staging' },
      { workspace: 'w' },
    ]);
    expect(candidates({ workspace: 'w' })).toEqual([{ workspace: 'w' }]);
  });

  test("has the guide's words for its scope", () => {
    expect(scopeKind({ workspace: 'w' })).toBe('workspace');
    expect(scopeKind({ workspace: 'w', environment: 'staging' })).toBe('environment');
    expect(scopeKind({ workspace: 'w', app: 'a', namespace: 'n', environment: 'staging' })).toBe('namespace');
    expect(scopeAt({ workspace: 'w', app: 'a', namespace: 'n', environment: 'staging' })).toBe('w/a/n');
  });
});

describe("a secret's status", () => {
  test.each([
    ['active', {}],
    ['active', { expiresAtMs: nowMs + 14 * dayMs + 1 }],
    ['expiring', { expiresAtMs: nowMs + 14 * dayMs }],
    ['expiring', { expiresAtMs: nowMs + 1 }],
    ['expired', { expiresAtMs: nowMs }],
    ['disabled', { disabled: true, expiresAtMs: nowMs - 1 }],
    ['deleted', { disabled: true, deletedAtMs: nowMs }],
  ] as const)('is %s for %o', (status, change) => {
    expect(statusAt({ ...secret, ...change }, nowMs)).toBe(status);
  });

  test('lets active and expiring values resolve, and no other', () => {
    expect(stateRefusal(secret, nowMs)).toBeUndefined();
    expect(stateRefusal({ ...secret, expiresAtMs: nowMs + 1 }, nowMs)).toBeUndefined();
    expect(stateRefusal({ ...secret, expiresAtMs: nowMs }, nowMs)).toBe('expired');
    expect(stateRefusal({ ...secret, disabled: true }, nowMs)).toBe('disabled');
    expect(stateRefusal(asDeleted(secret, nowMs, 7), nowMs)).toBe('deleted');
    expect(stateRefusal({ ...secret, versions: [2] }, nowMs)).toBe('missing');
    expect(stateRefusal(undefined, nowMs)).toBe('missing');
  });

  test('never makes a less specific one win', () => {
    const specific = { ...secret, disabled: true };
    expect(mostSpecific([undefined, specific, secret])).toBe(specific);
  });
});

describe('versions', () => {
  test('rise, and the oldest that is not current falls out', () => {
    let at = secret;
    for (let n = 2; n <= maxVersionsKept; n += 1) at = withNewVersion(at).next;
    expect(at.versions).toHaveLength(maxVersionsKept);
    const rolledBack = withNewVersion({ ...at, current: 1 });
    expect(rolledBack.dropped).toEqual([2]);
    expect(rolledBack.next).toMatchObject({ current: maxVersionsKept + 1, latest: maxVersionsKept + 1 });
    expect(rolledBack.next.versions).toHaveLength(maxVersionsKept);
  });

  test('never give a number twice, even when the newest was destroyed', () => {
    expect(withNewVersion({ ...secret, latest: 7, versions: [1] }).next).toMatchObject({ current: 8, versions: [1, 8] });
  });
});

describe('a value', () => {
  test.each([
    { value: '', encoding: 'utf8' as const },
    { value: 'é\u0000\u{1f600}\r\n', encoding: 'utf8' as const },
    { value: Buffer.from([0xff, 0, 0xfe]).toString('base64'), encoding: 'base64' as const },
    { value: 'x'.repeat(65_536), encoding: 'utf8' as const },
  ])('comes back as it was written', (value) => {
    expect(valueFault(value)).toBeUndefined();
    expect(decodeValue(encodeValue(value))).toEqual(value);
  });

  test.each([
    { value: '\ud800', encoding: 'utf8' as const },
    { value: 'x'.repeat(65_537), encoding: 'utf8' as const },
    { value: 'é'.repeat(32_769), encoding: 'utf8' as const },
    { value: 'AB', encoding: 'base64' as const },
    { value: 'AB==', encoding: 'base64' as const, why: 'its last bits are not zero' },
    { value: 'AA-_', encoding: 'base64' as const },
    { value: 'A A=', encoding: 'base64' as const },
    { value: Buffer.alloc(65_537).toString('base64'), encoding: 'base64' as const },
  ])('is refused in words that do not repeat it', ({ value, encoding }) => {
    const fault = valueFault({ value, encoding });
    expect(fault).toBeDefined();
    if (value.length > 4) expect(fault).not.toContain(value.slice(0, 5));
  });
});
