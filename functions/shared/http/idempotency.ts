// `Idempotency-Key` on POST: 24 hours, per organization, principal and route. The claim joins the change's own transaction; the answer is kept after it.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Answer, Call, IdempotencyClaim } from '../kernel/call.ts';
import { AppError, invalid } from '../kernel/errors.ts';
import type { Clock } from '../kernel/world.ts';
import type { OrgKeys } from '../org-keys.ts';
import type { Table } from '../ports/table.ts';

const lifeSeconds = 24 * 60 * 60;
const maxKeyLength = 255;

/** An answer as it is kept: bodies hold no one-time secrets (see `keepable`). */
type Kept = Pick<Answer<unknown>, 'status' | 'headers' | 'version'> & { readonly body?: unknown };

export interface Idempotency {
  /**
   * @returns the claim for a new key, or the answer of the request that carried it first
   * @throws AppError `conflict` for the same key with another body, or where the first answer was not kept
   */
  begin(
    call: Pick<Call, 'org' | 'caller'>,
    route: string,
    key: string,
    body: string,
  ): Promise<{ claim: IdempotencyClaim } | { replay: Kept }>;
  /** Keeps the answer for replays; a change without a committed claim keeps nothing. */
  keep(call: Pick<Call, 'org'>, claim: IdempotencyClaim, answer: Kept): Promise<void>;
}

export const idempotency = ({ table, orgKeys, clock }: { table: Table; orgKeys: OrgKeys; clock: Clock }): Idempotency => ({
  begin: async (call, route, key, body) => {
    if (key.length > maxKeyLength || !/^[\x21-\x7e]+$/.test(key)) {
      throw invalid({ pointer: '/headers/idempotency-key', detail: `an idempotency key is 1 to ${maxKeyLength} visible ASCII characters` });
    }
    const secret = await orgKeys(call.org, 'idempotency');
    const mac = (text: string): string => createHmac('sha256', secret).update(text).digest('base64url');
    const claim: IdempotencyClaim = {
      pk: `${call.org}#idempotency:${mac(JSON.stringify([call.caller.principal, route, key]))}`,
      sk: 'claim',
      bodyMac: mac(body),
      expiresAtSeconds: Math.floor(clock.nowMs() / 1000) + lifeSeconds,
    };
    const row = await table.get(call.org, { pk: claim.pk, sk: claim.sk });
    if (row === undefined) return { claim };
    if (typeof row.bodyMac !== 'string' || !timingSafeEqual(Buffer.from(row.bodyMac), Buffer.from(claim.bodyMac))) {
      throw new AppError('conflict', 'this `Idempotency-Key` was used with another body');
    }
    if (typeof row.answer !== 'string') {
      throw new AppError('conflict', 'this request was carried out before, and its answer is not kept; read the item instead');
    }
    return { replay: JSON.parse(row.answer) as Kept };
  },
  keep: async (call, claim, answer) => {
    const row = await table.get(call.org, { pk: claim.pk, sk: claim.sk });
    if (row === undefined) return;
    await table.transact(call.org, [{ kind: 'put', item: { ...claim, answer: JSON.stringify(answer) }, condition: { present: true } }]);
  },
});
