// Committing envelope encryption of secret values: one HMAC-SHA512 split into key and commitment, then AES-256-GCM; docs/design/envelope.md specifies the bytes.
import { timingSafeEqual } from 'node:crypto';
import type { Randomness } from '../../shared/kernel/world.ts';
import { gcmDecrypt, gcmEncrypt, hmacSha512, keyBytes, keySize, nonceBytes, type SecretKey, tagBytes } from './primitives.ts';

/** First bytes of each envelope: format 1, suite 1. */
const header = Buffer.from([1, 1]);
const saltBytes = 32;
const commitmentBytes = 32;
const label = Buffer.from('vault/v1', 'ascii');

const saltAt = header.length;
const commitmentAt = saltAt + saltBytes;
const nonceAt = commitmentAt + commitmentBytes;
const ciphertextAt = nonceAt + nonceBytes;

/** Bytes that an envelope has beyond its plaintext. */
export const envelopeOverheadBytes = ciphertextAt + tagBytes;

/** Every failed decryption is this, with this text, whatever the cause. */
export class DecryptionFailed extends Error {
  constructor() {
    super('the value could not be decrypted');
    this.name = 'DecryptionFailed';
  }
}

interface Derived {
  readonly key: Uint8Array;
  readonly commitment: Uint8Array;
}

/** Runs with the key and commitment of one envelope, which are zeroed when it returns. */
const withDerived = <T>(branchKey: SecretKey, salt: Uint8Array, context: Uint8Array, run: (derived: Derived) => T): T => {
  const both = hmacSha512(branchKey, label, salt, context);
  try {
    return run({ key: both.subarray(0, keyBytes), commitment: both.subarray(keyBytes) });
  } finally {
    both.fill(0);
  }
};

const freshBytes = (randomness: Randomness): Buffer => {
  const bytes = Buffer.from(randomness.bytes(saltBytes + nonceBytes));
  if (bytes.length !== saltBytes + nonceBytes || bytes.every((byte) => byte === bytes[0])) {
    throw new Error('the source of randomness failed; nothing was encrypted');
  }
  return bytes;
};

/**
 * @param branchKey 32 bytes
 * @param context canonical bytes, see `canonicalContext`
 * @throws Error when the source of randomness fails
 */
export const sealEnvelope = (branchKey: SecretKey, context: Uint8Array, plaintext: Uint8Array, randomness: Randomness): Buffer => {
  if (keySize(branchKey) !== keyBytes) throw new Error('a branch key has 32 bytes');
  const random = freshBytes(randomness);
  const salt = random.subarray(0, saltBytes);
  const nonce = random.subarray(saltBytes);
  return withDerived(branchKey, salt, context, ({ key, commitment }) => {
    const { ciphertext, tag } = gcmEncrypt(key, nonce, context, plaintext);
    return Buffer.concat([header, salt, commitment, nonce, ciphertext, tag]);
  });
};

/**
 * @returns the plaintext; the caller zeroes it when done
 * @throws {@link DecryptionFailed} for any other key, context or byte
 */
export const openEnvelope = (branchKey: SecretKey, context: Uint8Array, envelope: Uint8Array): Buffer => {
  if (keySize(branchKey) !== keyBytes || envelope.length < envelopeOverheadBytes) throw new DecryptionFailed();
  const bytes = Buffer.from(envelope.buffer, envelope.byteOffset, envelope.length);
  if (!bytes.subarray(0, saltAt).equals(header)) throw new DecryptionFailed();
  return withDerived(branchKey, bytes.subarray(saltAt, commitmentAt), context, ({ key, commitment }) => {
    // INVARIANT: no byte is decrypted before the commitment holds: GCM alone lets one ciphertext be valid under two keys.
    if (!timingSafeEqual(commitment, bytes.subarray(commitmentAt, nonceAt))) throw new DecryptionFailed();
    const encrypted = { ciphertext: bytes.subarray(ciphertextAt, -tagBytes), tag: bytes.subarray(-tagBytes) };
    const plaintext = gcmDecrypt(key, bytes.subarray(nonceAt, ciphertextAt), context, encrypted);
    if (plaintext === undefined) throw new DecryptionFailed();
    return plaintext;
  });
};
