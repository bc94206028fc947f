// The keys port on KMS: data keys under an encryption context, Ed25519 (`ED25519_SHA_512`, RFC 8032) signatures over raw messages.
import { DecryptCommand, GenerateDataKeyCommand, GetPublicKeyCommand, type KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { AppError } from '../kernel/errors.ts';
import { assertSignable } from '../ports/key-context.ts';
import { type Keys, UnwrapFailed, type WrappingKey } from '../ports/keys.ts';
import { asDependencyError, errorName } from './dependency-error.ts';

const dataKeyBytes = 32;
const signatureBytes = 64;
/** KMS unwraps nothing longer. */
const maxWrappedBytes = 6144;
/** SubjectPublicKeyInfo of an Ed25519 key up to the raw key (RFC 8410). */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');
const rawPublicKeyBytes = 32;

/** Key ids, ARNs or alias ARNs; `log` is an `ECC_NIST_EDWARDS25519` key. */
export type KeyIds = Readonly<Record<WrappingKey | 'log', string>>;

const detailOfName: Readonly<Record<string, string>> = {
  DisabledException: 'the key is disabled',
  KMSInvalidStateException: 'the key is disabled or pending deletion',
  NotFoundException: 'the key does not exist',
  KeyUnavailableException: 'the key is unavailable; try again',
  KMSInternalException: 'the key service is failing; try again',
};

/** Wrong bytes, a wrong context and a wrong key answer alike. */
const unwrapFaults = new Set(['InvalidCiphertextException', 'IncorrectKeyException']);

const asKeyError = (error: unknown): unknown => {
  const name = errorName(error);
  const detail = Object.hasOwn(detailOfName, name) ? detailOfName[name] : undefined;
  return detail === undefined
    ? asDependencyError('the key service', error)
    : new AppError('dependency-unavailable', detail, { cause: error });
};

const bytesOf = (answer: Uint8Array | undefined, length: number): Uint8Array => {
  if (answer?.byteLength !== length) throw new Error('the key service answered with bytes of another length');
  return Uint8Array.from(answer);
};

const rawPublicKey = (spki: Uint8Array | undefined): Uint8Array => {
  const whole = Buffer.from(bytesOf(spki, spkiPrefix.length + rawPublicKeyBytes));
  if (!whole.subarray(0, spkiPrefix.length).equals(spkiPrefix)) throw new Error("the log's key is not an Ed25519 key");
  return Uint8Array.from(whole.subarray(spkiPrefix.length));
};

export const kmsKeys = ({ client, keyIds }: { client: KMSClient; keyIds: KeyIds }): Keys => {
  let cachedPublicKey: Promise<Uint8Array> | undefined;

  const sent = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw asKeyError(error);
    }
  };

  const fetchPublicKey = async (): Promise<Uint8Array> => {
    const { PublicKey } = await sent(client.send(new GetPublicKeyCommand({ KeyId: keyIds.log })));
    return rawPublicKey(PublicKey);
  };

  return {
    async generateDataKey(key, context) {
      const command = new GenerateDataKeyCommand({ KeyId: keyIds[key], KeySpec: 'AES_256', EncryptionContext: { ...context } });
      const { Plaintext, CiphertextBlob } = await sent(client.send(command));
      if (CiphertextBlob === undefined) throw new Error('the key service answered without a wrapped key');
      return { plaintext: bytesOf(Plaintext, dataKeyBytes), wrapped: Uint8Array.from(CiphertextBlob) };
    },
    async unwrap(key, wrapped, context) {
      if (wrapped.byteLength === 0 || wrapped.byteLength > maxWrappedBytes) throw new UnwrapFailed();
      // INVARIANT: the key is named, so that bytes wrapped by another key never unwrap.
      const command = new DecryptCommand({ KeyId: keyIds[key], CiphertextBlob: wrapped, EncryptionContext: { ...context } });
      try {
        const { Plaintext } = await client.send(command);
        return bytesOf(Plaintext, dataKeyBytes);
      } catch (error) {
        throw unwrapFaults.has(errorName(error)) ? new UnwrapFailed(error) : asKeyError(error);
      }
    },
    async sign(message) {
      assertSignable(message);
      const command = new SignCommand({ KeyId: keyIds.log, Message: message, MessageType: 'RAW', SigningAlgorithm: 'ED25519_SHA_512' });
      const { Signature } = await sent(client.send(command));
      return bytesOf(Signature, signatureBytes);
    },
    async publicKey() {
      cachedPublicKey ??= fetchPublicKey();
      const key = cachedPublicKey;
      key.catch(() => {
        if (cachedPublicKey === key) cachedPublicKey = undefined;
      });
      return Uint8Array.from(await key);
    },
  };
};
