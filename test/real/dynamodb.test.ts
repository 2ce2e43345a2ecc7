import { BillingMode, CreateTableCommand, DeleteItemCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { randomUUID } from 'node:crypto';
import { dynamoDbTable } from '../../src/batch/sources/dynamodb-table.js';
import type { Row } from '../../src/batch/table.js';
import { livingTableSuite } from '../batch/living-table.suite.js';
import { testRowTable } from '../batch/table.contract.js';

const endpoint = process.env.STATEBAG_TEST_DYNAMODB_ENDPOINT ?? '';
if (endpoint === '') throw new Error('STATEBAG_TEST_DYNAMODB_ENDPOINT names no server; use .ci/real-servers/run.sh dynamodb-local.');

const client = new DynamoDBClient({ endpoint, region: 'us-east-1' });
const wire = (row: Row) => row as unknown as Record<string, AttributeValue>;

/** The keys and indexes of the table of paused executions. */
async function createTable(): Promise<string> {
  const TableName = `Tokens-${randomUUID()}`;
  const names = ['ownerId', 'conversation_id', 'execution_id'];
  const keys = (range: string) => [{ AttributeName: 'ownerId', KeyType: 'HASH' as const }, { AttributeName: range, KeyType: 'RANGE' as const }];
  const index = (IndexName: string, ProjectionType: 'ALL' | 'KEYS_ONLY') => ({ IndexName, KeySchema: keys('execution_id'), Projection: { ProjectionType } });
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: BillingMode.PAY_PER_REQUEST,
      AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
      KeySchema: keys('conversation_id'),
      GlobalSecondaryIndexes: [index('ExecutionIdIndex', 'ALL'), index('SparseIndex', 'KEYS_ONLY')],
    }),
  );
  return TableName;
}

testRowTable('DynamoDB Local', async () => {
  const TableName = await createTable();
  return {
    table: dynamoDbTable(TableName, { endpoint }),
    missing: dynamoDbTable('Nowhere', { endpoint }),
    put: async (row) => void (await client.send(new PutItemCommand({ TableName, Item: wire(row) }))),
    remove: async (key) => void (await client.send(new DeleteItemCommand({ TableName, Key: wire(key) }))),
  };
});

livingTableSuite(10_000, 900_000, async () => ({ client, endpoint, table: await createTable() }));
