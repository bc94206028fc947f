// A secret's value as bytes, with how its owner wrote them; the first byte of the plaintext says which, so that it is authenticated too.

/** Text is UTF-8; anything else comes and goes as base64 (RFC 4648 section 4, padded, canonical). */
type Encoding = 'utf8' | 'base64';

export interface SecretValue {
  readonly value: string;
  readonly encoding: Encoding;
}

export const maxValueBytes = 64 * 1024;

const marks: Readonly<Record<Encoding, number>> = { utf8: 0, base64: 1 };

/** @returns what is wrong with a value, in words that hold nothing of it; undefined when it is fine */
export const valueFault = ({ value, encoding }: SecretValue): string | undefined => {
  if (encoding === 'utf8' && !value.isWellFormed()) return 'the text has a lone surrogate; send it as base64';
  if (encoding === 'base64' && Buffer.from(value, 'base64').toString('base64') !== value) return 'this is not canonical, padded base64';
  return Buffer.byteLength(value, encoding) > maxValueBytes ? 'a value has at most 64 KiB' : undefined;
};

/** @returns the plaintext to encrypt; the caller zeroes it */
export const encodeValue = ({ value, encoding }: SecretValue): Buffer => {
  const bytes = Buffer.from(value, encoding);
  const whole = Buffer.concat([Buffer.from([marks[encoding]]), bytes]);
  bytes.fill(0);
  return whole;
};

/** @throws Error when the plaintext is not one that {@link encodeValue} made */
export const decodeValue = (plaintext: Buffer): SecretValue => {
  const encoding: Encoding | undefined = plaintext[0] === marks.utf8 ? 'utf8' : plaintext[0] === marks.base64 ? 'base64' : undefined;
  if (encoding === undefined) throw new Error('a decrypted value has an unknown form');
  return { value: plaintext.toString(encoding, 1), encoding };
};
