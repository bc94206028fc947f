// A process that commits three rows at a time and tells which commits were answered, until somebody kills it.
import { writeSync } from 'node:fs';
import { openSqliteTable } from '../../functions/shared/embedded/sqlite-table.ts';

const path = process.argv[2];
if (path === undefined) throw new Error('usage: ports-sqlite-writer.ts DATABASE');
const table = openSqliteTable({ path, clock: { nowMs: () => Date.now() }, name: 'main' });
let next = 0;

const write = async (): Promise<never> => {
  for (;;) {
    const number = next;
    next += 1;
    const put = (part: string) => ({ kind: 'put' as const, item: { pk: 'acme#rows', sk: `${number}#${part}`, text: 'x'.repeat(2000) } });
    await table.transact('acme', [put('a'), put('b'), put('c')]);
    writeSync(1, `${number}\n`);
  }
};

await Promise.all([write(), write(), write()]);
