import { describe, test } from 'vitest';
import { dynamodbMissing, openDynamodbTable } from '../support/dynoxide.ts';
import { tableContract } from './table.contract.ts';

const missing = dynamodbMissing();

if (missing === undefined) {
  describe('the table port on DynamoDB', () => {
    tableContract(openDynamodbTable);
  });
} else {
  test.skip(`the table port on DynamoDB: ${missing}`);
}
