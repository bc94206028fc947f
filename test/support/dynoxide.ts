// A DynamoDB for tests: the dynoxide binary on a free loopback port, or the endpoint that `AWS_ENDPOINT_URL_DYNAMODB` names.
import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateTableCommand, DeleteTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamodbTable } from '../../functions/shared/aws/dynamodb-table.ts';
import type { Table } from '../../functions/shared/ports/table.ts';
import { type TestClock, testClock } from './ports.ts';

const startTries = 200;

const binaryPath = (): string | undefined => {
  try {
    return createRequire(import.meta.url).resolve('@dynoxide/linux-x64/dynoxide');
  } catch {
    return undefined;
  }
};

/** @returns why DynamoDB cannot be tested here, or undefined when it can */
export const dynamodbMissing = (): string | undefined =>
  process.env.AWS_ENDPOINT_URL_DYNAMODB || binaryPath() !== undefined
    ? undefined
    : '@dynoxide/linux-x64 is not installed on this platform and AWS_ENDPOINT_URL_DYNAMODB is not set';

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

const started = async (endpoint: string, child: ChildProcess): Promise<void> => {
  for (let attempt = 0; attempt < startTries; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`dynoxide ended with ${child.exitCode}`);
    try {
      await fetch(endpoint, { signal: AbortSignal.timeout(1000) });
      return;
    } catch {
      await sleep(10);
    }
  }
  throw new Error('dynoxide does not answer');
};

/** @returns an endpoint and what stops it, by its own process id */
const openEndpoint = async (): Promise<{ endpoint: string; stop(): void }> => {
  const named = process.env.AWS_ENDPOINT_URL_DYNAMODB;
  if (named) return { endpoint: named, stop: () => undefined };
  const binary = binaryPath();
  if (binary === undefined) throw new Error(dynamodbMissing());
  const port = await freePort();
  const child = spawn(binary, ['serve', '--host', '127.0.0.1', '--port', String(port)], { stdio: 'ignore' });
  process.once('exit', () => child.kill());
  const endpoint = `http://127.0.0.1:${port}`;
  await started(endpoint, child);
  return { endpoint, stop: () => child.kill() };
};

/** A table of its own on the endpoint, deleted when closed. */
export const openDynamodbTable = async (): Promise<{ table: Table; clock: TestClock; close(): Promise<void> }> => {
  const { endpoint, stop } = await openEndpoint();
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const named = process.env.AWS_ACCESS_KEY_ID !== undefined;
  const client = new DynamoDBClient({ endpoint, ...(named ? {} : { region: 'eu-west-1', credentials }) });
  const TableName = `contract-${process.pid}-${Date.now()}`;
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName });
  const clock = testClock();
  const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  return {
    table: dynamodbTable({ documents, tableName: TableName, clock }),
    clock,
    close: async () => {
      await client.send(new DeleteTableCommand({ TableName }));
      client.destroy();
      stop();
    },
  };
};
