// Signed notes (C2SP signed-note) with Ed25519 signatures, and their verifier keys `<name>+<key id>+<base64 of 0x01 and the key>`.
import { createPublicKey, hash, verify } from 'node:crypto';
import { decodeBase64, encodeBase64 } from './base64.ts';

/** A key that notes are checked against. */
export interface NoteKey {
  readonly name: string;
  /** The raw 32 bytes of an Ed25519 public key. */
  readonly publicKey: Uint8Array;
}

export interface NoteSignature {
  readonly name: string;
  readonly keyId: string;
  readonly signature: Uint8Array;
}

export interface SignedNote {
  /** With its final new line. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** What is wrong with a note; safe to show. */
export class NoteRefused extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'NoteRefused';
  }
}

const ed25519Type = 0x01;
const keyIdBytes = 4;
const maxNoteBytes = 1_000_000;
const signaturePrefix = '— ';

const isKeyName = (name: string): boolean => name !== '' && !/[\s+\u0085\p{White_Space}]/u.test(name);

/** @returns the key id, 8 hexadecimal digits: it tells which key signed, and proves nothing */
export const keyIdOf = ({ name, publicKey }: NoteKey): string =>
  hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ed25519Type), publicKey]), 'hex').slice(0, 2 * keyIdBytes);

export const formatVerifierKey = (key: NoteKey): string =>
  `${key.name}+${keyIdOf(key)}+${encodeBase64(Buffer.concat([Buffer.of(ed25519Type), key.publicKey]))}`;

/** @throws {@link NoteRefused} for any text that {@link formatVerifierKey} would not write byte for byte */
export const parseVerifierKey = (text: string): NoteKey => {
  const [, name, , encoded] = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text) ?? [];
  const bytes = decodeBase64(encoded ?? '');
  if (name === undefined || bytes === undefined || bytes.length !== 33 || bytes[0] !== ed25519Type || !isKeyName(name)) {
    throw new NoteRefused('not a verifier key of an Ed25519 key');
  }
  const key = { name, publicKey: bytes.subarray(1) };
  if (formatVerifierKey(key) !== text) throw new NoteRefused('the verifier key does not have the key id that it says');
  return key;
};

/** @param text ends in a new line; @param sign answers an Ed25519 signature over the text's UTF-8 bytes */
export const signNote = async (text: string, key: NoteKey, sign: (message: Uint8Array) => Promise<Uint8Array>): Promise<string> => {
  if (!text.endsWith('\n') || !isKeyName(key.name)) throw new Error('not the text of a note');
  const signature = Buffer.concat([Buffer.from(keyIdOf(key), 'hex'), await sign(Buffer.from(text))]);
  return `${text}\n${signaturePrefix}${key.name} ${encodeBase64(signature)}\n`;
};

/** @throws {@link NoteRefused} unless the bytes are a well-formed note; nothing is verified yet */
export const parseNote = (bytes: Uint8Array): SignedNote => {
  if (bytes.length > maxNoteBytes) throw new NoteRefused('the note is too long');
  const note = Buffer.from(bytes).toString('utf8');
  if (!Buffer.from(note).equals(bytes)) throw new NoteRefused('the note is not UTF-8');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the format forbids them
  if (/[\u0000-\u0009\u000b-\u001f]/.test(note)) throw new NoteRefused('the note holds a control character');
  const gap = note.lastIndexOf('\n\n');
  const lines = note.slice(gap + 2);
  if (gap < 0 || !lines.endsWith('\n')) throw new NoteRefused('the note has no signatures');
  const signatures = lines
    .slice(0, -1)
    .split('\n')
    .map((line): NoteSignature => {
      const [, name, encoded] = /^— ([^ ]+) ([^ ]+)$/u.exec(line) ?? [];
      const signed = decodeBase64(encoded ?? '');
      if (name === undefined || !isKeyName(name) || signed === undefined || signed.length <= keyIdBytes) {
        throw new NoteRefused('the note has a malformed signature line');
      }
      return { name, keyId: signed.toString('hex', 0, keyIdBytes), signature: signed.subarray(keyIdBytes) };
    });
  return { text: note.slice(0, gap + 1), signatures };
};

/**
 * @returns the note, once one of the keys signed it
 * @throws {@link NoteRefused} when none did, or a signature by one of them is wrong
 */
export const verifyNote = (bytes: Uint8Array, keys: readonly NoteKey[]): SignedNote => {
  const note = parseNote(bytes);
  let verified = false;
  for (const { name, keyId, signature } of note.signatures) {
    const key = keys.find((candidate) => candidate.name === name && keyIdOf(candidate) === keyId);
    if (key === undefined) continue;
    const x = Buffer.from(key.publicKey).toString('base64url');
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    if (signature.length !== 64 || !verify(null, Buffer.from(note.text), publicKey, signature)) {
      throw new NoteRefused(`the signature by \`${name}\` is wrong`);
    }
    verified = true;
  }
  if (!verified) throw new NoteRefused('the note is not signed by a known key');
  return note;
};
