import { DeleteItemCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';
import { dynamoDbTable } from '../../../src/sources/dynamodb/table.js';
import type { Row } from '../../../src/sources/dynamodb/port.js';
import { startDynamoDbServer } from '../../fakes/dynamodb-server.js';
import { memoryTable } from '../../fakes/memory-table.js';
import { TableState } from '../../fakes/table-state.js';
import { createTokenTable } from '../../fakes/token-table.js';
import { testRowTable } from './port.contract.js';
import type { TableUnderTest } from './port.contract.js';

process.env.AWS_ACCESS_KEY_ID ??= 'test';
process.env.AWS_SECRET_ACCESS_KEY ??= 'test';

const writers = (state: TableState): Pick<TableUnderTest, 'put' | 'remove'> => ({
  put: (row) => Promise.resolve(state.put(row)),
  remove: (key) => Promise.resolve(state.delete(key)),
});

const stops: (() => Promise<unknown>)[] = [];
afterAll(() => Promise.all(stops.map((stop) => stop())));

testRowTable('in memory', () => {
  const state = new TableState('Tokens');
  return Promise.resolve({ table: memoryTable(state), ...writers(state) });
});

testRowTable('the driver over an in-process server', async () => {
  const state = new TableState('Tokens');
  const server = await startDynamoDbServer({ tables: [state] });
  stops.push(() => server.stop());
  const { endpoint } = server;
  return {
    table: dynamoDbTable('Tokens', { endpoint }),
    missing: dynamoDbTable('Nowhere', { endpoint }),
    ...writers(state),
  };
});

/** It compares no maps or lists in conditions, forgets members called `__proto__`, and nests without end. */
const DYNALITE_LACKS = [
  'gives a row as it was put, or none',
  'changes the members that are named and nothing else',
  'takes items of 400 KB and 32 levels, and no larger or deeper ones',
  'lets exactly one of many writers win',
  ...[
    'another token',
    'another value',
    'a value where there was none',
    'nothing where there was a value',
    'no map on the way',
  ].map((found) => `changes nothing when it finds ${found}`),
];

testRowTable(
  'the driver over dynalite',
  async () => {
    const server = dynalite({ createTableMs: 0 });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = new DynamoDBClient({ endpoint, region: 'us-east-1' });
    const TableName = await createTokenTable(client);
    stops.push(() => new Promise((resolve) => server.close(resolve)));
    const wire = (row: Row) => row as unknown as Record<string, AttributeValue>;
    return {
      table: dynamoDbTable(TableName, { endpoint }),
      missing: dynamoDbTable('Nowhere', { endpoint }),
      put: (row) => client.send(new PutItemCommand({ TableName, Item: wire(row) })),
      remove: (key) => client.send(new DeleteItemCommand({ TableName, Key: wire(key) })),
    };
  },
  DYNALITE_LACKS,
);
