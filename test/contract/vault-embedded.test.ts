import { describe } from 'vitest';
import { openSqliteTable } from '../../functions/shared/embedded/sqlite-table.ts';
import { testClock } from '../support/ports.ts';
import { vaultContract } from './vault.contract.ts';

describe('the vault on embedded tables', () => {
  vaultContract(async () => {
    const clock = testClock();
    const open = (name: string) => openSqliteTable({ path: ':memory:', clock, name });
    const [table, keyTable] = [open('main'), open('keys')];
    const close = async (): Promise<void> => {
      table.close();
      keyTable.close();
    };
    return { clock, table, keyTable, close };
  });
});
