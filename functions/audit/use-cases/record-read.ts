// Reading the log is itself recorded: one `audit.searched` event for the same read by the same caller in five minutes, so that polling does not feed on itself.
import { createHash } from 'node:crypto';
import type { Call } from '../../shared/kernel/call.ts';
import type { Clock } from '../../shared/kernel/world.ts';
import { readMarkKey } from '../adapters/keys.ts';
import type { AuditEvent } from '../domain/event.ts';
import type { Commit } from './commit-change.ts';

/** The same read by the same caller is recorded once in this time. */
const windowSeconds = 5 * 60;
const maxRemembered = 10_000;

/** What is read. */
export interface Read {
  readonly action: 'search' | 'read-event' | 'read-proof' | 'read-entry' | 'read-log' | 'read-stats';
  readonly resource: { readonly type: string; readonly id: string };
  readonly workspace?: string;
  readonly details?: AuditEvent['details'];
}

export type RecordRead = (call: Call, read: Read) => Promise<void>;

class AlreadyRecorded extends Error {}

/** @returns a function that is durable when it returns; a read whose record fails must not be answered */
export const readRecorder = ({ commit, clock }: { commit: Commit; clock: Clock }): RecordRead => {
  const remembered = new Map<string, number>();
  return async (call, read) => {
    const nowSeconds = Math.floor(clock.nowMs() / 1000);
    const { principal, tokenId } = call.caller;
    const mark = createHash('sha256')
      .update(JSON.stringify([call.org, principal, tokenId, call.source.ip, read]))
      .digest('base64url');
    if ((remembered.get(mark) ?? 0) > nowSeconds) return;
    const expiresAtSeconds = nowSeconds + windowSeconds;
    const item = { ...readMarkKey(call.org, mark), expiresAtSeconds };
    const { idempotency: _, ...reading } = call;
    try {
      await commit(reading, [{ kind: 'put', item, condition: { absent: true }, orElse: () => new AlreadyRecorded() }], {
        type: 'audit.searched',
        ...read,
      });
    } catch (error) {
      if (!(error instanceof AlreadyRecorded)) throw error;
      return;
    }
    if (remembered.size >= maxRemembered) remembered.clear();
    remembered.set(mark, expiresAtSeconds);
  };
};
