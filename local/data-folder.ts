// The data folder: made owner-only, held by one server at a time, and the seeded tokens that live in it.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Taken away when the process ends, however it ends: SQLite's own lock. */
export interface FolderLock {
  release(): void;
}

/** @throws Error when another server holds the folder */
export const lockFolder = (folder: string): FolderLock => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = new DatabaseSync(join(folder, 'lock'), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch {
    lock.close();
    throw new Error(`another server uses \`${folder}\``);
  }
  return { release: () => lock.close() };
};

/** What an earlier start left behind, but for the lock. */
export const emptyFolder = (folder: string, names: readonly string[]): void => {
  for (const name of names) rmSync(join(folder, name), { recursive: true, force: true });
};

/** @returns the JSON kept under that name, made on first use; the file is readable by the owner alone */
export const keepJson = <T>(folder: string, name: string, make: () => T): T => {
  const file = join(folder, name);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as T;
  const made = make();
  writeFileSync(`${file}.new`, JSON.stringify(made, undefined, 2), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return made;
};
