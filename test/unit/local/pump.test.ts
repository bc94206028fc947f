import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { jsonLog } from '../../../functions/shared/observability/log.ts';
import { startPump } from '../../../local/pump.ts';

const log = jsonLog(() => undefined);

test('many wakes of an organization are one drain, and organizations do not wait for each other', async () => {
  const drained: string[] = [];
  const pump = startPump({ log, intervalMs: 10_000, drain: async (org) => void drained.push(org) });
  for (let index = 0; index < 100; index += 1) pump.wake('acme');
  pump.wake('globex');
  await delay(100);
  expect(drained.toSorted()).toEqual(['acme', 'globex']);
  await pump.stop();
});

test('a wake during a drain is drained after it', async () => {
  let drains = 0;
  const pump = startPump({
    log,
    intervalMs: 1,
    drain: async () => {
      drains += 1;
      if (drains === 1) pump.wake('acme');
    },
  });
  pump.wake('acme');
  await delay(200);
  expect(drains).toBe(2);
  await pump.stop();
});

test('stopping drains what waits, also within the pause between two drains', async () => {
  const drained: number[] = [];
  const pump = startPump({ log, intervalMs: 60_000, drain: async () => void drained.push(1) });
  pump.wake('acme');
  await delay(100);
  pump.wake('acme');
  await pump.stop();
  expect(drained).toHaveLength(2);
});

test('a drain that fails is tried again', async () => {
  let tries = 0;
  const pump = startPump({
    log,
    intervalMs: 1,
    drain: async () => {
      tries += 1;
      if (tries === 1) throw new Error('full disk');
    },
  });
  pump.wake('acme');
  await delay(1_300);
  expect(tries).toBe(2);
  await pump.stop();
});
