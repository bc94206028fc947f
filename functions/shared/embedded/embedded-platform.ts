// The platform of one folder: SQLite tables, a key file, archive files. It needs nothing but Node.js.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { World } from '../kernel/world.ts';
import type { Log } from '../observability/log.ts';
import type { Platform } from '../platform.ts';
import { fileArchive } from './file-archive.ts';
import { fileKeys } from './file-keys.ts';
import { folderDelivery } from './folder-delivery.ts';
import { openSqliteTable, type SqliteTable } from './sqlite-table.ts';

const defaultRetentionDays = 365;

export interface EmbeddedPlatform extends Platform {
  /** With the change feed that the sealer reads and the wake-up after each commit. */
  readonly table: SqliteTable;
  /** Makes what waits durable and lets go of all files. */
  close(): void;
}

/**
 * @param folder made when absent, for its owner alone: `table.sqlite`, `keys.sqlite`, `index.sqlite`, `keys.json`, `bucket/`
 * @param retentionDays how long delivered events stay locked
 */
export const openEmbeddedPlatform = ({
  folder,
  world,
  log,
  retentionDays = defaultRetentionDays,
}: {
  folder: string;
  world: World;
  log: Log;
  retentionDays?: number;
}): EmbeddedPlatform => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const keys = fileKeys({ path: join(folder, 'keys.json'), randomness: world });
  const open = (file: string, name: string): SqliteTable => openSqliteTable({ path: join(folder, file), clock: world, name });
  const table = open('table.sqlite', 'main');
  const keyTable = open('keys.sqlite', 'keys');
  const indexTable = open('index.sqlite', 'events');
  const archive = fileArchive({ root: join(folder, 'bucket'), clock: world });
  return {
    world,
    log,
    table,
    keyTable,
    indexTable,
    keys,
    archive,
    delivery: folderDelivery({ archive, retentionDays }),
    close() {
      for (const opened of [table, keyTable, indexTable]) opened.close();
    },
  };
};
