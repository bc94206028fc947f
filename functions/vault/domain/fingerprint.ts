// Keyed fingerprints of a value in each form that it takes in texts: three hashes of 20 bits, and an HMAC-SHA256 (RFC 2104) of the whole.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { estimatedBits } from './entropy.ts';
import { hmacSha512, keyObject, type SecretKey } from './primitives.ts';

/** Bytes of a window. INVARIANT: no detectable form is shorter, so that a window of the shortest value is all of it. */
export const windowBytes = 16;
/** INVARIANT: at most 20: a window's hash confirms no part of a value. */
const hashBits = 20;
export const hashCount = 2 ** hashBits;
const macBytes = 16;

const minBits = 64;
const label = Buffer.from('vault/fingerprints/v1', 'ascii');

/** What a workspace's key for fingerprints is used as. */
export interface FingerprintSecrets {
  /** For HMACs of whole forms. */
  readonly mac: SecretKey;
  /** Odd; the base of the window hash. */
  readonly base: number;
  /** Odd; mixes the hash before it is cut to its highest bits. */
  readonly mix: number;
}

export const fingerprintSecrets = (key: SecretKey): FingerprintSecrets => {
  const bytes = hmacSha512(key, label);
  return { mac: keyObject(bytes.subarray(0, 32)), base: (bytes.readUInt32BE(32) | 1) >>> 0, mix: (bytes.readUInt32BE(36) | 1) >>> 0 };
};

/** Polynomial over the bytes modulo 2^32. */
export const polynomial = ({ base }: FingerprintSecrets, bytes: Uint8Array, from: number, length = windowBytes): number => {
  let hash = 0;
  for (let at = from; at < from + length; at += 1) hash = (Math.imul(hash, base) + (bytes[at] ?? 0) + 1) | 0;
  return hash;
};

/** Folds the high half down before mixing: the low bits of such a polynomial alone say little. */
export const cutHash = (hash: number, mix: number): number => Math.imul(hash ^ (hash >>> 15), mix) >>> (32 - hashBits);

export const macOfForm = (mac: SecretKey, bytes: Uint8Array): Buffer =>
  createHmac('sha256', mac).update(bytes).digest().subarray(0, macBytes);

/** One form of one value. */
export interface FormPrint {
  /** Of the window in the middle, which headers and footers that many values share do not reach. */
  readonly middle: number;
  readonly last: number;
  readonly whole: number;
  readonly length: number;
  readonly mac: Uint8Array;
}

/** Where the middle window of a form begins. */
export const middleOf = (length: number): number => (length - windowBytes) >>> 1;

export const sameMac = (a: Uint8Array, b: Uint8Array): boolean => timingSafeEqual(a, b);

const alignments = [0, 1, 2] as const;

/** @returns the characters of base64 that stand for the value and nothing beside it, when it begins at that place of a group of three */
const alignedBase64 = (bytes: Buffer, alignment: 0 | 1 | 2): string => {
  const encoded = Buffer.concat([Buffer.alloc(alignment), bytes]).toString('base64');
  const from = Math.ceil((alignment * 8) / 6);
  return encoded.slice(from, Math.floor(((alignment + bytes.length) * 8) / 6));
};

const asText = (bytes: Buffer): string | undefined => {
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : undefined;
};

/** @returns every form, each once: raw, base64 and base64url at three alignments, hex, and where they differ URL-encoded and JSON-escaped */
export const formsOf = (bytes: Buffer): Buffer[] => {
  const text = asText(bytes);
  const hex = bytes.toString('hex');
  const base64 = alignments.map((alignment) => alignedBase64(bytes, alignment));
  const forms = [
    ...base64,
    ...base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_')),
    hex,
    hex.toUpperCase(),
    ...(text === undefined ? [] : [text, encodeURIComponent(text), JSON.stringify(text).slice(1, -1)]),
  ];
  return [...new Set(forms)].map((form) => Buffer.from(form, 'utf8'));
};

/** @returns whether a value of these bytes can be found in texts without the fingerprints helping anybody to guess it */
export const isDetectable = (bytes: Buffer): boolean => bytes.length >= windowBytes && estimatedBits(bytes.toString('latin1')) >= minBits;

const hashBytes = 3;
const lengthAt = 3 * hashBytes;
const macAt = lengthAt + 4;
const printBytes = macAt + macBytes;

/** @returns the fingerprints of all forms as bytes, none for a value that is not detectable */
export const encodePrints = (secrets: FingerprintSecrets, value: Buffer): Buffer => {
  if (!isDetectable(value)) return Buffer.alloc(0);
  const forms = formsOf(value);
  const encoded = Buffer.alloc(forms.length * printBytes);
  forms.forEach((form, index) => {
    const at = index * printBytes;
    const hashes = [
      polynomial(secrets, form, middleOf(form.length)),
      polynomial(secrets, form, form.length - windowBytes),
      polynomial(secrets, form, 0, form.length),
    ];
    for (const [n, hash] of hashes.entries()) encoded.writeUIntBE(cutHash(hash, secrets.mix), at + n * hashBytes, hashBytes);
    encoded.writeUInt32BE(form.length, at + lengthAt);
    macOfForm(secrets.mac, form).copy(encoded, at + macAt);
    form.fill(0);
  });
  return encoded;
};

/** @throws Error for bytes that {@link encodePrints} did not make */
export const decodePrints = (bytes: Buffer): FormPrint[] => {
  if (bytes.length % printBytes !== 0) throw new Error('fingerprints are damaged');
  return Array.from({ length: bytes.length / printBytes }, (_, index) => {
    const at = index * printBytes;
    return {
      middle: bytes.readUIntBE(at, hashBytes),
      last: bytes.readUIntBE(at + hashBytes, hashBytes),
      whole: bytes.readUIntBE(at + 2 * hashBytes, hashBytes),
      length: bytes.readUInt32BE(at + lengthAt),
      mac: Uint8Array.from(bytes.subarray(at + macAt, at + printBytes)),
    };
  });
};
