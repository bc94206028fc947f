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

/** @returns ten fields in fixed order, each behind its 4-byte big-endian length; no two contexts share their bytes */
export const canonicalContext = ({ keyId, org, location, name, secretId, version }: SecretContext): Buffer => {
  const { workspace, app, namespace, environment } = location;
  const fields = [suiteName, keyId, org, workspace, app, namespace, environment, name, secretId, version.toString(10)];
  const size = fields.reduce((sum, field) => sum + lengthBytes + (field === undefined ? 0 : Buffer.byteLength(field, 'utf8')), 0);
  const bytes = Buffer.alloc(size);
  let at = 0;
  for (const field of fields) {
    const written = field === undefined ? 0 : bytes.write(field, at + lengthBytes, 'utf8');
    bytes.writeUInt32BE(field === undefined ? absentLength : written, at);
    at += lengthBytes + written;
  }
  return bytes;
};
