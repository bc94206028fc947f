// The SQLite schema of one table and its change feed, and the prepared statements over it.
import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite';

/** How long one process waits for another one's transaction on the same file. */
const busyTimeoutMs = 5_000;
/** The log is copied into the database once it holds this many pages, and its file shrinks to the size below. */
const checkpointPages = 2_000;
const maxLogBytes = 16 * 1024 * 1024;

/** A row as it is stored; `expires` in Unix seconds. */
export interface StoredRow {
  readonly sk: string;
  readonly body: string;
  readonly escaped: number;
  readonly expires: number | null;
}

export interface Statements {
  readonly get: StatementSync;
  readonly ascending: StatementSync;
  readonly descending: StatementSync;
  readonly put: StatementSync;
  readonly remove: StatementSync;
  readonly expired: StatementSync;
  readonly logChange: StatementSync;
  readonly readChanges: StatementSync;
  readonly dropChanges: StatementSync;
}

/** @param path a file, made when absent, or `:memory:`. INVARIANT: `synchronous=FULL` makes each commit of the write-ahead log durable. */
export const openDatabase = (path: string): DatabaseSync => {
  const database = new DatabaseSync(path, { timeout: busyTimeoutMs });
  database.exec(`PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
    PRAGMA wal_autocheckpoint=${checkpointPages}; PRAGMA journal_size_limit=${maxLogBytes}; PRAGMA cache_size=-32768`);
  return database;
};

/** Text compares by its UTF-8 bytes: SQLite's BINARY collation is memcmp. */
export const prepareTable = (database: DatabaseSync, name: string): Statements => {
  database.exec(`
    CREATE TABLE IF NOT EXISTS "${name}" (pk TEXT NOT NULL, sk TEXT NOT NULL, body TEXT NOT NULL, escaped INTEGER NOT NULL, expires INTEGER,
      PRIMARY KEY (pk, sk)) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS "${name}:expires" ON "${name}" (expires) WHERE expires IS NOT NULL;
    CREATE TABLE IF NOT EXISTS "${name}:changes" (seq INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, kind TEXT NOT NULL,
      pk TEXT NOT NULL, sk TEXT NOT NULL, body TEXT, escaped INTEGER NOT NULL) STRICT`);
  const range = `SELECT sk, body, escaped, expires FROM "${name}" WHERE pk = ? AND sk >= ? AND sk < ? AND (expires IS NULL OR expires > ?)`;
  return {
    get: database.prepare(`SELECT sk, body, escaped, expires FROM "${name}" WHERE pk = ? AND sk = ?`),
    ascending: database.prepare(`${range} ORDER BY sk LIMIT ?`),
    descending: database.prepare(`${range} ORDER BY sk DESC LIMIT ?`),
    put: database.prepare(`INSERT OR REPLACE INTO "${name}" (pk, sk, body, escaped, expires) VALUES (?, ?, ?, ?, ?)`),
    remove: database.prepare(`DELETE FROM "${name}" WHERE pk = ? AND sk = ?`),
    expired: database.prepare(`SELECT pk, sk FROM "${name}" WHERE expires <= ? LIMIT ?`),
    logChange: database.prepare(`INSERT INTO "${name}:changes" (at_ms, kind, pk, sk, body, escaped) VALUES (?, ?, ?, ?, ?, ?)`),
    readChanges: database.prepare(
      `SELECT seq, kind, pk, sk, body, escaped FROM "${name}:changes" WHERE seq > ? AND at_ms > ? ORDER BY seq LIMIT ?`,
    ),
    // Looks at the oldest changes alone: a commit's work must not grow with the feed.
    dropChanges: database.prepare(
      `DELETE FROM "${name}:changes" WHERE at_ms <= ? AND seq IN (SELECT seq FROM "${name}:changes" ORDER BY seq LIMIT ?)`,
    ),
  };
};

/** @throws Error when a row is not as {@link prepareTable} made it */
export const asStoredRow = (row: Record<string, SQLOutputValue>): StoredRow => {
  const { sk, body, escaped, expires } = row;
  if (typeof sk !== 'string' || typeof body !== 'string' || typeof escaped !== 'number') throw new Error('a stored row is damaged');
  return { sk, body, escaped, expires: typeof expires === 'number' ? expires : null };
};
