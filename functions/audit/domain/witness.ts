// Talking to witnesses (C2SP tlog-witness): what is posted to `add-checkpoint`, and the timestamped cosignatures (C2SP tlog-cosignature) that come back.
import { createPublicKey, hash, verify } from 'node:crypto';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { NoteRefused, parseNote } from './signed-note.ts';

/** A witness's key: its name, and the raw 32 bytes of its Ed25519 public key. */
export interface WitnessKey {
  readonly name: string;
  readonly publicKey: Uint8Array;
}

export interface Cosignature {
  readonly timeSeconds: number;
  /** The note's signature line, with its new line. */
  readonly line: string;
}

const cosignatureType = 0x04;
const timeBytes = 8;
const signatureBytes = 64;

/** @returns the body of `POST <witness>/add-checkpoint`; @param oldSize what the witness knows, 0 for nothing */
export const addCheckpointBody = (oldSize: number, proof: readonly Uint8Array[], checkpoint: string): string =>
  [`old ${oldSize}`, ...proof.map(encodeBase64), '', checkpoint].join('\n');

const keyIdOf = ({ name, publicKey }: WitnessKey): Buffer =>
  hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(cosignatureType), publicKey]), 'buffer').subarray(0, 4);

/** @returns `<name>+<key id>+<base64 of 0x04 and the key>` */
export const formatWitnessKey = (key: WitnessKey): string =>
  `${key.name}+${keyIdOf(key).toString('hex')}+${encodeBase64(Buffer.concat([Buffer.of(cosignatureType), key.publicKey]))}`;

/** @throws {@link NoteRefused} for any text that {@link formatWitnessKey} would not write byte for byte */
export const parseWitnessKey = (text: string): WitnessKey => {
  const [, name, , encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text) ?? [];
  const bytes = decodeBase64(encoded ?? '');
  if (name === undefined || bytes?.length !== 33 || bytes[0] !== cosignatureType) throw new NoteRefused('not a key of a witness');
  const key = { name, publicKey: bytes.subarray(1) };
  if (formatWitnessKey(key) !== text) throw new NoteRefused('the key of the witness does not have the key id that it says');
  return key;
};

/** @returns what a witness signs at that time: a header, the time, and the checkpoint's text */
export const cosignedMessage = (timeSeconds: number, text: string): Buffer => Buffer.from(`cosignature/v1\ntime ${timeSeconds}\n${text}`);

/**
 * @param note the checkpoint, with any number of signatures
 * @returns the witness's cosignature, undefined where it has none
 * @throws {@link NoteRefused} for one that is wrong
 */
export const cosignatureOf = (note: string, key: WitnessKey): Cosignature | undefined => {
  const { text, signatures } = parseNote(Buffer.from(note));
  const id = keyIdOf(key).toString('hex');
  const found = signatures.find(({ name, keyId }) => name === key.name && keyId === id);
  if (found === undefined) return undefined;
  const signed = Buffer.from(found.signature);
  const timeSeconds = signed.length === timeBytes + signatureBytes ? Number(signed.readBigUInt64BE(0)) : Number.NaN;
  const x = Buffer.from(key.publicKey).toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  if (!Number.isSafeInteger(timeSeconds) || !verify(null, cosignedMessage(timeSeconds, text), publicKey, signed.subarray(timeBytes))) {
    throw new NoteRefused(`the cosignature by \`${key.name}\` is wrong`);
  }
  const line = `— ${key.name} ${encodeBase64(Buffer.concat([Buffer.from(id, 'hex'), signed]))}\n`;
  return { timeSeconds, line };
};
