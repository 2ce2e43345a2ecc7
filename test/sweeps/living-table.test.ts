import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll } from 'vitest';
import { livingTableSuite } from '../batch/living-table.suite.js';
import { startDynamoDbServer } from '../fakes/dynamodb-server.js';
import type { DynamoDbServer } from '../fakes/dynamodb-server.js';
import { TableState } from '../fakes/table-state.js';

process.env.AWS_ACCESS_KEY_ID ??= 'test';
process.env.AWS_SECRET_ACCESS_KEY ??= 'test';

let server: DynamoDbServer | undefined;
afterAll(() => server?.stop());

livingTableSuite(600, 120_000, async () => {
  server = await startDynamoDbServer({ tables: [new TableState('Tokens')] });
  const { endpoint } = server;
  return { endpoint, table: 'Tokens', client: new DynamoDBClient({ endpoint, region: 'us-east-1' }) };
});
