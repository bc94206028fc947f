// What the ports' contract suites and tests share: a clock that tests move, seeded randomness, temporary folders.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock, Randomness } from '../../functions/shared/kernel/world.ts';

export interface TestClock extends Clock {
  advance(ms: number): void;
}

/** Ahead of every real clock, so that a real table's time to live deletes nothing during a test. */
export const testStartMs = Date.UTC(2040, 0, 1);

export const testClock = (startMs = testStartMs): TestClock => {
  let nowMs = startMs;
  return {
    nowMs: () => nowMs,
    advance: (ms) => {
      nowMs += ms;
    },
  };
};

/** Different bytes on each call, the same on each run. */
export const testRandomness = (seed: string): Randomness => {
  let count = 0;
  return {
    bytes: (length) => {
      const chunks: Buffer[] = [];
      for (let made = 0; made < length; made += 32) {
        count += 1;
        chunks.push(createHash('sha256').update(`${seed}#${count}`).digest());
      }
      return Uint8Array.from(Buffer.concat(chunks).subarray(0, length));
    },
  };
};

/** @returns a fresh folder and a function that removes it */
export const temporaryFolder = (): { path: string; remove(): void } => {
  const path = mkdtempSync(join(tmpdir(), 'security-plane-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
};
