// The archive port's contract.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Archive, ArchiveConflict } from '../../functions/shared/ports/archive.ts';
import type { TestClock } from '../support/ports.ts';

export interface ArchiveUnderTest {
  readonly archive: Archive;
  readonly clock: TestClock;
  close(): Promise<void> | void;
}

const hourMs = 60 * 60_000;
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

export const archiveContract = (open: () => Promise<ArchiveUnderTest> | ArchiveUnderTest): void => {
  let opened: ArchiveUnderTest;
  let count = 0;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened?.close());

  /** A prefix of its own for each test. */
  const place = () => {
    count += 1;
    const { archive, clock } = opened;
    const base = `test-${count}`;
    return { archive, clock, path: `${base}/object`, base, until: clock.nowMs() + hourMs };
  };

  describe('locked objects', () => {
    test('are read back byte for byte, empty ones and binary ones too', async () => {
      const { archive, base, until } = place();
      const all = Uint8Array.from({ length: 70_000 }, (_, index) => index & 255);
      await archive.putLocked(`${base}/binary`, all, until);
      await archive.putLocked(`${base}/empty`, Uint8Array.of(), until);
      expect(await archive.get(`${base}/binary`)).toEqual(all);
      expect(await archive.get(`${base}/empty`)).toEqual(Uint8Array.of());
    });

    test('may be written again with the same bytes, and with no others', async () => {
      const { archive, path, until } = place();
      await archive.putLocked(path, bytesOf('one'), until);
      await archive.putLocked(path, bytesOf('one'), until);
      await expect(archive.putLocked(path, bytesOf('two'), until)).rejects.toThrow(ArchiveConflict);
      await expect(archive.putReplaceable(path, bytesOf('two'))).rejects.toThrow(ArchiveConflict);
      await expect(archive.putReplaceable(path, bytesOf('one'))).rejects.toThrow(ArchiveConflict);
      expect(await archive.get(path)).toEqual(bytesOf('one'));
    });

    test('are not deleted before their retention ends, and are afterwards', async () => {
      const { archive, clock, path, until } = place();
      await archive.putLocked(path, bytesOf('one'), until);
      clock.advance(hourMs - 1000);
      await expect(archive.delete(path)).rejects.toThrow(ArchiveConflict);
      expect(await archive.get(path)).toEqual(bytesOf('one'));
      clock.advance(1000);
      await archive.delete(path);
      expect(await archive.get(path)).toBeUndefined();
      await archive.putLocked(path, bytesOf('two'), clock.nowMs() + hourMs);
      expect(await archive.get(path)).toEqual(bytesOf('two'));
    });

    test('keep their first retention when the same bytes come with a shorter one', async () => {
      const { archive, clock, path, until } = place();
      await archive.putLocked(path, bytesOf('one'), until);
      await archive.putLocked(path, bytesOf('one'), clock.nowMs() + 1000);
      clock.advance(2000);
      await expect(archive.delete(path)).rejects.toThrow(ArchiveConflict);
    });

    test('past their retention give way to a replaceable one, never to other locked bytes', async () => {
      const { archive, clock, path, until } = place();
      await archive.putLocked(path, bytesOf('one'), until);
      clock.advance(hourMs);
      await expect(archive.putLocked(path, bytesOf('two'), clock.nowMs() + hourMs)).rejects.toThrow(ArchiveConflict);
      await archive.putReplaceable(path, bytesOf('three'));
      expect(await archive.get(path)).toEqual(bytesOf('three'));
    });

    test('of several writers at once one wins, and those with its bytes succeed', async () => {
      const { archive, path, until } = place();
      const outcomes = await Promise.allSettled(['a', 'b', 'a', 'c', 'b'].map((text) => archive.putLocked(path, bytesOf(text), until)));
      const stored = Buffer.from((await archive.get(path)) ?? []).toString();
      expect(outcomes.map(({ status }) => status)).toEqual(
        ['a', 'b', 'a', 'c', 'b'].map((text) => (text === stored ? 'fulfilled' : 'rejected')),
      );
    });
  });

  describe('replaceable objects', () => {
    test('are replaced and deleted at will', async () => {
      const { archive, path } = place();
      await archive.putReplaceable(path, bytesOf('one'));
      await archive.putReplaceable(path, bytesOf('two'));
      expect(await archive.get(path)).toEqual(bytesOf('two'));
      await archive.delete(path);
      expect(await archive.get(path)).toBeUndefined();
      await archive.putReplaceable(path, bytesOf('three'));
      expect(await archive.get(path)).toEqual(bytesOf('three'));
    });

    test('are not written over by locked ones with other bytes, and become locked by the same bytes', async () => {
      const { archive, path, until } = place();
      await archive.putReplaceable(path, bytesOf('one'));
      await expect(archive.putLocked(path, bytesOf('two'), until)).rejects.toThrow(ArchiveConflict);
      await archive.putLocked(path, bytesOf('one'), until);
      await expect(archive.putReplaceable(path, bytesOf('two'))).rejects.toThrow(ArchiveConflict);
      await expect(archive.delete(path)).rejects.toThrow(ArchiveConflict);
    });
  });

  test('what is not there reads as undefined and is deleted without error', async () => {
    const { archive, path, base } = place();
    expect(await archive.get(path)).toBeUndefined();
    await archive.delete(path);
    await archive.putReplaceable(path, bytesOf('one'));
    expect(await archive.get(base)).toBeUndefined();
    await archive.delete(base);
    expect(await archive.get(path)).toBeDefined();
  });

  describe('listing', () => {
    test('gives every path with the prefix in byte order, and goes on behind a path', async () => {
      const { archive, base, until } = place();
      const names = ['A', 'a', 'a-', 'a.p/1', 'a.p/2', 'a0/x', 'b/c/d', 'b/c0', 'b-c', 'z@', 'Z=+_'].map((name) => `${base}/${name}`);
      const sorted = [...names].sort();
      for (const name of names) await archive.putLocked(name, bytesOf(name), until);
      expect(await archive.list(`${base}/`)).toEqual({ paths: sorted });
      for (const [index, name] of sorted.entries()) expect((await archive.list(`${base}/`, name)).paths).toEqual(sorted.slice(index + 1));
      expect((await archive.list(`${base}/b`)).paths).toEqual([`${base}/b-c`, `${base}/b/c/d`, `${base}/b/c0`]);
      expect((await archive.list(`${base}/b/c`)).paths).toEqual([`${base}/b/c/d`, `${base}/b/c0`]);
      expect((await archive.list(`${base}/b/c`, `${base}/b/c/zzz`)).paths).toEqual([`${base}/b/c0`]);
      expect((await archive.list(`${base}/b/`, `${base}/a`)).paths).toEqual([`${base}/b/c/d`, `${base}/b/c0`]);
      expect(await archive.list(`${base}/none`)).toEqual({ paths: [] });
      expect(await archive.list(`${base}x/`)).toEqual({ paths: [] });
    });

    test('keeps paths apart that differ in case only, and takes names that some systems reserve', async () => {
      const { archive, base } = place();
      const names = ['CON', 'Con', 'aux.x/nul', 'com1', 'con', 'end.', 'end'].map((name) => `${base}/${name}`).sort();
      for (const name of names) await archive.putReplaceable(name, bytesOf(name));
      for (const name of names) expect(await archive.get(name)).toEqual(bytesOf(name));
      expect((await archive.list(`${base}/`)).paths).toEqual(names);
    });

    test('comes in pages of a thousand', async () => {
      const { archive, base } = place();
      const names = Array.from({ length: 1003 }, (_, index) => `${base}/n-${String(index).padStart(5, '0')}`);
      for (let from = 0; from < names.length; from += 50) {
        await Promise.all(names.slice(from, from + 50).map((name) => archive.putReplaceable(name, bytesOf('x'))));
      }
      const first = await archive.list(`${base}/`);
      expect(first).toEqual({ paths: names.slice(0, 1000), next: names[999] });
      expect(await archive.list(`${base}/`, first.next)).toEqual({ paths: names.slice(1000) });
    });
  });

  test.each(['', '/a', 'a/', 'a//b', '../a', 'a/../b', './a', 'a/.', 'a b', 'a\\b', 'C:', 'a\0', 'ä', '~a', 'a\n', `${'x/'.repeat(500)}x`])(
    'the path %j is refused by every call',
    async (path) => {
      const { archive, until } = place();
      await expect(archive.putLocked(path, bytesOf('x'), until)).rejects.toThrow('not an archive path');
      await expect(archive.putReplaceable(path, bytesOf('x'))).rejects.toThrow('not an archive path');
      await expect(archive.get(path)).rejects.toThrow('not an archive path');
      await expect(archive.delete(path)).rejects.toThrow('not an archive path');
    },
  );
};
