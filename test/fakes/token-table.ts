import { BillingMode, CreateTableCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { randomUUID } from 'node:crypto';

/** Makes a table with the keys and indexes of the table of paused executions on a server; resolves to its name. */
export async function createTokenTable(client: DynamoDBClient): Promise<string> {
  const TableName = `Tokens-${randomUUID()}`;
  const names = ['ownerId', 'conversation_id', 'execution_id'];
  const keys = (range: string) => [
    { AttributeName: 'ownerId', KeyType: 'HASH' as const },
    { AttributeName: range, KeyType: 'RANGE' as const },
  ];
  const index = (IndexName: string, ProjectionType: 'ALL' | 'KEYS_ONLY') => ({
    IndexName,
    KeySchema: keys('execution_id'),
    Projection: { ProjectionType },
  });
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
