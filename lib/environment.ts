// What this deployment can tell its functions; each picks what its own schema (`env.ts`) names. None of it is secret.
import type * as z from 'zod';
import type { StageConfig } from './config.ts';
import type { Resources } from './constructs/grants.ts';
import { prefixOf } from './constructs/names.ts';

type RequiredKeys<T> = { [K in keyof T]-?: undefined extends T[K] ? never : K }[keyof T];

/** All that functions may be told. */
export const valuesOf = ({ config, resources }: { config: StageConfig; resources: Resources }) => {
  const { tables, keys, log, archive, delivery, userPool, userPoolClient } = resources;
  return {
    TABLE_NAME: tables.table.tableName,
    KEY_TABLE_NAME: tables.keyTable.tableName,
    INDEX_TABLE_NAME: tables.indexTable.tableName,
    VAULT_KEY_ARN: keys.wrapping.vault.keyArn,
    SUBJECTS_KEY_ARN: keys.wrapping.subjects.keyArn,
    SERVICE_KEY_ARN: keys.wrapping.service.keyArn,
    /** The same key, as prompt protection calls it. */
    SERVICE_KEY_ID: keys.wrapping.service.keyArn,
    LOG_KEY_ARN: keys.log.keyArn,
    /** The bucket of the Merkle log's files, each of which the sealer locks itself. */
    LOG_BUCKET_NAME: log.bucketName,
    /** The bucket of delivered events, which locks each object as it arrives. */
    ARCHIVE_BUCKET_NAME: archive.bucketName,
    LOCK_MODE: config.auditRetention.mode,
    RETENTION_DAYS: `${config.auditRetention.days}`,
    DELIVERY_STREAM_NAME: delivery.ref,
    /** Names this deployment in the origins of its logs. */
    DEPLOYMENT: prefixOf(config.stage),
    USER_POOL_ID: userPool.userPoolId,
    USER_POOL_CLIENT_ID: userPoolClient.userPoolClientId,
  };
};
export type Values = ReturnType<typeof valuesOf>;

/** The schema itself where every key that it requires has a value: a missing one is a type error. */
type Served<S extends z.ZodObject> = RequiredKeys<z.input<S>> extends keyof Values ? S : never;

/**
 * @param schema the function's environment
 * @throws Error naming a key that the schema requires and this deployment does not know
 */
export const environmentOf = <S extends z.ZodObject>(schema: S & Served<S>, values: Values): Record<string, string> => {
  const picked: Record<string, string> = {};
  for (const [key, type] of Object.entries((schema as S).shape)) {
    const value = (values as Readonly<Record<string, string>>)[key];
    if (value !== undefined) picked[key] = value;
    else if (!(type as z.ZodType).safeParse(undefined).success) throw new Error(`no value for the environment's \`${key}\``);
  }
  return picked;
};
