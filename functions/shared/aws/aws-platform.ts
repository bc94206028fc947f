// The platform of an AWS account, each part opened when it is first asked for. A function that needs one part imports that adapter alone.
import type { World } from '../kernel/world.ts';
import type { Log } from '../observability/log.ts';
import type { Platform } from '../platform.ts';
import { documentClient, firehoseClient, kmsClient, s3Client } from './clients.ts';
import { dynamodbTable } from './dynamodb-table.ts';
import { firehoseDelivery } from './firehose-delivery.ts';
import { type KeyIds, kmsKeys } from './kms-keys.ts';
import { type LockMode, s3Archive } from './s3-archive.ts';

/** Names of the account's resources; a function leaves out what it has no right to use. */
export interface AwsPlatformConfig {
  readonly world: World;
  readonly log: Log;
  readonly tableName?: string | undefined;
  readonly keyTableName?: string | undefined;
  readonly indexTableName?: string | undefined;
  readonly keyIds?: Partial<KeyIds> | undefined;
  readonly bucket?: { readonly name: string; readonly lockMode: LockMode } | undefined;
  readonly streamName?: string | undefined;
}

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

const named = <T>(what: keyof AwsPlatformConfig, value: T | undefined): T => {
  if (value === undefined) throw new Error(`this function was given no \`${what}\``);
  return value;
};

/** A key that the function was not given is refused before anything is sent. */
const keyIdsOf = (given: Partial<KeyIds>): KeyIds => {
  const idOf = (key: keyof KeyIds): string => {
    const id = given[key];
    if (id === undefined) throw new Error(`this function was given no key \`${key}\``);
    return id;
  };
  return {
    get vault() {
      return idOf('vault');
    },
    get subjects() {
      return idOf('subjects');
    },
    get service() {
      return idOf('service');
    },
    get log() {
      return idOf('log');
    },
  };
};

/** @throws Error from the getter of a part whose name the configuration leaves out */
export const awsPlatform = (config: AwsPlatformConfig): Platform => {
  const { world: clock } = config;
  const documents = once(documentClient);
  const open = (what: 'tableName' | 'keyTableName' | 'indexTableName') =>
    once(() => dynamodbTable({ documents: documents(), tableName: named(what, config[what]), clock }));
  const table = open('tableName');
  const keyTable = open('keyTableName');
  const indexTable = open('indexTableName');
  const keys = once(() => kmsKeys({ client: kmsClient(), keyIds: keyIdsOf(named('keyIds', config.keyIds)) }));
  const archive = once(() => {
    const { name, lockMode } = named('bucket', config.bucket);
    return s3Archive({ client: s3Client(), bucket: name, lockMode, clock });
  });
  const delivery = once(() => firehoseDelivery({ client: firehoseClient(), streamName: named('streamName', config.streamName) }));
  return {
    world: config.world,
    log: config.log,
    get table() {
      return table();
    },
    get keyTable() {
      return keyTable();
    },
    get indexTable() {
      return indexTable();
    },
    get keys() {
      return keys();
    },
    get archive() {
      return archive();
    },
    get delivery() {
      return delivery();
    },
  };
};
