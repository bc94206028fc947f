// Decides when a secret's last access is worth a write: at most once a minute a secret from one process, so that the hot path has none.
import type { Clock } from '../../shared/kernel/world.ts';
import type { Secret } from '../domain/secret.ts';

const everyMs = 60_000;
/** Secrets remembered; past it the memory starts over, which costs writes and nothing else. */
const maxRemembered = 10_000;

export interface AccessNotes {
  /** @returns those whose last access should be written with this one */
  due(secrets: readonly Secret[]): Secret[];
  noted(secrets: readonly Secret[]): void;
}

export const accessNotes = (clock: Clock): AccessNotes => {
  const notedAtMs = new Map<string, number>();
  return {
    due: (secrets) => secrets.filter(({ id }) => (notedAtMs.get(id) ?? Number.NEGATIVE_INFINITY) + everyMs <= clock.nowMs()),
    noted: (secrets) => {
      if (notedAtMs.size + secrets.length > maxRemembered) notedAtMs.clear();
      for (const { id } of secrets) notedAtMs.set(id, clock.nowMs());
    },
  };
};
