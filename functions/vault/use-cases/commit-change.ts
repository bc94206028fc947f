// The vault's commits: a change and its record in one transaction, for calls of any shape.
import type { Commit, NewEvent } from '../../audit/public.ts';
import type { Call } from '../../shared/kernel/call.ts';
import type { Write } from '../../shared/ports/table.ts';

/** All that a commit reads of a call. */
export type CommitFacts = Pick<Call, 'org' | 'caller' | 'source' | 'requestId' | 'timeMs' | 'idempotency'>;

export type CommitChange = (call: CommitFacts, writes: readonly Write[], ...events: readonly NewEvent[]) => Promise<unknown>;

export const commitChange =
  (commit: Commit): CommitChange =>
  (call, writes, ...events) =>
    commit(call as Call, writes, ...events);
