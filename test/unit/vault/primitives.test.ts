import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gcmDecrypt, gcmEncrypt, hmacSha512 } from '../../../functions/vault/domain/primitives.ts';

const folder = join(import.meta.dirname, '../../../../shared/vectors/wycheproof');
const absent = !existsSync(folder);

interface Vector {
  readonly tcId: number;
  readonly comment: string;
  readonly key: string;
  readonly msg: string;
  readonly tag: string;
  readonly result: 'valid' | 'invalid' | 'acceptable';
}
interface AeadVector extends Vector {
  readonly iv: string;
  readonly aad: string;
  readonly ct: string;
}
interface Group<V> {
  readonly keySize: number;
  readonly ivSize?: number;
  readonly tagSize: number;
  readonly tests: readonly V[];
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const groups = <V>(file: string): readonly Group<V>[] =>
  absent ? [] : (JSON.parse(readFileSync(join(folder, file), 'utf8')) as { testGroups: Group<V>[] }).testGroups;

describe.skipIf(absent)('the primitives agree with Wycheproof (skipped where its vectors are not beside this project)', () => {
  test('AES-256-GCM, 96-bit nonces, 128-bit tags', () => {
    const vectors = groups<AeadVector>('aes_gcm_test.json')
      .filter(({ keySize, ivSize, tagSize }) => keySize === 256 && ivSize === 96 && tagSize === 128)
      .flatMap(({ tests }) => tests);
    expect(vectors.length).toBeGreaterThan(50);
    for (const { tcId, key, iv, aad, msg, ct, tag, result } of vectors) {
      const opened = gcmDecrypt(hex(key), hex(iv), hex(aad), { ciphertext: hex(ct), tag: hex(tag) });
      expect([tcId, opened?.toString('hex')]).toEqual([tcId, result === 'valid' ? msg : undefined]);
      if (result !== 'valid') continue;
      const sealed = gcmEncrypt(hex(key), hex(iv), hex(aad), hex(msg));
      expect([Buffer.from(sealed.ciphertext).toString('hex'), Buffer.from(sealed.tag).toString('hex')]).toEqual([ct, tag]);
    }
  });

  test('nonces and keys of other sizes are refused', () => {
    const others = groups<AeadVector>('aes_gcm_test.json').filter(({ keySize, ivSize }) => keySize !== 256 || ivSize !== 96);
    const vectors = others.flatMap(({ tests }) => tests);
    expect(vectors.length).toBeGreaterThan(100);
    for (const { key, iv, aad, ct, tag } of vectors) {
      expect(() => gcmDecrypt(hex(key), hex(iv), hex(aad), { ciphertext: hex(ct), tag: hex(tag) })).toThrow('another size');
    }
  });

  test('HMAC-SHA512', () => {
    const vectors = groups<Vector>('hmac_sha512_test.json').flatMap(({ tagSize, tests }) => tests.map((each) => ({ ...each, tagSize })));
    expect(vectors.length).toBeGreaterThan(100);
    for (const { tcId, key, msg, tag, tagSize, result } of vectors) {
      const made = hmacSha512(hex(key), hex(msg.slice(0, 4)), hex(msg.slice(4))).subarray(0, tagSize / 8);
      expect([tcId, made.toString('hex') === tag]).toEqual([tcId, result === 'valid']);
    }
  });
});

test('a tag of any other length than 16 bytes is refused', () => {
  const [key, nonce, aad] = [Buffer.alloc(32, 1), Buffer.alloc(12, 2), Buffer.alloc(3)];
  const { ciphertext, tag } = gcmEncrypt(key, nonce, aad, Buffer.from('text'));
  for (let length = 0; length < 16; length += 1)
    expect(gcmDecrypt(key, nonce, aad, { ciphertext, tag: tag.subarray(0, length) })).toBeUndefined();
  expect(gcmDecrypt(key, nonce, aad, { ciphertext, tag: Buffer.concat([tag, Buffer.alloc(1)]) })).toBeUndefined();
  expect(gcmDecrypt(key, nonce, aad, { ciphertext, tag })?.toString()).toBe('text');
});
