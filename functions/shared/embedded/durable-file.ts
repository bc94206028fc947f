// Files that are whole or absent after a crash: written under a temporary name, synchronised, then linked or renamed into place.
import { link, mkdir, open, rename, rm, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

const isWindows = process.platform === 'win32';
let temporaryCount = 0;

/** What a new file gets besides its bytes, before it appears under its name. */
export interface FileTraits {
  readonly mode?: number;
  readonly modifiedAtMs?: number;
}

/** Makes names in a folder durable; Windows needs (and allows) no such call. */
const syncFolder = async (folder: string): Promise<void> => {
  if (isWindows) return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Makes a folder and all above it durably. */
export const makeFolder = async (folder: string): Promise<void> => {
  const whole = resolve(folder);
  const first = await mkdir(whole, { recursive: true });
  if (first === undefined) return;
  for (let at = whole; at.length >= first.length; at = dirname(at)) await syncFolder(dirname(at));
};

const writeTemporary = async (path: string, bytes: Uint8Array, { mode, modifiedAtMs }: FileTraits): Promise<void> => {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    // INVARIANT: on Windows read-only is lifted again when the temporary name goes, so the caller sets it afterwards.
    if (mode !== undefined && !isWindows) await handle.chmod(mode);
    if (modifiedAtMs !== undefined) await handle.utimes(new Date(modifiedAtMs), new Date(modifiedAtMs));
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const viaTemporary = async (folder: string, bytes: Uint8Array, traits: FileTraits, place: (temporary: string) => Promise<void>) => {
  temporaryCount += 1;
  const temporary = join(folder, `${process.pid}-${temporaryCount}-${performance.now()}`);
  try {
    await writeTemporary(temporary, bytes, traits);
    await place(temporary);
  } finally {
    await rm(temporary, { force: true });
  }
};

const isCode = (error: unknown, ...codes: string[]): boolean => codes.includes(String((error as NodeJS.ErrnoException).code));

/** @returns whether an error says that a path leads nowhere */
export const isAbsent = (error: unknown): boolean => isCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR');

/** @returns false, with nothing changed, when the file exists; `temporaries` lies on the same volume */
export const createFile = async (path: string, temporaries: string, bytes: Uint8Array, traits: FileTraits = {}): Promise<boolean> => {
  try {
    await viaTemporary(temporaries, bytes, traits, (temporary) => link(temporary, path));
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
  await syncFolder(dirname(path));
  return true;
};

/** Puts a file in place of what stood there; readers see the old bytes or the new. */
export const replaceFile = async (path: string, temporaries: string, bytes: Uint8Array): Promise<void> => {
  await viaTemporary(temporaries, bytes, { mode: 0o644 }, (temporary) => rename(temporary, path));
  await syncFolder(dirname(path));
};

/** Deletes a file durably. */
export const removeFile = async (path: string): Promise<void> => {
  await unlink(path);
  await syncFolder(dirname(path));
};
