import { describe } from 'vitest';
import { openSqliteTable } from '../../functions/shared/embedded/sqlite-table.ts';
import { temporaryFolder, testClock } from '../support/ports.ts';
import { tableContract } from './table.contract.ts';

describe('the table port on node:sqlite', () => {
  tableContract(() => {
    const folder = temporaryFolder();
    const clock = testClock();
    const table = openSqliteTable({ path: `${folder.path}/table.sqlite`, clock, name: 'main' });
    return {
      table,
      clock,
      close: () => {
        table.close();
        folder.remove();
      },
    };
  });
});
