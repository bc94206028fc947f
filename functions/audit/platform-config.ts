// Which parts of the account each of the audit service's functions uses.
import type { AwsPlatformConfig } from '../shared/aws/aws-platform.ts';
import { realWorld } from '../shared/kernel/world.ts';
import type { Log } from '../shared/observability/log.ts';
import type { AuditEnv, SealerEnv, ShipperEnv } from './env.ts';

const logBucket = ({ LOG_BUCKET_NAME, LOCK_MODE }: AuditEnv | SealerEnv | ShipperEnv) => ({ name: LOG_BUCKET_NAME, lockMode: LOCK_MODE });

export const apiConfig = (env: AuditEnv, log: Log): AwsPlatformConfig => ({
  world: realWorld,
  log,
  tableName: env.TABLE_NAME,
  keyTableName: env.KEY_TABLE_NAME,
  indexTableName: env.INDEX_TABLE_NAME,
  keyIds: { service: env.SERVICE_KEY_ARN, log: env.LOG_KEY_ARN },
  bucket: logBucket(env),
});

export const sealerConfig = (env: SealerEnv, log: Log): AwsPlatformConfig => ({
  world: realWorld,
  log,
  tableName: env.TABLE_NAME,
  keyTableName: env.KEY_TABLE_NAME,
  keyIds: { subjects: env.SUBJECTS_KEY_ARN, log: env.LOG_KEY_ARN },
  bucket: logBucket(env),
});

export const shipperConfig = (env: ShipperEnv, log: Log): AwsPlatformConfig => ({
  world: realWorld,
  log,
  tableName: env.TABLE_NAME,
  indexTableName: env.INDEX_TABLE_NAME,
  bucket: logBucket(env),
  streamName: env.DELIVERY_STREAM_NAME,
});

/** The bucket where delivered objects arrive. */
export const deliveredConfig = (env: ShipperEnv, log: Log): AwsPlatformConfig => ({
  world: realWorld,
  log,
  bucket: { name: env.ARCHIVE_BUCKET_NAME, lockMode: env.LOCK_MODE },
});
