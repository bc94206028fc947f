import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { estimatedBits } from '../../../functions/vault/domain/entropy.ts';
import { compileFingerprints, findSecrets, type KnownForm } from '../../../functions/vault/domain/find-secrets.ts';
import { decodePrints, encodePrints, fingerprintSecrets, formsOf, isDetectable } from '../../../functions/vault/domain/fingerprint.ts';
import { testRandomness } from '../../support/ports.ts';

const randomness = testRandomness('fingerprints');
const secrets = fingerprintSecrets(randomness.bytes(32));
const formsFor = (...values: (string | Buffer)[]): KnownForm[] =>
  values.flatMap((value, index) =>
    decodePrints(encodePrints(secrets, Buffer.from(value as string))).map((print) => ({
      ...print,
      secretId: `s${index}`,
      version: 1,
      decoy: index === 1,
    })),
  );
const knowing = (...values: (string | Buffer)[]) => compileFingerprints(1, secrets, formsFor(...values));
const spans = (known: ReturnType<typeof knowing>, text: string) =>
  findSecrets(known, text).map(({ secretId, start, end }) => [secretId, text.slice(start, end)]);

const secret = 'Zq3+/f9?&="x\\ é-K7pw_2Lm';
const other = 'mm_hv4Kq9Zt1Xw8Rb3Nc6';

describe('a secret in a text', () => {
  const base64Within = (lead: string): string => Buffer.from(`${lead}${secret} behind`).toString('base64');
  test.each<[string, string]>([
    ['raw', `before ${secret} after`],
    ['alone', secret],
    ['behind other characters than ASCII', `\u00fcn\u00efc\u00f6de \ud83d\ude00 ${secret} \ud83d\ude00`],
    ['JSON-escaped', JSON.stringify({ key: secret })],
    ['URL-encoded', `https://x.example/?k=${encodeURIComponent(secret)}&b=1`],
    ['hex', `0x${Buffer.from(secret).toString('hex')}`],
    ['upper-case hex', Buffer.from(secret).toString('hex').toUpperCase()],
    ['base64', base64Within('')],
    ['base64, one byte in', base64Within('a')],
    ['base64, two bytes in', base64Within('ab')],
    ['base64, three bytes in', base64Within('abc')],
    ['base64url', Buffer.from(`abcd${secret}`).toString('base64url')],
  ])('is found %s', (_, text) => {
    const found = findSecrets(knowing(secret), text);
    expect(found).toMatchObject([{ secretId: 's0', version: 1, decoy: false }]);
    const [{ start, end } = { start: 0, end: 0 }] = found;
    expect(formsOf(Buffer.from(secret)).map(String)).toContain(text.slice(start, end));
  });

  test('is found wherever it stands, and every time', () => {
    const known = knowing(secret, other);
    expect(spans(known, `${secret}${other}${other} ${secret}`)).toEqual([
      ['s0', secret],
      ['s1', other],
      ['s1', other],
      ['s0', secret],
    ]);
    expect(findSecrets(known, other)).toMatchObject([{ decoy: true }]);
  });

  test('of bytes is found in base64 and hex', () => {
    const bytes = Buffer.from(randomness.bytes(40));
    expect(findSecrets(knowing(bytes), `key: ${bytes.toString('base64')}`)).toHaveLength(1);
    expect(findSecrets(knowing(bytes), bytes.toString('hex'))).toHaveLength(1);
  });

  test('is not found in parts, nor where one character differs', () => {
    const known = knowing(secret, other);
    for (let at = 0; at < secret.length; at += 1) {
      const changed = `${secret.slice(0, at)}\u0001${secret.slice(at + 1)}`;
      expect(spans(known, changed)).toEqual([]);
    }
    expect(spans(known, secret.slice(1))).toEqual([]);
    expect(spans(known, secret.slice(0, -1))).toEqual([]);
    expect(findSecrets(known, '')).toEqual([]);
    expect(findSecrets(compileFingerprints(1, secrets, []), secret)).toEqual([]);
  });

  test('that overlaps another is one finding which covers both', () => {
    const [a, b] = ['kT5vQ8xZ2mN7bR4w-INNER', 'INNER-pL3jH6gF9dS1aU0y'];
    expect(spans(knowing(a, b), `x${a}-pL3jH6gF9dS1aU0y y`).map(([, text]) => text)).toEqual([`${a}-pL3jH6gF9dS1aU0y`]);
  });

  test('is found by one pass as by a plain search', () => {
    const values = [secret, other, 'q9Wz4Rt7Yp2Ks5Lx8Vb3'];
    const known = knowing(...values);
    const piece = fc.oneof(fc.constantFrom(...values), fc.string({ maxLength: 20 }), fc.constantFrom(...values.map((v) => v.slice(0, 17))));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        const covered = new Set<number>();
        for (const value of values)
          for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1))
            for (let n = 0; n < value.length; n += 1) covered.add(at + n);
        const seen = new Set<number>();
        for (const { start, end } of findSecrets(known, text)) for (let n = start; n < end; n += 1) seen.add(n);
        expect(seen).toEqual(covered);
      }),
    );
  });

  test('of another key is not found', () => {
    const others = fingerprintSecrets(randomness.bytes(32));
    expect(findSecrets(compileFingerprints(1, others, formsFor(secret)), secret)).toEqual([]);
  });
});

describe('fingerprints', () => {
  test('hold no hash of a part longer than 20 bits, and nothing of a value that is easy to guess', () => {
    const prints = decodePrints(encodePrints(secrets, Buffer.from(secret)));
    expect(prints.length).toBeGreaterThan(6);
    for (const { middle, last, whole } of prints) for (const hash of [middle, last, whole]) expect(hash).toBeLessThan(2 ** 20);
    for (const weak of ['short', 'x'.repeat(5_000), 'passwordpassword', '1234567890123456', 'abcdefghijklmnop', '0'.repeat(64)])
      expect([weak.slice(0, 20), encodePrints(secrets, Buffer.from(weak)).length]).toEqual([weak.slice(0, 20), 0]);
  });

  test.each([
    ['fifteen bytes', 'Zq3fK7pw2LmX9tB', false],
    ['sixteen bytes', 'Zq3fK7pw2LmX9tBs', true],
    ['sixteen hex digits', '9f86d081884c7d65', true],
    ['eight two-byte characters', '\u00e9\u00e0\u00fc\u00f6\u00e4\u00f1\u00e7\u00f8', true],
    ['one number', '4929123412341234', false],
  ])('say of %s whether they can be found', (_, value, detectable) => {
    expect(isDetectable(Buffer.from(value))).toBe(detectable);
  });

  test('estimate no more than an alphabet gives', () => {
    expect(estimatedBits('')).toBe(0);
    expect(estimatedBits('ab'.repeat(100))).toBeLessThan(20);
    expect(estimatedBits('9f86d081884c7d65')).toBeLessThanOrEqual(64);
  });

  test('of 10,000 secrets cost a hostile text no more than a few times a plain one', () => {
    const head = '-----BEGIN PRIVATE KEY-----';
    const value = (n: number): string => Buffer.from(randomness.bytes(n)).toString('base64url');
    const many = Array.from({ length: 10_000 }, (_, n) => (n % 10 === 0 ? `${head}${value(48)}` : value(24)));
    const known = knowing(...many);
    const [, second = ''] = many;
    const size = 1_000_000;
    const cpuMs = (part: string, found: number): number => {
      const text = part.repeat(Math.ceil(size / part.length)).slice(0, size);
      const times = Array.from({ length: 3 }, () => {
        const before = process.cpuUsage();
        expect(findSecrets(known, text)).toHaveLength(found);
        return process.cpuUsage(before).user / 1_000;
      });
      return Math.min(...times);
    };
    const plain = cpuMs('The quick brown fox jumps over the lazy dog, and then some more of it happens. ', 0);
    const hostile = [
      cpuMs(head, 0),
      cpuMs(second.slice(0, -1), 0),
      cpuMs(`${many[0]?.slice(0, -1)}${second.slice(1)}`, 0),
      cpuMs(second, Math.floor(size / second.length)),
    ];
    expect(Math.max(...hostile)).toBeLessThan(20 * plain + 500);
  });
});
