// Waiting between tries: exponential with full jitter.
import { randomInt } from 'node:crypto';

/** @param attempt 1 for the wait after the first try */
export type Pause = (attempt: number) => Promise<void>;

const baseMs = 25;
const capMs = 1_600;

export const jitteredPause: Pause = (attempt) =>
  new Promise((resolve) => setTimeout(resolve, randomInt(1 + Math.min(capMs, baseMs * 2 ** (attempt - 1)))));
