// Cursors of lists: AES-256-GCM under the organization's key, bound to organization, principal, route and filter.
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import type { Call } from '../kernel/call.ts';
import { invalid } from '../kernel/errors.ts';
import type { Randomness } from '../kernel/world.ts';
import type { OrgKeys } from '../org-keys.ts';

export interface Cursors {
  /** @param route a constant naming the list; @param position where the next page begins */
  seal(call: CursorCall, route: string, position: string): Promise<string>;
  /** @returns the position, or undefined without a cursor; @throws AppError `validation-failed` for one that is not ours, or of another list */
  open(call: CursorCall, route: string): Promise<string | undefined>;
}

type CursorCall = Pick<Call, 'org' | 'caller' | 'query'>;

const nonceBytes = 12;
const tagBytes = 16;

/** Everything the cursor is bound to; the filter is the query without `cursor` and `limit`. */
const binding = (call: CursorCall, route: string): Buffer => {
  const filter = Object.entries(call.query).filter(([name, value]) => name !== 'cursor' && name !== 'limit' && value !== undefined);
  filter.sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([call.org, call.caller.principal, route, filter]))
    .digest();
};

export const cursors = ({ orgKeys, randomness }: { orgKeys: OrgKeys; randomness: Randomness }): Cursors => ({
  seal: async (call, route, position) => {
    const nonce = randomness.bytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', await orgKeys(call.org, 'cursors'), nonce, { authTagLength: tagBytes });
    cipher.setAAD(binding(call, route));
    return Buffer.concat([nonce, cipher.update(position, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url');
  },
  open: async (call, route) => {
    const text = call.query.cursor;
    if (text === undefined) return undefined;
    const refused = invalid({ pointer: '/cursor', detail: 'this cursor does not belong to this list' });
    if (typeof text !== 'string') throw refused;
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.length < nonceBytes + tagBytes || bytes.toString('base64url') !== text) throw refused;
    const decipher = createDecipheriv('aes-256-gcm', await orgKeys(call.org, 'cursors'), bytes.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(binding(call, route));
    decipher.setAuthTag(bytes.subarray(-tagBytes));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]).toString('utf8');
    } catch {
      throw refused;
    }
  },
});
