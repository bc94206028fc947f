import { chmodSync, readdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { fileArchive } from '../../../../functions/shared/embedded/file-archive.ts';
import { ArchiveConflict } from '../../../../functions/shared/ports/archive.ts';
import { temporaryFolder, testClock } from '../../../support/ports.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

const open = () => {
  const folder = temporaryFolder();
  cleanups.push(folder.remove);
  const clock = testClock();
  return {
    root: folder.path,
    clock,
    archive: fileArchive({ root: folder.path, clock }),
    again: () => fileArchive({ root: folder.path, clock }),
  };
};

const bytes = Uint8Array.of(1, 2, 3);

test('a locked object is a read-only file, and its lock outlives the process', async () => {
  const { root, clock, archive, again } = open();
  const until = clock.nowMs() + 60_000;
  await archive.putLocked('log/tile', bytes, until);
  expect(statSync(`${root}/log/tile`).mode & 0o222).toBe(0);
  expect(Math.round(statSync(`${root}/log/tile`).mtimeMs)).toBe(until);
  await expect(again().delete('log/tile')).rejects.toThrow(ArchiveConflict);
  await expect(again().putReplaceable('log/tile', bytes)).rejects.toThrow(ArchiveConflict);
});

test('a lock that a crash left unset is set when the writer starts over', async () => {
  const { root, clock, archive } = open();
  const until = clock.nowMs() + 60_000;
  await archive.putLocked('tile', bytes, until);
  chmodSync(`${root}/tile`, 0o644);
  utimesSync(`${root}/tile`, new Date(1), new Date(1));
  await archive.putLocked('tile', bytes, until);
  await expect(archive.delete('tile')).rejects.toThrow(ArchiveConflict);
});

test('no file is left beside the objects, whether writes succeed or fail', async () => {
  const { root, clock, archive } = open();
  const until = clock.nowMs() + 60_000;
  await Promise.allSettled([1, 2, 3, 4].map((byte) => archive.putLocked('a', Uint8Array.of(byte), until)));
  await Promise.all([1, 2, 3, 4].map((byte) => archive.putReplaceable('b', Uint8Array.of(byte))));
  expect(await archive.get('b')).toEqual(Uint8Array.of(4));
  expect(readdirSync(root).sort()).toEqual(['a', 'b', '~writing']);
  expect(readdirSync(`${root}/~writing`)).toEqual([]);
});

test('what a crashed writer left half written is not listed', async () => {
  const { root, archive } = open();
  await archive.putReplaceable('a', bytes);
  writeFileSync(`${root}/~writing/half`, 'x');
  expect(await archive.list('')).toEqual({ paths: ['a'] });
});

test('two archives over one folder do not overwrite each other', async () => {
  const { clock, archive, again } = open();
  const until = clock.nowMs() + 60_000;
  const outcomes = await Promise.allSettled([archive.putLocked('a', bytes, until), again().putLocked('a', Uint8Array.of(9), until)]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test.skipIf(process.platform === 'win32')('a link in the folder is not followed by a listing', async () => {
  const { root, archive } = open();
  await archive.putReplaceable('a', bytes);
  symlinkSync('/', `${root}/out`);
  expect((await archive.list('')).paths.filter((path) => path.startsWith('out/'))).toEqual([]);
});
