// AES-256-GCM (NIST SP 800-38D) with 96-bit nonces and 128-bit tags only, and HMAC-SHA512 (RFC 2104), each in one place.
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, KeyObject } from 'node:crypto';

export const keyBytes = 32;
export const nonceBytes = 12;
export const tagBytes = 16;

export interface Encrypted {
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

/** A secret key as Node.js handles it fastest: raw bytes cost four times as much with each use. Its own copy is zeroed when it is freed. */
export type SecretKey = Uint8Array | KeyObject;

export const keyObject = (key: SecretKey): KeyObject => (key instanceof KeyObject ? key : createSecretKey(key));

export const keySize = (key: SecretKey): number | undefined => (key instanceof KeyObject ? key.symmetricKeySize : key.length);

const assertSizes = (key: Uint8Array, nonce: Uint8Array): void => {
  if (key.length !== keyBytes || nonce.length !== nonceBytes) throw new Error('a key or nonce of another size was refused');
};

/** INVARIANT: a key and nonce encrypt one message; callers derive a fresh key each time. */
export const gcmEncrypt = (key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Encrypted => {
  assertSizes(key, nonce);
  const cipher = createCipheriv('aes-256-gcm', keyObject(key), nonce, { authTagLength: tagBytes });
  cipher.setAAD(aad);
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return { ciphertext, tag: cipher.getAuthTag() };
};

/** @returns the plaintext, or undefined when the tag does not hold or is not whole; unauthenticated bytes are zeroed, never handed on */
export const gcmDecrypt = (key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, { ciphertext, tag }: Encrypted): Buffer | undefined => {
  assertSizes(key, nonce);
  if (tag.length !== tagBytes) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', keyObject(key), nonce, { authTagLength: tagBytes });
  decipher.setAAD(aad);
  decipher.setAuthTag(tag);
  const plaintext = decipher.update(ciphertext);
  try {
    decipher.final();
    return plaintext;
  } catch {
    plaintext.fill(0);
    return undefined;
  }
};

/** @returns 64 bytes over the parts, one after the other */
export const hmacSha512 = (key: SecretKey, ...parts: readonly Uint8Array[]): Buffer => {
  const mac = createHmac('sha512', keyObject(key));
  for (const part of parts) mac.update(part);
  return mac.digest();
};
