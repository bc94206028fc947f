import { expect, test } from 'vitest';
import { awsPlatform } from '../../../../functions/shared/aws/aws-platform.ts';
import { jsonLog } from '../../../../functions/shared/observability/log.ts';
import { testClock, testRandomness } from '../../../support/ports.ts';

const world = { ...testClock(), ...testRandomness('platform') };
const log = jsonLog(() => undefined);

test('a part opens when it is first asked for, once', () => {
  const platform = awsPlatform({ world, log, tableName: 'main', bucket: { name: 'logs', lockMode: 'GOVERNANCE' } });
  expect(platform.table).toBe(platform.table);
  expect(platform.archive).toBe(platform.archive);
  expect(platform.world).toBe(world);
});

test('a part that the function was not given is refused by name, and the others work', async () => {
  const platform = awsPlatform({ world, log, tableName: 'main', keyIds: { log: 'key-log' } });
  expect(() => platform.keyTable).toThrow('`keyTableName`');
  expect(() => platform.delivery).toThrow('`streamName`');
  expect(() => platform.archive).toThrow('`bucket`');
  await expect(platform.keys.generateDataKey('vault', {})).rejects.toThrow('no key `vault`');
  expect(platform.table).toBeDefined();
});
