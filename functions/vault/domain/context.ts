// The canonical context that a secret's ciphertext is bound to; docs/design/envelope.md specifies its bytes.
import type { Location } from './location.ts';

/** What a ciphertext belongs to. INVARIANT: built from the request and the keys that rows were found by, never from a row's own description of itself. */
export interface SecretContext {
  readonly keyId: string;
  readonly org: string;
  readonly location: Location;
  readonly name: string;
  readonly secretId: string;
  readonly version: number;
}

/** Names the algorithms inside the context, so that no other suite can ever be made to read these bytes. */
const suiteName = 'HMAC-SHA512+AES-256-GCM';

const lengthBytes = 4;
/** Stands where the length of an absent field would, so that absent differs from empty. */
const absentLength = 0xff_ff_ff_ff;

const field = (text: string | undefined): Buffer => {
  const bytes = Buffer.from(text ?? '', 'utf8');
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32BE(text === undefined ? absentLength : bytes.length);
  return Buffer.concat([length, bytes]);
};

/** @returns ten fields in fixed order, each behind its 4-byte big-endian length; no two contexts share their bytes */
export const canonicalContext = ({ keyId, org, location, name, secretId, version }: SecretContext): Buffer =>
  Buffer.concat(
    [
      suiteName,
      keyId,
      org,
      location.workspace,
      location.app,
      location.namespace,
      location.environment,
      name,
      secretId,
      version.toString(10),
    ].map(field),
  );
