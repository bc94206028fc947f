import { describe, expect, test } from 'vitest';
import { apiTokenText } from '../../../functions/authz/public.ts';
import { secret } from '../../../functions/protect/domain/detectors/secret.ts';
import { evaluate } from '../../../functions/protect/domain/evaluate.ts';
import type { SecretMatcher } from '../../../functions/protect/domain/known-secrets.ts';
import { engineOf, policyOf } from '../../support/protect-engine.ts';

const found = (text: string): string[] => secret(text).map(({ start, end }) => text.slice(start, end));
const own = apiTokenText(
  'abcdefghijklmnop',
  new Uint8Array(32).map((_, index) => index * 7),
);
const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';
const pem = `-----BEGIN RSA PRIVATE KEY-----\n${'MIIEowIBAAKCAQEAx7\n'.repeat(20)}-----END RSA PRIVATE KEY-----`;

describe('credentials by their shape', () => {
  test.each([
    ['AKIAIOSFODNN7QWERTYU'],
    ['ghp_16C7e42F292c6912E7710c838347Ae178B4a'],
    ['xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcHrzqqgy'],
    [`sk_${'live'}_4eC39HqLyjWDarjtT1zdp7dc`],
    ['AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY'],
    ['sk-proj-Zx8vQ2mN7kLp4RtY6wBc1DfG3hJ5sA9e'],
    ['sk-ant-api03-Zx8vQ2mN7kLp4RtY6wBc1DfG3hJ5'],
    [own],
    [jwt],
    [pem],
  ])('are found whole: %s', (value) => {
    expect(found(`use ${value} now`)).toEqual([value]);
  });

  test.each([
    ['password: Xk29fLq81zPw', 'Xk29fLq81zPw'],
    ['API_KEY="9f8c7b6a5d4e3f2a1b0c"', '9f8c7b6a5d4e3f2a1b0c'],
    ['Authorization: Bearer q7Zt4Lm0Xs8Wv2Kc9Yb1', 'q7Zt4Lm0Xs8Wv2Kc9Yb1'],
    ['postgres://app:Tr0ub4dor3@db.example/x', 'Tr0ub4dor3'],
  ])('are found where words announce them: %s', (text, value) => {
    expect(found(text)).toEqual([value]);
  });

  test.each([
    'my password is important to me',
    'password: your_password_here',
    'api_key = "<YOUR_API_KEY>"',
    'token: xxxxxxxxxxxxxxxx1X',
    `mm_${'a'.repeat(16)}_${'A'.repeat(43)}_000000`,
    own.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
    'The secret of success is 42 tokens',
    '550e8400-e29b-41d4-a716-446655440000',
    'commit 9fceb02d0ae598e95dc970b74767f19372d61af8',
    'https://user:password@host.example/',
  ])('are not seen in: %s', (text) => {
    expect(found(text)).toEqual([]);
  });
});

describe('secrets in a verdict', () => {
  const redacting = engineOf([policyOf('p', { secrets: 'redact' })]);
  const known: SecretMatcher = {
    maxUnits: 24,
    find: (text) => [...text.matchAll(/correct-horse-battery-st/g)].map(({ index }) => ({ start: index, end: index + 24 })),
  };

  test('are redacted with one token, whatever they are', () => {
    expect(evaluate(redacting, `key ${own}!`)).toMatchObject({
      action: 'redact',
      text: 'key [SECRET_REDACTED]!',
      findings: [{ type: 'secret', category: 'secret' }],
    });
  });

  test('block with their own code', () => {
    expect(evaluate(engineOf([policyOf('p', { secrets: 'block' })]), own)).toMatchObject({
      action: 'block',
      error: { code: 'secret-detected' },
    });
  });

  test('are only watched in monitor mode, and not looked for when off', () => {
    const watching = evaluate(engineOf([policyOf('p', { secrets: 'block', mode: 'monitor' })]), own);
    expect(watching).toMatchObject({ action: 'allow', text: own, findings: [{ action: 'log', wouldBe: 'block' }] });
    expect(
      evaluate(engineOf([policyOf('p', { secrets: 'off', pii: { types: { email: 'log' }, custom: [], allow: [] } })]), own).findings,
    ).toEqual([]);
  });

  test.each([
    ['as it is', 'say correct-horse-battery-st now', 'say [SECRET_REDACTED] now'],
    ['split by white space', 'say correct-hor\n  se-battery-st now', 'say [SECRET_REDACTED] now'],
    ['in full-width letters', 'say ｃorrect-horse-battery-st now', 'say [SECRET_REDACTED] now'],
    ['in base64', `say ${Buffer.from('correct-horse-battery-st').toString('base64')} now`, 'say [SECRET_REDACTED] now'],
  ])('of the vault are found %s', (_, text, out) => {
    expect(evaluate(redacting, text, { knownSecrets: known }).text).toBe(out);
    expect(evaluate(redacting, text).action).toBe('allow');
  });
});
