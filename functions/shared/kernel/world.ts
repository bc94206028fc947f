// Clock, ids and randomness as ports, so that tests decide them.
import { randomBytes } from 'node:crypto';

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number;
}

export interface Randomness {
  /** @returns fresh unpredictable bytes */
  bytes(count: number): Uint8Array;
}

/** What a use case may know of the world besides its ports. */
export interface World extends Clock, Randomness {}

export const realWorld: World = {
  nowMs: () => Date.now(),
  bytes: (count) => randomBytes(count),
};

/** RFC 3339 UTC with milliseconds. */
export const toTime = (ms: number): string => new Date(ms).toISOString();

/**
 * A UUIDv7 (RFC 9562): 48 bits of time, then random bits, so that ids sort by creation.
 * @param world gives time and 10 random bytes
 */
export const uuidv7 = (world: World): string => {
  const time = world.nowMs().toString(16).padStart(12, '0');
  const random = Buffer.from(world.bytes(10));
  random[0] = 0x70 | ((random[0] ?? 0) & 0x0f);
  random[2] = 0x80 | ((random[2] ?? 0) & 0x3f);
  const hex = random.toString('hex');
  return `${time.slice(0, 8)}-${time.slice(8)}-${hex.slice(0, 4)}-${hex.slice(4, 8)}-${hex.slice(8)}`;
};

const base32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** A made identifier: 80 random bits as 16 lower-case base32 characters. */
export const newId = (world: Randomness): string => [...world.bytes(16)].map((byte) => base32[byte & 31]).join('');
