import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { fileKeys } from '../../../../functions/shared/embedded/file-keys.ts';
import { temporaryFolder, testRandomness } from '../../../support/ports.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

const place = () => {
  const folder = temporaryFolder();
  cleanups.push(folder.remove);
  return { folder: folder.path, path: `${folder.path}/inner/keys.json` };
};

describe('the key file', () => {
  test('is made once, for its owner alone, and serves the same keys when opened again', async () => {
    const { folder, path } = place();
    const first = fileKeys({ path, randomness: testRandomness('first') });
    const { plaintext, wrapped } = await first.generateDataKey('vault', { a: 'b' });
    const again = fileKeys({ path, randomness: testRandomness('second') });
    expect(await again.unwrap('vault', wrapped, { a: 'b' })).toEqual(plaintext);
    expect(await again.publicKey()).toEqual(await first.publicKey());
    expect(await readdir(`${folder}/inner`)).toEqual(['keys.json']);
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test.skipIf(process.platform === 'win32')('that others may read is refused', () => {
    const { path } = place();
    fileKeys({ path, randomness: testRandomness('first') });
    for (const mode of [0o640, 0o604, 0o660]) {
      chmodSync(path, mode);
      expect(() => fileKeys({ path, randomness: testRandomness('first') })).toThrow('open to others');
    }
  });

  test.each([
    ['empty', () => ''],
    ['cut', (text: string) => text.slice(0, -20)],
    ['without a key', (text: string) => JSON.stringify({ ...JSON.parse(text), vault: undefined })],
    ['with a short key', (text: string) => JSON.stringify({ ...JSON.parse(text), vault: 'AAAA' })],
    ['with another key', (text: string) => JSON.stringify({ ...JSON.parse(text), more: 'AAAA' })],
    ['of another format', (text: string) => JSON.stringify({ ...JSON.parse(text), format: 2 })],
  ])('that is %s is refused and left as it is, and the error holds nothing of it', (_, damage) => {
    const { path } = place();
    fileKeys({ path, randomness: testRandomness('first') });
    const whole = readFileSync(path, 'utf8');
    const damaged = damage(whole);
    writeFileSync(path, damaged);
    let message = '';
    try {
      fileKeys({ path, randomness: testRandomness('second') });
    } catch (error) {
      message = String(error) + String((error as Error).cause ?? '');
    }
    expect(message).toContain('is damaged');
    for (const secret of Object.values(JSON.parse(whole))) if (typeof secret === 'string') expect(message).not.toContain(secret);
    expect(readFileSync(path, 'utf8')).toBe(damaged);
  });
});

test('keys of another file unwrap nothing', async () => {
  const one = fileKeys({ path: place().path, randomness: testRandomness('one') });
  const two = fileKeys({ path: place().path, randomness: testRandomness('two') });
  const { wrapped } = await one.generateDataKey('vault', { a: 'b' });
  await expect(two.unwrap('vault', wrapped, { a: 'b' })).rejects.toThrow('could not be unwrapped');
});

test('every single bit of a wrapped key counts', async () => {
  const keys = fileKeys({ path: place().path, randomness: testRandomness('bits') });
  const { wrapped } = await keys.generateDataKey('service', { a: 'b' });
  for (let bit = 0; bit < wrapped.length * 8; bit += 1) {
    const flipped = wrapped.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    await expect(keys.unwrap('service', flipped, { a: 'b' })).rejects.toThrow('could not be unwrapped');
  }
});

test('the log key signs as RFC 8032, test 2, says', async () => {
  const { path } = place();
  const seed = Buffer.from('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', 'hex');
  const keys = fileKeys({ path, randomness: { bytes: () => seed } });
  expect(Buffer.from(await keys.publicKey()).toString('hex')).toBe('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c');
  expect(Buffer.from(await keys.sign(Uint8Array.of(0x72))).toString('hex')).toBe(
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  );
});
