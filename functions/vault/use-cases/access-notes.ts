// Decides which last accesses and references are worth a write: one a minute a secret, and one an hour a secret and pipeline, from one process.
import type { Clock } from '../../shared/kernel/world.ts';

const accessEveryMs = 60_000;
const useEveryMs = 60 * 60_000;
/** Names remembered; past it the memory starts over, which costs writes and nothing else. */
const maxRemembered = 20_000;

export interface AccessNotes {
  /** @returns whether it should be written now; it is not asked again for a while, so whatever the write comes to */
  accessDue(secretId: string): boolean;
  useDue(secretId: string, pipeline: string, environment: string): boolean;
}

export const accessNotes = (clock: Clock): AccessNotes => {
  const notedAtMs = new Map<string, number>();
  const due = (name: string, everyMs: number): boolean => {
    const now = clock.nowMs();
    if ((notedAtMs.get(name) ?? Number.NEGATIVE_INFINITY) + everyMs > now) return false;
    if (notedAtMs.size >= maxRemembered) notedAtMs.clear();
    notedAtMs.set(name, now);
    return true;
  };
  return {
    accessDue: (secretId) => due(secretId, accessEveryMs),
    useDue: (secretId, pipeline, environment) => due(`${secretId}/${pipeline}/${environment}`, useEveryMs),
  };
};
