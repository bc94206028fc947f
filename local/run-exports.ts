// Keeps exports going on a laptop: at the start, whenever a job changes, and again soon while one waits for its record to be sealed.
import { setTimeout as delay } from 'node:timers/promises';
import type { ExportWorker } from '../functions/audit/public.ts';
import type { Log } from '../functions/shared/observability/log.ts';

export interface ExportsRunner {
  wake(): void;
  /** Lets the step under way end; a job goes on at the next start. */
  stop(): Promise<void>;
}

const waitMs = 250;
const tidyEveryMs = 60 * 60_000;

export const startExports = ({ worker, log }: { readonly worker: ExportWorker; readonly log: Log }): ExportsRunner => {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let again = false;
  let tidiedMs = Number.NEGATIVE_INFINITY;

  const runOnce = async (): Promise<void> => {
    if (performance.now() - tidiedMs > tidyEveryMs) {
      await worker.tidy();
      tidiedMs = performance.now();
    }
    while ((await worker.run(stopping.signal)) && !stopping.signal.aborted) {
      await delay(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };

  const wake = (): void => {
    again = true;
    if (running !== undefined || stopping.signal.aborted) return;
    running = (async () => {
      while (again && !stopping.signal.aborted) {
        again = false;
        await runOnce().catch((error: unknown) => log.error('exports could not go on', { error }));
      }
    })().finally(() => {
      running = undefined;
    });
  };

  wake();
  return {
    wake,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};
