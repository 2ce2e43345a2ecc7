import { afterAll } from 'vitest';
import { dynamoDbTable } from '../../src/batch/sources/dynamodb-table.js';
import { startDynamoDbServer } from '../fakes/dynamodb-server.js';
import type { DynamoDbServer } from '../fakes/dynamodb-server.js';
import { memoryTable } from '../fakes/memory-table.js';
import { TableState } from '../fakes/table-state.js';
import { testRowTable } from './table.contract.js';
import type { TableUnderTest } from './table.contract.js';

process.env.AWS_ACCESS_KEY_ID ??= 'test';
process.env.AWS_SECRET_ACCESS_KEY ??= 'test';

const writers = (state: TableState): Pick<TableUnderTest, 'put' | 'remove'> => ({
  put: async (row) => void (await Promise.resolve(state.put(row))),
  remove: async (key) => void (await Promise.resolve(state.delete(key))),
});

const servers: DynamoDbServer[] = [];
afterAll(() => Promise.all(servers.map((server) => server.stop())));

testRowTable('in memory', () => {
  const state = new TableState('Tokens');
  return Promise.resolve({ table: memoryTable(state), ...writers(state) });
});

testRowTable('the driver over an in-process server', async () => {
  const state = new TableState('Tokens');
  const server = await startDynamoDbServer({ tables: [state] });
  servers.push(server);
  const { endpoint } = server;
  return { table: dynamoDbTable('Tokens', { endpoint }), missing: dynamoDbTable('Nowhere', { endpoint }), ...writers(state) };
});
