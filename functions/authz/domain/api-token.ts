// API tokens `mm_<16 base32>_<43 base62>_<6 checksum>`: 256 random bits, kept as SHA-256; the checksum lets scanners recognise one.
import { createHash } from 'node:crypto';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const secretBytes = 32;
const secretLength = 43;
const checksumLength = 6;
const pattern = /^mm_([a-z2-7]{16})_([0-9A-Za-z]{43})_([0-9A-Za-z]{6})$/;

export interface ApiToken {
  readonly id: string;
  readonly secret: string;
}

const base62 = (bytes: Uint8Array, length: number): string => {
  let value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  for (let index = 0; index < length; index += 1) {
    text = alphabet.charAt(Number(value % 62n)) + text;
    value /= 62n;
  }
  return text;
};

const checksumOf = (body: string): string => base62(createHash('sha256').update(body).digest().subarray(0, 8), checksumLength);

/**
 * @param id 16 characters of base32, as `newId` makes them
 * @param random 32 fresh bytes
 * @returns the whole token, to be shown once
 */
export const apiTokenText = (id: string, random: Uint8Array): string => {
  if (random.length !== secretBytes) throw new RangeError(`a token takes ${secretBytes} random bytes`);
  const body = `mm_${id}_${base62(random, secretLength)}`;
  return `${body}_${checksumOf(body)}`;
};

/** @returns the token's parts, undefined for what is no token or has a wrong checksum */
export const parseApiToken = (text: string): ApiToken | undefined => {
  const [, id, secret, checksum] = pattern.exec(text) ?? [];
  if (id === undefined || secret === undefined || checksumOf(`mm_${id}_${secret}`) !== checksum) return undefined;
  return { id, secret };
};

/** SHA-256 of the secret part; enough, since it holds 256 random bits. */
export const apiTokenHash = (secret: string): Uint8Array => createHash('sha256').update(secret, 'ascii').digest();
