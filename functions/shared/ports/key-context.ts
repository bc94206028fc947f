// The canonical bytes of an encryption context, and the limit of a message to sign.
import type { EncryptionContext } from './keys.ts';

/** KMS signs raw messages up to this size. */
const maxSignedBytes = 4096;

const withLength = (text: string): Buffer[] => {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return [length, bytes];
};

/** @returns names and values in the byte order of names, each after its 4-byte length: different contexts give different bytes */
export const contextBytes = (context: EncryptionContext): Buffer => {
  const pairs = Object.entries(context).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return Buffer.concat(pairs.flatMap(([name, value]) => [...withLength(name), ...withLength(value)]));
};

/** @throws Error for a message that KMS would refuse */
export const assertSignable = (message: Uint8Array): void => {
  if (message.byteLength === 0 || message.byteLength > maxSignedBytes) throw new Error('a message to sign has 1 to 4,096 bytes');
};
