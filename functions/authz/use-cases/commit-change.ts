// Commits of access control: a change and its records in one transaction, for calls of any shape.
import type { Commit, NewEvent } from '../../audit/public.ts';
import type { Call } from '../../shared/kernel/call.ts';
import type { Write } from '../../shared/ports/table.ts';

/** All that a change needs of the call that asks for it. */
export type CallFacts = Pick<Call, 'org' | 'caller' | 'source' | 'requestId' | 'timeMs' | 'idempotency'>;

export type CommitChange = (call: CallFacts, writes: readonly Write[], ...events: readonly NewEvent[]) => Promise<unknown>;

export const commitChange =
  (commit: Commit): CommitChange =>
  (call, writes, ...events) =>
    commit(call as Call, writes, ...events);
