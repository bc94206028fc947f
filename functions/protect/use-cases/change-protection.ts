// Every change of policies and lists: reads, checks and writes at one protection version, raised by the same transaction; tried again when another change came first.
import type { Commit, NewEvent } from '../../audit/public.ts';
import type { Answer, Call } from '../../shared/kernel/call.ts';
import { AppError } from '../../shared/kernel/errors.ts';
import type { Write } from '../../shared/ports/table.ts';
import type { VersionStore } from '../ports.ts';

export interface Changing {
  readonly versions: VersionStore;
  readonly commit: Commit;
}

export interface PlannedChange<B> {
  readonly writes: readonly Write[];
  readonly event: NewEvent;
  readonly answer: Answer<B>;
}

const tries = 6;

class VersionMoved extends Error {
  constructor() {
    super('another change of the organization came first');
    this.name = 'VersionMoved';
  }
}

/**
 * @param plan reads what it needs and says what to write; called again, from the start, when the version moved
 * @throws AppError `conflict` when other changes keep coming first
 */
export const changeProtection = async <B, P, Q, D, T>(
  { versions, commit }: Changing,
  call: Call<P, Q, D, T>,
  plan: () => Promise<PlannedChange<B>>,
): Promise<Answer<B>> => {
  for (let attempt = 1; ; attempt += 1) {
    const version = await versions.current(call.org);
    const { writes, event, answer } = await plan();
    const moved = new VersionMoved();
    try {
      // INVARIANT: the version's writes stand first: when several conditions fail, the change is planned anew.
      await commit(call as unknown as Call, [...versions.raised(call.org, version, () => moved), ...writes], event);
      return answer;
    } catch (error) {
      if (error !== moved) throw error;
      if (attempt === tries) throw new AppError('conflict', 'other changes keep coming first; try again', { cause: error });
    }
  }
};
