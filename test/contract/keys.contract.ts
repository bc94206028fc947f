// The keys port's contract.
import { createPublicKey, verify } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Keys, UnwrapFailed } from '../../functions/shared/ports/keys.ts';

export interface KeysUnderTest {
  readonly keys: Keys;
  close(): Promise<void> | void;
}

const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/** @returns whether node:crypto takes the signature under a raw public key */
const verifies = (message: Uint8Array, signature: Uint8Array, raw: Uint8Array): boolean =>
  verify(null, message, createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' }), signature);

/** What an emulator lacks, and why: those tests are skipped by name, with the reason. */
export interface KeysLacking {
  readonly signatures?: string;
  readonly wrongKeys?: string;
}

const because = (reason: string | undefined): string => (reason === undefined ? '' : `: ${reason}`);

export const keysContract = (open: () => Promise<KeysUnderTest> | KeysUnderTest, lacking: KeysLacking = {}): void => {
  let opened: KeysUnderTest;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened?.close());
  const context = { organization: 'acme', workspace: 'support', purpose: 'test' };

  describe('data keys', () => {
    test('are 32 bytes, fresh each time, and unwrap under the same context in any order', async () => {
      const { keys } = opened;
      const first = await keys.generateDataKey('vault', context);
      const second = await keys.generateDataKey('vault', context);
      expect(first.plaintext).toHaveLength(32);
      expect(first.plaintext).not.toEqual(second.plaintext);
      expect(Buffer.from(first.wrapped).includes(Buffer.from(first.plaintext))).toBe(false);
      const reordered = { purpose: 'test', organization: 'acme', workspace: 'support' };
      expect(await keys.unwrap('vault', first.wrapped, context)).toEqual(first.plaintext);
      expect(await keys.unwrap('vault', first.wrapped, reordered)).toEqual(first.plaintext);
      expect(await keys.unwrap('vault', second.wrapped, context)).toEqual(second.plaintext);
    });

    test.each([
      ['another value', { ...context, organization: 'other' }],
      ['a missing pair', { organization: 'acme', workspace: 'support' }],
      ['one more pair', { ...context, more: 'x' }],
      ['values that changed places', { organization: 'support', workspace: 'acme', purpose: 'test' }],
      ['a boundary that moved', { organization: 'acmes', workspace: 'upport', purpose: 'test' }],
      ['no context', {}],
    ])('do not unwrap under %s', async (_, other) => {
      const { keys } = opened;
      const { wrapped } = await keys.generateDataKey('vault', context);
      await expect(keys.unwrap('vault', wrapped, other)).rejects.toThrow(UnwrapFailed);
    });

    const wrongKeyTest = lacking.wrongKeys === undefined ? test : test.skip;
    wrongKeyTest(`of one wrapping key do not unwrap by another${because(lacking.wrongKeys)}`, async () => {
      const { keys } = opened;
      const { wrapped } = await keys.generateDataKey('vault', context);
      for (const other of ['subjects', 'service'] as const)
        await expect(keys.unwrap(other, wrapped, context)).rejects.toThrow(UnwrapFailed);
    });

    test('do not unwrap once damaged, cut, lengthened, emptied or replaced, and every failure reads alike', async () => {
      const { keys } = opened;
      const { wrapped } = await keys.generateDataKey('subjects', context);
      const flipped = [wrapped.length - 1, wrapped.length - 20, wrapped.length - 40].map((at) =>
        wrapped.map((byte, index) => (index === at ? byte ^ 1 : byte)),
      );
      const bad = [
        ...flipped,
        wrapped.slice(0, -1),
        Uint8Array.of(...wrapped, 0),
        Uint8Array.of(),
        new Uint8Array(61),
        new Uint8Array(7000),
      ];
      for (const bytes of bad) {
        await expect(keys.unwrap('subjects', bytes, context)).rejects.toThrow(new UnwrapFailed());
      }
    });
  });

  const signing = lacking.signatures === undefined ? describe : describe.skip;
  signing(`signatures${because(lacking.signatures)}`, () => {
    test("verify under the log's raw public key, and no other message does", async () => {
      const { keys } = opened;
      const raw = await keys.publicKey();
      expect(raw).toHaveLength(32);
      for (const size of [1, 100, 4096]) {
        const message = new Uint8Array(size).fill(7);
        const signature = await keys.sign(message);
        expect(signature).toHaveLength(64);
        expect(verifies(message, signature, raw)).toBe(true);
        expect(verifies(Uint8Array.of(...message, 1), signature, raw)).toBe(false);
      }
    });

    test('are not harmed by a caller that changes the public key that it was given', async () => {
      const { keys } = opened;
      const before = await keys.publicKey();
      (await keys.publicKey()).fill(0);
      expect(await keys.publicKey()).toEqual(before);
    });
  });

  test('messages that are empty or over 4,096 bytes are refused', async () => {
    const { keys } = opened;
    await expect(keys.sign(Uint8Array.of())).rejects.toThrow('4,096');
    await expect(keys.sign(new Uint8Array(4097))).rejects.toThrow('4,096');
  });
};
