// Keys of the audit log: one random key gives an encryption key (AES-256-GCM) and a key for exact-match tokens (HMAC-SHA256).
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';

/** A key as entries name and use it. Whoever destroys the random key behind it makes both halves useless. */
export interface AuditKey {
  /** `s.<random id>` a subject's, `m.<yyyy-mm>` a month's, `w.<workspace>` a workspace's, `o` the organization's. */
  readonly ref: string;
  readonly encryption: Uint8Array;
  readonly tokens: Uint8Array;
}

const label = 'audit/v1';
const nonceBytes = 12;
const tagBytes = 16;
const tokenBytes = 16;

/** @param random 32 bytes; the caller may zero them afterwards */
export const deriveAuditKey = (ref: string, random: Uint8Array): AuditKey => {
  const derived = createHmac('sha512', random).update(label).digest();
  return { ref, encryption: derived.subarray(0, 32), tokens: derived.subarray(32) };
};

/** Each part behind its length, so that no two lists give the same bytes. */
const framed = (parts: readonly string[]): Buffer =>
  Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );

/** What a sealed field is bound to: it opens nowhere else. */
export interface FieldPlace {
  readonly org: string;
  readonly eventId: string;
  readonly field: string;
}

const associatedData = (key: AuditKey, { org, eventId, field }: FieldPlace): Buffer => framed([label, org, eventId, field, key.ref]);

/** @param nonce 12 random bytes; @returns nonce, ciphertext and tag as base64url */
export const sealField = (key: AuditKey, place: FieldPlace, nonce: Uint8Array, plaintext: string): string => {
  const cipher = createCipheriv('aes-256-gcm', key.encryption, nonce, { authTagLength: tagBytes });
  cipher.setAAD(associatedData(key, place));
  return Buffer.concat([nonce, cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url');
};

/** @throws Error when the text was not sealed under that key for that place */
export const openField = (key: AuditKey, place: FieldPlace, sealed: string): string => {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < nonceBytes + tagBytes) throw new Error('a sealed field is too short');
  const decipher = createDecipheriv('aes-256-gcm', key.encryption, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
  decipher.setAAD(associatedData(key, place));
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]).toString('utf8');
};

/** @returns 128 bits as base64url: the same for the same value, telling nothing to whoever lacks the key */
export const exactToken = (key: AuditKey, org: string, field: string, value: string): string =>
  createHmac('sha256', key.tokens)
    .update(framed([org, field, value]))
    .digest()
    .subarray(0, tokenBytes)
    .toString('base64url');
