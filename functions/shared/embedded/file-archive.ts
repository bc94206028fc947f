// The archive port on files: a locked object is a read-only file whose modification time is the end of its retention, so no second file can disagree.
import { chmod, type FileHandle, mkdir, open, readdir, readFile, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../kernel/world.ts';
import { type Archive, ArchiveConflict, assertArchivePath } from '../ports/archive.ts';
import { fromFilePart, toFilePath } from './archive-path.ts';
import { createFile, isAbsent, makeFolder, removeFile, replaceFile } from './durable-file.ts';
import { pathLocks } from './path-locks.ts';

/** Holds files that are being written; no archive path has a `~`. */
const temporaryFolder = '~writing';
const maxListed = 1000;
const lockedMode = 0o444;

interface Standing {
  readonly bytes: Uint8Array;
  /** Undefined: an object that may be replaced. */
  readonly retainUntilMs: number | undefined;
}

const retention = ({ mode, mtimeMs }: { mode: number; mtimeMs: number }): number | undefined =>
  (mode & 0o200) === 0 ? Math.round(mtimeMs) : undefined;

const orAbsent = async <T>(work: Promise<T>): Promise<T | undefined> => {
  try {
    return await work;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
};

const lock = async (file: string, retainUntilMs: number): Promise<void> => {
  await utimes(file, new Date(retainUntilMs), new Date(retainUntilMs));
  await chmod(file, lockedMode);
  const handle: FileHandle = await open(file, 'r');
  try {
    if (process.platform !== 'win32') await handle.sync();
  } finally {
    await handle.close();
  }
};

/**
 * Paths under a folder, in the byte order of whole paths.
 * @param wanted whether a path, or a folder's path with its `/`, can hold something that is asked for
 */
async function* walk(folder: string, base: string, wanted: (path: string) => boolean): AsyncGenerator<string> {
  const entries = (await orAbsent(readdir(folder, { withFileTypes: true }))) ?? [];
  const named = entries
    .filter(({ name }) => name !== temporaryFolder)
    .map((entry) => ({ file: entry.name, path: `${base}${fromFilePart(entry.name)}${entry.isDirectory() ? '/' : ''}` }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { file, path } of named) {
    if (!wanted(path)) continue;
    if (path.endsWith('/')) yield* walk(join(folder, file), path, wanted);
    else yield path;
  }
}

/** @param root a folder, made when absent, that nothing else writes to */
export const fileArchive = ({ root, clock }: { root: string; clock: Clock }): Archive => {
  const temporaries = join(root, temporaryFolder);
  const exclusively = pathLocks();
  let prepared: Promise<unknown> | undefined;

  const place = async (path: string): Promise<string> => {
    assertArchivePath(path);
    prepared ??= makeFolder(root).then(() => mkdir(temporaries, { recursive: true }));
    await prepared;
    return toFilePath(root, path);
  };

  const standing = async (file: string): Promise<Standing | undefined> => {
    const bytes = await orAbsent(readFile(file));
    return bytes && { bytes, retainUntilMs: retention(await stat(file)) };
  };

  /** @returns whether there is such an object. @throws ArchiveConflict while it is locked */
  const unlock = async (path: string, file: string): Promise<boolean> => {
    const found = await orAbsent(stat(file));
    if (!found?.isFile()) return false;
    const until = retention(found);
    if (until !== undefined && until > clock.nowMs()) throw new ArchiveConflict(path);
    if (until !== undefined) await chmod(file, 0o644);
    return true;
  };

  return {
    async putLocked(path, bytes, retainUntilMs) {
      const file = await place(path);
      await exclusively(path, async () => {
        await makeFolder(dirname(file));
        const made = await createFile(file, temporaries, bytes, { mode: lockedMode, modifiedAtMs: retainUntilMs });
        const found = made ? undefined : await standing(file);
        if (!made && (found === undefined || Buffer.compare(found.bytes, bytes) !== 0)) throw new ArchiveConflict(path);
        // Made on Windows, made as replaceable, or left by a crash: the lock is still to be set.
        if ((made && process.platform === 'win32') || (found && found.retainUntilMs === undefined)) await lock(file, retainUntilMs);
      });
    },
    async putReplaceable(path, bytes) {
      const file = await place(path);
      await exclusively(path, async () => {
        await makeFolder(dirname(file));
        await unlock(path, file);
        await replaceFile(file, temporaries, bytes);
      });
    },
    async get(path) {
      const bytes = await orAbsent(readFile(await place(path)));
      return bytes && new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
    async list(prefix, after = '') {
      const wanted = (path: string): boolean =>
        path.endsWith('/')
          ? (path.startsWith(prefix) || prefix.startsWith(path)) && (path > after || after.startsWith(path))
          : path.startsWith(prefix) && path > after;
      const paths: string[] = [];
      for await (const path of walk(root, '', wanted)) {
        if (paths.length === maxListed) return { paths, next: paths.at(-1) ?? '' };
        paths.push(path);
      }
      return { paths };
    },
    async delete(path) {
      const file = await place(path);
      await exclusively(path, async () => {
        if (await unlock(path, file)) await removeFile(file);
      });
    },
  };
};
