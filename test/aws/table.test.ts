import { describe, test } from 'vitest';
import { tableContract } from '../contract/table.contract.ts';
import { openDynamodbTable } from '../support/dynoxide.ts';
import { missingEndpoint } from '../support/ports-aws.ts';

const missing = missingEndpoint('DYNAMODB');

if (missing === undefined) {
  describe('the table port on the DynamoDB endpoint', () => {
    tableContract(openDynamodbTable);
  });
} else {
  test.skip(`the table port on the DynamoDB endpoint: ${missing}`);
}
