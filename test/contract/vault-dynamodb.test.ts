import { describe, test } from 'vitest';
import { dynamodbMissing, openDynamodbTable } from '../support/dynoxide.ts';
import { vaultContract } from './vault.contract.ts';

const missing = dynamodbMissing();

if (missing === undefined) {
  describe('the vault on DynamoDB', () => {
    vaultContract(async () => {
      const { table, clock, close } = await openDynamodbTable();
      const keys = await openDynamodbTable();
      const closeBoth = async (): Promise<void> => {
        await close();
        await keys.close();
      };
      return { clock, table, keyTable: keys.table, close: closeBoth };
    });
  });
} else {
  test.skip(`the vault on DynamoDB: ${missing}`);
}
