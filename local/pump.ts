// Keeps the audit log moving on a laptop: seals and ships an organization's events soon after they were written, at most once a second.
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../functions/shared/observability/log.ts';

export interface Pump {
  /** Tells that an organization has new events. */
  wake(org: string): void;
  /** Seals and ships what there is, then stops. */
  stop(): Promise<void>;
}

interface PumpParts {
  /** Seals and ships everything that waits for one organization. */
  readonly drain: (org: string) => Promise<void>;
  readonly log: Log;
  /** Least time between two seals of an organization. */
  readonly intervalMs?: number;
}

/** Lets events that arrive together be sealed together. */
const gatherMs = 20;
const retryMs = 1_000;

export const startPump = ({ drain, log, intervalMs = 1_000 }: PumpParts): Pump => {
  const waiting = new Set<string>();
  const running = new Map<string, Promise<void>>();
  const stopping = new AbortController();

  const pause = (ms: number): Promise<unknown> => delay(ms, undefined, { signal: stopping.signal }).catch(() => undefined);

  const runOrg = async (org: string): Promise<void> => {
    await pause(gatherMs);
    while (waiting.delete(org)) {
      try {
        await drain(org);
        if (!stopping.signal.aborted) await pause(intervalMs);
      } catch (error) {
        log.error('sealing failed; it is tried again', { org, error });
        if (stopping.signal.aborted) return;
        waiting.add(org);
        await pause(retryMs);
      }
    }
  };

  const wake = (org: string): void => {
    waiting.add(org);
    if (running.has(org) || stopping.signal.aborted) return;
    const run = runOrg(org).finally(() => {
      running.delete(org);
      if (waiting.has(org)) wake(org);
    });
    running.set(org, run);
  };

  return {
    wake,
    stop: async () => {
      stopping.abort();
      await Promise.all(running.values());
      for (const org of waiting) await runOrg(org);
    },
  };
};
