import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { groupCommit } from '../../../../functions/shared/embedded/group-commit.ts';
import { TransactionConflict } from '../../../../functions/shared/ports/table.ts';
import { temporaryFolder } from '../../../support/ports.ts';

const open = (path: string, timeout = 0) => {
  const database = new DatabaseSync(path, { timeout });
  database.exec('PRAGMA journal_mode=WAL; CREATE TABLE IF NOT EXISTS rows (text TEXT)');
  const insert = database.prepare('INSERT INTO rows (text) VALUES (?)');
  const count = (): unknown => database.prepare('SELECT count(*) AS n FROM rows').get()?.n;
  const heard: unknown[] = [];
  const commits = groupCommit<string>(
    database,
    () => undefined,
    (results) => heard.push(results),
  );
  const add = (text: string) =>
    commits.run(() => {
      insert.run(text);
      return text;
    });
  return { database, commits, add, count, heard };
};

test('a commit that fails fails every transaction of its group, and the next one works', async () => {
  const { database, add, count, heard } = open(':memory:');
  await add('small');
  const pages = Number(database.prepare('PRAGMA page_count').get()?.page_count);
  database.exec(`PRAGMA max_page_count=${pages + 1}`);
  const outcomes = await Promise.allSettled([add('one'), add('x'.repeat(100_000)), add('three')]);
  database.exec('PRAGMA max_page_count=1000000');
  const full = outcomes.filter(({ status }) => status === 'rejected').length;
  expect(outcomes[1]?.status).toBe('rejected');
  expect(count()).toBe(1 + 3 - full);
  await add('after');
  expect(count()).toBe(2 + 3 - full);
  expect(heard.at(-1)).toEqual(['after']);
});

test('a file that another process holds is a conflict, and the group may be run again', async () => {
  const folder = temporaryFolder();
  const mine = open(`${folder.path}/a.sqlite`);
  const other = new DatabaseSync(`${folder.path}/a.sqlite`);
  other.exec('BEGIN IMMEDIATE');
  const outcomes = await Promise.allSettled([mine.add('one'), mine.add('two')]);
  expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason)).toEqual([
    expect.any(TransactionConflict),
    expect.any(TransactionConflict),
  ]);
  other.exec('ROLLBACK');
  await mine.add('one');
  expect(mine.count()).toBe(1);
  expect(mine.heard).toEqual([['one']]);
  mine.database.close();
  other.close();
  folder.remove();
});

test('a transaction begun inside another one runs in the next commit', async () => {
  const { commits, add, count } = open(':memory:');
  let nested: Promise<string> | undefined;
  await commits.run(() => {
    nested = add('nested');
    return 'outer';
  });
  expect(await nested).toBe('nested');
  expect(count()).toBe(1);
});
