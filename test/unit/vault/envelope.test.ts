import { createCipheriv, createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { canonicalContext, type SecretContext } from '../../../functions/vault/domain/context.ts';
import { DecryptionFailed, envelopeOverheadBytes, openEnvelope, sealEnvelope } from '../../../functions/vault/domain/envelope.ts';
import { gcmDecrypt } from '../../../functions/vault/domain/primitives.ts';
import { testRandomness } from '../../support/ports.ts';
import { craftTwoKeyCiphertext } from '../../support/vault-two-key-ciphertext.ts';

const branchKey = Buffer.alloc(32, 7);
const context: SecretContext = {
  keyId: 'branchkey1',
  org: 'acme',
  location: { workspace: 'support', app: 'bot', namespace: 'eu', environment: 'production' },
  name: 'OPENAI_KEY',
  secretId: 'secret1',
  version: 3,
};
const bytes = canonicalContext(context);
const plaintext = Buffer.from('sk-a value of some length');
const sealed = sealEnvelope(branchKey, bytes, plaintext, testRandomness('envelope'));

const parts = {
  header: [0, 2],
  salt: [2, 34],
  commitment: [34, 66],
  nonce: [66, 78],
  ciphertext: [78, sealed.length - 16],
  tag: [sealed.length - 16, sealed.length],
} as const;

const failure = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('an envelope', () => {
  test('opens to what was sealed, the empty value and 64 KiB included', () => {
    for (const value of [plaintext, Buffer.alloc(0), Buffer.alloc(65_537, 1)]) {
      const envelope = sealEnvelope(branchKey, bytes, value, testRandomness('sizes'));
      expect(openEnvelope(branchKey, bytes, envelope).equals(value)).toBe(true);
      expect(envelope.length).toBe(value.length + envelopeOverheadBytes);
    }
  });

  test.each(Object.entries(parts))('is refused with any bit of any byte of its %s flipped', (_, [from, to]) => {
    for (let at = from; at < to; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const altered = Buffer.from(sealed);
        altered.writeUInt8(altered.readUInt8(at) ^ (1 << bit), at);
        expect(() => openEnvelope(branchKey, bytes, altered)).toThrow(DecryptionFailed);
      }
    }
  });

  test('is refused at every other length', () => {
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => openEnvelope(branchKey, bytes, sealed.subarray(0, length))).toThrow(DecryptionFailed);
    }
    expect(() => openEnvelope(branchKey, bytes, Buffer.concat([sealed, Buffer.alloc(1)]))).toThrow(DecryptionFailed);
  });

  test('is refused with a tag of 4 to 15 bytes, which GCM itself would take', () => {
    const [from] = parts.tag;
    const empty = sealEnvelope(branchKey, bytes, Buffer.alloc(0), testRandomness('truncated'));
    for (let length = 4; length < 16; length += 1) {
      expect(() => openEnvelope(branchKey, bytes, sealed.subarray(0, from + length))).toThrow(DecryptionFailed);
      expect(() => openEnvelope(branchKey, bytes, empty.subarray(0, empty.length - 16 + length))).toThrow(DecryptionFailed);
      const tag = sealed.subarray(from, from + length);
      expect(gcmDecrypt(Buffer.alloc(32), Buffer.alloc(12), bytes, { ciphertext: Buffer.alloc(1), tag })).toBeUndefined();
    }
  });

  test.each<[string, Partial<SecretContext>]>([
    ['branch key id', { keyId: 'branchkey2' }],
    ['organization', { org: 'globex' }],
    ['workspace', { location: { ...context.location, workspace: 'research' } }],
    ['app', { location: { ...context.location, app: 'bots' } }],
    ['namespace', { location: { ...context.location, namespace: 'us' } }],
    ['environment', { location: { ...context.location, environment: 'staging' } }],
    ['no app', { location: { ...context.location, app: undefined } }],
    ['no namespace', { location: { ...context.location, namespace: undefined } }],
    ['no environment', { location: { ...context.location, environment: undefined } }],
    ['empty app', { location: { ...context.location, app: '' } }],
    ['name', { name: 'OPENAI_KEY2' }],
    ['secret', { secretId: 'secret2' }],
    ['older version', { version: 2 }],
    ['newer version', { version: 4 }],
  ])('is refused under another context: %s', (_, change) => {
    const other = canonicalContext({ ...context, ...change });
    expect(other.equals(bytes)).toBe(false);
    expect(() => openEnvelope(branchKey, other, sealed)).toThrow(DecryptionFailed);
  });

  test('is refused under another branch key, or one of another size', () => {
    expect(() => openEnvelope(Buffer.alloc(32, 8), bytes, sealed)).toThrow(DecryptionFailed);
    expect(() => openEnvelope(Buffer.alloc(31, 7), bytes, sealed)).toThrow(DecryptionFailed);
    expect(() => sealEnvelope(Buffer.alloc(16, 7), bytes, plaintext, testRandomness('short'))).toThrow('32 bytes');
  });

  test('fails with one text, whatever the cause', () => {
    const flipped = (at: number): Buffer => {
      const altered = Buffer.from(sealed);
      altered.writeUInt8(altered.readUInt8(at) ^ 1, at);
      return altered;
    };
    const errors = [
      failure(() => openEnvelope(Buffer.alloc(32, 8), bytes, sealed)),
      failure(() => openEnvelope(branchKey, Buffer.alloc(3), sealed)),
      failure(() => openEnvelope(branchKey, bytes, sealed.subarray(0, 5))),
      ...[0, 5, 40, 70, 80, sealed.length - 1].map((at) => failure(() => openEnvelope(branchKey, bytes, flipped(at)))),
    ];
    expect(new Set(errors.map((error) => `${(error as Error).name}: ${(error as Error).message}`))).toEqual(
      new Set(['DecryptionFailed: the value could not be decrypted']),
    );
  });

  test('made valid under two keys by GCM alone is refused by its commitment', () => {
    const salt = Buffer.alloc(32, 5);
    const nonce = Buffer.alloc(12, 6);
    const otherBranchKey = Buffer.alloc(32, 9);
    const derive = (key: Buffer): Buffer => createHmac('sha512', key).update('vault/v1').update(salt).update(bytes).digest();
    const [mine, other] = [derive(branchKey), derive(otherBranchKey)];
    const keys = [mine.subarray(0, 32), other.subarray(0, 32)] as const;
    const { ciphertext, tag } = craftTwoKeyCiphertext(keys[0], keys[1], nonce, bytes);
    const plain = keys.map((key) => gcmDecrypt(key, nonce, bytes, { ciphertext, tag }));
    expect(plain.every((text) => text !== undefined)).toBe(true);
    expect(plain[0]).not.toEqual(plain[1]);

    const envelope = (commitment: Buffer): Buffer => Buffer.concat([Buffer.from([1, 1]), salt, commitment, nonce, ciphertext, tag]);
    const committed = envelope(mine.subarray(32));
    expect(openEnvelope(branchKey, bytes, committed)).toEqual(plain[0]);
    expect(() => openEnvelope(otherBranchKey, bytes, committed)).toThrow(DecryptionFailed);
    expect(() => openEnvelope(branchKey, bytes, envelope(other.subarray(32)))).toThrow(DecryptionFailed);
  });

  test('is not made when the source of randomness fails', () => {
    const seal = (made: (count: number) => Uint8Array) => () => sealEnvelope(branchKey, bytes, plaintext, { bytes: made });
    expect(
      seal(() => {
        throw new Error('no entropy');
      }),
    ).toThrow('no entropy');
    expect(seal((count) => new Uint8Array(count))).toThrow('randomness failed');
    expect(seal((count) => new Uint8Array(count).fill(0xff))).toThrow('randomness failed');
    expect(seal((count) => Uint8Array.from({ length: count - 1 }, (_, n) => n))).toThrow('randomness failed');
    expect(seal(() => new Uint8Array(0))).toThrow('randomness failed');
  });

  test('draws a fresh salt and nonce each time', () => {
    const randomness = testRandomness('fresh');
    const [a, b] = [sealEnvelope(branchKey, bytes, plaintext, randomness), sealEnvelope(branchKey, bytes, plaintext, randomness)];
    for (const [from, to] of [parts.salt, parts.commitment, parts.nonce, parts.ciphertext]) {
      expect(a.subarray(from, to).equals(b.subarray(from, to))).toBe(false);
    }
  });

  test('is the construction that the design document states, byte for byte', () => {
    const derived = createHmac('sha512', branchKey)
      .update(Buffer.concat([Buffer.from('vault/v1'), sealed.subarray(2, 34), bytes]))
      .digest();
    const cipher = createCipheriv('aes-256-gcm', derived.subarray(0, 32), sealed.subarray(66, 78));
    cipher.setAAD(bytes);
    const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
    expect(sealed).toEqual(
      Buffer.concat([
        Buffer.from([1, 1]),
        sealed.subarray(2, 34),
        derived.subarray(32),
        sealed.subarray(66, 78),
        ciphertext,
        cipher.getAuthTag(),
      ]),
    );
  });
});

describe('the canonical context', () => {
  test('has ten fields, each behind its length; an absent one has the length 0xffffffff and no bytes', () => {
    const small = canonicalContext({ ...context, location: { workspace: 'support', environment: 'staging' } });
    const field = (text: string): string => Buffer.from(text).length.toString(16).padStart(8, '0') + Buffer.from(text).toString('hex');
    const expected = [
      ...['HMAC-SHA512+AES-256-GCM', 'branchkey1', 'acme', 'support'].map(field),
      'ffffffff',
      'ffffffff',
      ...['staging', 'OPENAI_KEY', 'secret1', '3'].map(field),
    ].join('');
    expect(small.toString('hex')).toBe(expected);
  });

  test('does not let one field borrow bytes of the next', () => {
    const a = canonicalContext({ ...context, name: 'AB', secretId: 'c' });
    const b = canonicalContext({ ...context, name: 'A', secretId: 'Bc' });
    expect(a.equals(b)).toBe(false);
  });
});
