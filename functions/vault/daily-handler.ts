// The vault's daily Lambda entry: expiries recorded and alarmed on, old keys rotated, stopped work taken up again.
import { awsPlatform } from '../shared/aws/aws-platform.ts';
import { parseEnv } from '../shared/env.ts';
import { realWorld } from '../shared/kernel/world.ts';
import { jsonLog } from '../shared/observability/log.ts';
import { vaultEnv } from './env.ts';
import { expireSecrets, tendKeys } from './jobs.ts';
import { platformConfig } from './platform-config.ts';

/** Under the function's own limit of 15 minutes; the next day goes on. */
const workMs = 10 * 60_000;

const log = jsonLog((line) => process.stdout.write(`${line}\n`));
const platform = awsPlatform(platformConfig(parseEnv(vaultEnv, process.env), log));
const [expire, tend] = [expireSecrets(platform), tendKeys(platform)];

export const handler = async (): Promise<void> => {
  for (const { org, status } of await expire()) log.error(`alarm: a secret is ${status}`, { org });
  const { rotated, reencrypted } = await tend(realWorld.nowMs() + workMs);
  log.info(`daily step: ${rotated.length} keys rotated, ${reencrypted.length} workspaces re-encrypted`);
};
