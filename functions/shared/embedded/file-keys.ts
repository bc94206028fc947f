// The keys port on a key file: AES-256-GCM wrapping under the encryption context, Ed25519 (RFC 8032) by node:crypto.
import { createCipheriv, createDecipheriv, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import type { Randomness } from '../kernel/world.ts';
import { assertSignable, contextBytes } from '../ports/key-context.ts';
import { type EncryptionContext, type Keys, UnwrapFailed, type WrappingKey } from '../ports/keys.ts';

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
/** First byte of a wrapped key: its format. */
const wrappedFormat = 1;
const wrappedBytes = 1 + nonceBytes + keyBytes + tagBytes;
/** PKCS #8 of an Ed25519 seed (RFC 8410) without the seed, and the length of SPKI before the raw public key. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const spkiPrefixBytes = 12;

const base64Key = z
  .string()
  .refine((text) => Buffer.from(text, 'base64').length === keyBytes && Buffer.from(text, 'base64').toString('base64') === text);
const keyFile = z.strictObject({ format: z.literal(1), vault: base64Key, subjects: base64Key, service: base64Key, log: base64Key });
type KeyFile = z.infer<typeof keyFile>;

const makeKeyFile = ({ bytes }: Randomness): KeyFile => {
  const fresh = (): string => Buffer.from(bytes(keyBytes)).toString('base64');
  return { format: 1, vault: fresh(), subjects: fresh(), service: fresh(), log: fresh() };
};

const syncFolder = (folder: string): void => {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
};

/** INVARIANT: the file appears whole and durable, readable by its owner alone, before any key of it is used; of two makers one wins. */
const createKeyFile = (path: string, content: KeyFile): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.new`;
  rmSync(temporary, { force: true });
  const descriptor = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(descriptor, `${JSON.stringify(content, undefined, 2)}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  try {
    linkSync(temporary, path);
    syncFolder(dirname(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
};

const readKeyFile = (path: string): KeyFile | undefined => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
    throw new Error(`the key file \`${path}\` is open to others than its owner: give it mode 600`);
  }
  return parseKeyFile(path, text);
};

/** @throws Error that names the file and holds nothing of its content */
const parseKeyFile = (path: string, text: string): KeyFile => {
  try {
    return keyFile.parse(JSON.parse(text));
  } catch {
    throw new Error(`the key file \`${path}\` is damaged`);
  }
};

/** The wrapping key's name is bound too: what one key wrapped no other unwraps, even if their bytes were equal. */
const associatedData = (key: WrappingKey, context: EncryptionContext): Buffer =>
  Buffer.concat([Buffer.from(`${key}\0`), contextBytes(context)]);

/**
 * @param path made with fresh keys, mode 0600, when absent
 * @throws Error when the file is damaged or open to others
 */
export const fileKeys = ({ path, randomness }: { path: string; randomness: Randomness }): Keys => {
  let content = readKeyFile(path);
  if (content === undefined) {
    createKeyFile(path, makeKeyFile(randomness));
    content = readKeyFile(path);
  }
  if (content === undefined) throw new Error(`the key file \`${path}\` could not be made`);
  return keysOf(content, randomness);
};

const keysOf = (content: KeyFile, randomness: Randomness): Keys => {
  const secrets: Record<WrappingKey, Buffer> = {
    vault: Buffer.from(content.vault, 'base64'),
    subjects: Buffer.from(content.subjects, 'base64'),
    service: Buffer.from(content.service, 'base64'),
  };
  const seed = Buffer.from(content.log, 'base64');
  const logKey: KeyObject = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(logKey).export({ format: 'der', type: 'spki' }).subarray(spkiPrefixBytes);

  return {
    async generateDataKey(key, context) {
      const plaintext = Uint8Array.from(randomness.bytes(keyBytes));
      const nonce = randomness.bytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', secrets[key], nonce, { authTagLength: tagBytes });
      cipher.setAAD(associatedData(key, context));
      const sealed = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
      return { plaintext, wrapped: Uint8Array.from([wrappedFormat, ...nonce, ...sealed]) };
    },
    async unwrap(key, wrapped, context) {
      if (wrapped.byteLength !== wrappedBytes || wrapped[0] !== wrappedFormat) throw new UnwrapFailed();
      try {
        const sealedFrom = 1 + nonceBytes;
        const decipher = createDecipheriv('aes-256-gcm', secrets[key], wrapped.subarray(1, sealedFrom), { authTagLength: tagBytes });
        decipher.setAAD(associatedData(key, context));
        decipher.setAuthTag(wrapped.subarray(-tagBytes));
        return Uint8Array.from(Buffer.concat([decipher.update(wrapped.subarray(sealedFrom, -tagBytes)), decipher.final()]));
      } catch (error) {
        throw new UnwrapFailed(error);
      }
    },
    async sign(message) {
      assertSignable(message);
      return Uint8Array.from(sign(null, message, logKey));
    },
    publicKey: async () => Uint8Array.from(publicKey),
  };
};
