import { afterEach, expect, it } from 'vitest';
import { dynamoDbTable } from '../../../src/batch/sources/dynamodb-table.js';
import type { DynamoDbTableOptions } from '../../../src/batch/sources/dynamodb-table.js';
import type { RowUpdate } from '../../../src/batch/table.js';
import { startDynamoDbServer } from '../../fakes/dynamodb-server.js';
import type { DynamoDbServer, TableFault } from '../../fakes/dynamodb-server.js';
import { TableState } from '../../fakes/table-state.js';
import { keyOf, pausedRow, tokenOf } from '../rows.js';

process.env.AWS_ACCESS_KEY_ID ??= 'test';
process.env.AWS_SECRET_ACCESS_KEY ??= 'test';

let server: DynamoDbServer | undefined;
afterEach(() => server?.stop());

const row = pausedRow('a');
const NOTE: RowUpdate = {
  edits: [{ path: ['note'], before: undefined, after: { S: 'x' } }],
  guards: new Map([['taskToken', { S: tokenOf(row) }]]),
  units: 1,
};
const refused = (type: string, status = 400): TableFault => ({
  moment: 'before',
  status,
  type,
  message: 'as injected',
});

/** A table with one row, whose first requests of one kind meet these faults. Nobody waits: pauses are noted. */
async function tableWith(operation: string, faults: readonly TableFault[], options: DynamoDbTableOptions = {}) {
  const state = new TableState('Tokens');
  state.put(row);
  const queue = [...faults];
  server = await startDynamoDbServer({
    tables: [state],
    fault: (request) => (request.operation === operation ? queue.shift() : undefined),
  });
  const pauses: number[] = [];
  let now = 0;
  const sleep = (milliseconds: number) => {
    pauses.push(milliseconds);
    now += milliseconds;
    return Promise.resolve();
  };
  const table = dynamoDbTable('Tokens', {
    endpoint: server.endpoint,
    clock: { now: () => now, sleep },
    random: () => 1,
    ...options,
  });
  return { state, table, pauses };
}

it.each(['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded'])(
  'waits longer and longer when it is throttled: %s',
  async (type) => {
    const { state, table, pauses } = await tableWith('UpdateItem', [refused(type), refused(type), refused(type)]);
    await table.update(keyOf(row), NOTE);
    expect(state.get(keyOf(row))).toMatchObject({ note: { S: 'x' } });
    expect(pauses.slice(0, 2)).toEqual([50, 100]);
    expect(table.consumed.write).toBe(1);
  },
);

it('gives up after so many attempts, and says that it may pass', async () => {
  const { table } = await tableWith('UpdateItem', Array(9).fill(refused('ThrottlingException')) as TableFault[], {
    maxAttempts: 3,
  });
  await expect(table.update(keyOf(row), NOTE)).rejects.toMatchObject({ code: 'TABLE_THROTTLED', retryable: true });
  expect(server!.requests.filter(({ operation }) => operation === 'UpdateItem')).toHaveLength(3);
});

it.each([
  ['the connection is cut', { moment: 'drop' } as const],
  ['the server fails behind it', { moment: 'after', status: 500, type: 'InternalServerError' } as const],
])('finds its own work when %s and it tries again: the condition says so', async (_, fault) => {
  const { state, table } = await tableWith('UpdateItem', [fault]);
  await expect(table.update(keyOf(row), NOTE)).rejects.toMatchObject({ code: 'ROW_CONDITION' });
  expect(state.get(keyOf(row))).toMatchObject({ note: { S: 'x' } });
});

it.each([
  ['AccessDeniedException', 400, 'TABLE_DENIED', /dynamodb:GetItem is not allowed/],
  ['UnrecognizedClientException', 400, 'TABLE_DENIED', /dynamodb:GetItem/],
  ['ExpiredTokenException', 400, 'TABLE_DENIED', /credentials have expired/],
  ['Whatever', 403, 'TABLE_DENIED', /dynamodb:GetItem/],
  ['ValidationException', 400, 'TABLE_REJECTED', /as injected/],
  ['InternalServerError', 500, 'TABLE_UNAVAILABLE', /as injected/],
  ['Whatever', 503, 'TABLE_UNAVAILABLE', /as injected/],
])('%s with %i is %s', async (type, status, code, message) => {
  const { table } = await tableWith('GetItem', Array(9).fill(refused(type, status)) as TableFault[], {
    maxAttempts: 2,
  });
  await expect(table.get(keyOf(row))).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message) as string,
  });
});

it('says so when nobody answers', async () => {
  const table = dynamoDbTable('Tokens', {
    endpoint: 'http://127.0.0.1:1',
    maxAttempts: 2,
    clock: { now: () => 0, sleep: () => Promise.resolve() },
  });
  await expect(table.get(keyOf(row))).rejects.toMatchObject({ code: 'TABLE_UNAVAILABLE', retryable: true });
});

it('goes on in the middle of a scan that was throttled, and gives no row twice', async () => {
  const { state, table } = await tableWith('Scan', [refused('ThrottlingException')]);
  for (let at = 0; at < 30; at++) state.put({ ...pausedRow(`e${at}`), fill: { S: 'x'.repeat(100_000) } });
  const ids: string[] = [];
  for await (const page of table.scan({ segment: 0, of: 1 }))
    ids.push(...page.map(({ conversation_id: id }) => (id as { readonly S: string }).S));
  expect(new Set(ids).size).toBe(31);
  expect(ids).toHaveLength(31);
});
