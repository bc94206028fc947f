// Unwrapped branch keys in memory: at most five minutes and 100,000 uses each, zeroed when they go.
import type { Clock } from '../../shared/kernel/world.ts';

const lifeMs = 5 * 60_000;
const maxUses = 100_000;
/** Keys kept at once; the longest unused goes first. */
const maxKeys = 1_000;

interface Entry {
  readonly org: string;
  readonly workspace: string;
  readonly key: Uint8Array;
  readonly untilMs: number;
  usesLeft: number;
}

export interface BranchKeyCache {
  /** Counts the uses. @returns the key, valid until control leaves the caller; undefined when it has to be unwrapped */
  take(org: string, workspace: string, keyId: string, uses: number): Uint8Array | undefined;
  /** Takes the bytes over: they are zeroed when they go. */
  keep(org: string, workspace: string, keyId: string, key: Uint8Array): void;
  /** Zeroes what was kept of that workspace when fewer of its keys were shredded. */
  enterEpoch(org: string, workspace: string, shredded: number): void;
}

export const branchKeyCache = (clock: Clock): BranchKeyCache => {
  const entries = new Map<string, Entry>();
  /** By organization and workspace, which hold no `/`. */
  const epochs = new Map<string, number>();

  const evict = (keyId: string): void => {
    entries.get(keyId)?.key.fill(0);
    entries.delete(keyId);
  };

  const sweep = (): void => {
    const now = clock.nowMs();
    for (const [keyId, { untilMs }] of entries) if (untilMs <= now) evict(keyId);
  };

  return {
    take: (org, workspace, keyId, uses) => {
      const entry = entries.get(keyId);
      // INVARIANT: an entry serves the workspace that it was unwrapped for, even if another one's row names its id.
      if (entry === undefined || entry.org !== org || entry.workspace !== workspace) return undefined;
      if (entry.untilMs <= clock.nowMs() || entry.usesLeft < uses) {
        evict(keyId);
        return undefined;
      }
      entry.usesLeft -= uses;
      entries.delete(keyId);
      entries.set(keyId, entry);
      return entry.key;
    },
    keep: (org, workspace, keyId, key) => {
      sweep();
      evict(keyId);
      const [longestUnused] = entries.keys();
      if (entries.size >= maxKeys && longestUnused !== undefined) evict(longestUnused);
      entries.set(keyId, { org, workspace, key, untilMs: clock.nowMs() + lifeMs, usesLeft: maxUses });
      setTimeout(sweep, lifeMs).unref();
    },
    enterEpoch: (org, workspace, shredded) => {
      const place = `${org}/${workspace}`;
      if ((epochs.get(place) ?? 0) === shredded) return;
      if (epochs.size >= maxKeys) epochs.clear();
      epochs.set(place, shredded);
      for (const [keyId, entry] of entries) if (entry.org === org && entry.workspace === workspace) evict(keyId);
    },
  };
};
