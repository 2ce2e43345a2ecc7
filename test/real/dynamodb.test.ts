import { DeleteItemCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { dynamoDbTable } from '../../src/sources/dynamodb/table.js';
import type { Row } from '../../src/sources/dynamodb/port.js';
import { livingTableSuite } from '../batch/living-table.suite.js';
import { testRowTable } from '../sources/dynamodb/port.contract.js';
import { createTokenTable } from '../fakes/token-table.js';

const endpoint = process.env.STATEBAG_TEST_DYNAMODB_ENDPOINT ?? '';
if (endpoint === '')
  throw new Error('STATEBAG_TEST_DYNAMODB_ENDPOINT names no server; use .ci/real-servers/run.sh dynamodb-local.');

const client = new DynamoDBClient({ endpoint, region: 'us-east-1' });
const wire = (row: Row) => row as unknown as Record<string, AttributeValue>;

testRowTable('DynamoDB Local', async () => {
  const TableName = await createTokenTable(client);
  return {
    table: dynamoDbTable(TableName, { endpoint }),
    missing: dynamoDbTable('Nowhere', { endpoint }),
    put: (row) => client.send(new PutItemCommand({ TableName, Item: wire(row) })),
    remove: (key) => client.send(new DeleteItemCommand({ TableName, Key: wire(key) })),
  };
});

livingTableSuite(10_000, 900_000, async () => ({ client, endpoint, table: await createTokenTable(client) }));
