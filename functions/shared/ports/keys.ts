// The keys port: data keys under an encryption context, and Ed25519 signatures (KMS, or a key file on a laptop).

/** Which key encryption key: `vault` wraps branch keys, `subjects` wraps the audit log's keys, `service` wraps keys for cursors, tickets and MACs. */
export type WrappingKey = 'vault' | 'subjects' | 'service';

/** Bound to a wrapped key as associated data; unwrapping demands the same. Never secret: KMS logs it. */
export type EncryptionContext = Readonly<Record<string, string>>;

export interface Keys {
  /** @returns 32 fresh bytes, and the same wrapped; the caller zeroes `plaintext` when done */
  generateDataKey(key: WrappingKey, context: EncryptionContext): Promise<{ plaintext: Uint8Array; wrapped: Uint8Array }>;
  /**
   * @throws AppError `dependency-unavailable` with a clear detail when the key is throttled, disabled or pending deletion;
   * {@link UnwrapFailed} when the bytes or the context are not what was wrapped
   */
  unwrap(key: WrappingKey, wrapped: Uint8Array, context: EncryptionContext): Promise<Uint8Array>;
  /** @returns a 64-byte Ed25519 signature by the log's key over the message (at most 4,096 bytes) */
  sign(message: Uint8Array): Promise<Uint8Array>;
  /** @returns the log key's raw 32-byte Ed25519 public key */
  publicKey(): Promise<Uint8Array>;
}

/** One error for every failed unwrapping, whatever the cause. */
export class UnwrapFailed extends Error {
  constructor(cause?: unknown) {
    super('the key could not be unwrapped', { cause });
    this.name = 'UnwrapFailed';
  }
}
