// A credential that was refused becomes an `auth.failed_login` event of the organization that it names, at most one a minute for the same credential and address.
import { createHash } from 'node:crypto';
import type { Caller, Source } from '../../shared/kernel/call.ts';
import type { OrgId } from '../../shared/kernel/ids.ts';
import type { Principal } from '../../shared/kernel/principal.ts';
import type { World } from '../../shared/kernel/world.ts';
import { ConditionFailed, globalTenant, type Table } from '../../shared/ports/table.ts';
import { organizationKey, readMarkKey } from '../adapters/keys.ts';
import { eventOf, outboxPut } from './commit-change.ts';

export interface FailedSignIn {
  /** Whom the credential claims to be of: nobody has checked it. */
  readonly org: OrgId;
  /** The principal that it claims, where it names one; `unknown` without it. */
  readonly claimed?: Principal;
  readonly method: 'api-token' | 'access-token' | 'sso' | 'scim-token';
  /** A constant of the code, never a part of the credential. */
  readonly cause: string;
  readonly source: Source;
  readonly requestId: string;
}

export type RecordFailedSignIn = (failed: FailedSignIn) => Promise<boolean>;

/** The same failure from the same address is recorded once in this time, so that guessing cannot flood the log. */
const windowSeconds = 60;

/** @returns a function that answers whether it wrote an event; organizations that never wrote one are none, and get none */
export const failedSignInRecorder =
  ({ table, world, service }: { table: Table; world: World; service: string }): RecordFailedSignIn =>
  async ({ org, claimed, method, cause, source, requestId }) => {
    // INVARIANT: names that callers make up make no rows.
    if ((await table.get(globalTenant, organizationKey(org))) === undefined) return false;
    const timeMs = world.nowMs();
    const principal = claimed ?? 'unknown';
    const mark = createHash('sha256')
      .update(JSON.stringify(['failed-login', org, principal, method, cause, source.ip]))
      .digest('base64url');
    const caller = { org, principal: principal as Principal } satisfies Caller;
    const event = eventOf({ org, caller, source, requestId, timeMs }, service, world, {
      type: 'auth.failed_login',
      action: 'sign-in',
      resource: { type: 'session', id: principal },
      outcome: 'failure',
      reason: cause,
      details: { method, cause },
    });
    const expiresAtSeconds = Math.floor(timeMs / 1000) + windowSeconds;
    try {
      await table.transact(org, [
        { kind: 'put', item: { ...readMarkKey(org, mark), expiresAtSeconds }, condition: { absent: true } },
        outboxPut(event),
      ]);
      return true;
    } catch (error) {
      if (error instanceof ConditionFailed) return false;
      throw error;
    }
  };
