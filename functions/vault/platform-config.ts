// Which parts of the account the vault's functions use.
import type { AwsPlatformConfig } from '../shared/aws/aws-platform.ts';
import { realWorld } from '../shared/kernel/world.ts';
import type { Log } from '../shared/observability/log.ts';
import type { VaultEnv } from './env.ts';

export const platformConfig = (env: VaultEnv, log: Log): AwsPlatformConfig => ({
  world: realWorld,
  log,
  tableName: env.TABLE_NAME,
  keyTableName: env.KEY_TABLE_NAME,
  keyIds: { vault: env.VAULT_KEY_ARN, service: env.SERVICE_KEY_ARN },
});
