import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleepFor } from 'node:timers/promises';
import pMap from 'p-map';
import { afterEach, describe, expect, it } from 'vitest';
import { TableSource } from '../../../src/sources/dynamodb/rows.js';
import { parseTableUri } from '../../../src/sources/dynamodb/id.js';
import { dynamoDbTable } from '../../../src/sources/dynamodb/table.js';
import type { DynamoDbTableOptions } from '../../../src/sources/dynamodb/table.js';
import type { RowUpdate } from '../../../src/sources/dynamodb/port.js';
import { startDynamoDbServer } from '../../fakes/dynamodb-server.js';
import type { DynamoDbServer, TableFault, TableRequest } from '../../fakes/dynamodb-server.js';
import { memoryTable } from '../../fakes/memory-table.js';
import { TableState } from '../../fakes/table-state.js';
import { keyOf, pausedRow, tokenOf } from '../../batch/rows.js';

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
/** An update whose condition fails: it takes its units and changes nothing. */
const UNTOUCHED: RowUpdate = { ...NOTE, guards: new Map([['taskToken', { S: 'another' }]]), units: 400 };
const refused = (type: string, status = 400): TableFault => ({
  moment: 'before',
  status,
  type,
  message: 'as injected',
});

type Faults = readonly TableFault[] | ((request: TableRequest) => TableFault | undefined);

/** A table with one row, whose requests of one kind meet these faults. Pauses are noted and move the clock. */
async function tableWith(operation: string, faults: Faults, options: DynamoDbTableOptions = {}) {
  const state = new TableState('Tokens');
  state.put(row);
  const queue = typeof faults === 'function' ? [] : [...faults];
  const next = typeof faults === 'function' ? faults : () => queue.shift();
  server = await startDynamoDbServer({
    tables: [state],
    fault: (request) => (request.operation === operation ? next(request) : undefined),
  });
  const pauses: number[] = [];
  let time = 0;
  const sleep = (milliseconds: number, signal?: AbortSignal) => {
    signal?.throwIfAborted();
    pauses.push(milliseconds);
    time += milliseconds;
    return Promise.resolve();
  };
  const now = () => time;
  const table = dynamoDbTable('Tokens', {
    endpoint: server.endpoint,
    clock: { now, sleep },
    random: () => 1,
    ...options,
  });
  return { state, table, pauses, now };
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

const THROTTLED = refused('ThrottlingException');
const updates = () => server!.requests.filter(({ operation }) => operation === 'UpdateItem').length;

it('a request that is throttled for eight seconds is repeated until it passes, however many attempts that takes', async () => {
  const { state, table, now } = await tableWith('UpdateItem', () => (now() < 8_000 ? THROTTLED : undefined), {
    maxAttempts: 3,
  });
  await table.update(keyOf(row), NOTE);
  expect(state.get(keyOf(row))).toMatchObject({ note: { S: 'x' } });
  // Pauses double up to two seconds: 50 ms, 100, 200, 400, 800, 1,600, 2,000, 2,000, 2,000.
  expect([updates(), now()]).toEqual([10, 9_150]);
});

it('a request that is throttled for a minute fails with TABLE_THROTTLED, which is retryable', async () => {
  const { table, now } = await tableWith('UpdateItem', () => THROTTLED);
  await expect(table.update(keyOf(row), NOTE)).rejects.toMatchObject({ code: 'TABLE_THROTTLED', retryable: true });
  expect(now()).toBeGreaterThanOrEqual(60_000);
  expect(now()).toBeLessThan(63_000);
});

it('a request that the table cannot answer fails after as many attempts as are allowed', async () => {
  const { table } = await tableWith('UpdateItem', () => refused('InternalServerError', 500), { maxAttempts: 3 });
  await expect(table.update(keyOf(row), NOTE)).rejects.toMatchObject({ code: 'TABLE_UNAVAILABLE', retryable: true });
  expect(updates()).toBe(3);
});

it('repetitions of a throttled request halve the rate once', async () => {
  let isThrottling = false;
  const { table, now } = await tableWith('UpdateItem', () => (isThrottling && now() < 4_000 ? THROTTLED : undefined), {
    maxWriteUnits: 1_000,
  });
  const take = (rows: number) =>
    pMap(Array.from({ length: rows }), () => table.update(keyOf(row), UNTOUCHED).catch(() => undefined), {
      concurrency: 1,
    });
  // 1,000 units a second pass.
  await take(3);
  isThrottling = true;
  await table.update(keyOf(row), { ...NOTE, units: 400 });
  const repeated = now();
  await take(3);
  // 500 units a second, which grow. Had each of the repetitions been a sign, a row would pass each second.
  expect(now() - repeated).toBeLessThan(2_000);
});

describe('a signal that is aborted', () => {
  const stopAt = (moment: number, now: () => number, stop: AbortController) => () => {
    if (now() >= moment) stop.abort();
    return THROTTLED;
  };

  it('ends the repetitions of a throttled update at once with RUN_STOPPED, since nothing was written', async () => {
    const stop = new AbortController();
    const { table, now, state } = await tableWith('UpdateItem', () => stopAt(700, now, stop)());
    await expect(table.update(keyOf(row), NOTE, stop.signal)).rejects.toMatchObject({ code: 'RUN_STOPPED' });
    expect(now()).toBeLessThan(1_600);
    expect(state.get(keyOf(row))).toEqual(row);
  });

  it('leaves the error of an attempt that may have been carried out, so that the row is read', async () => {
    const stop = new AbortController();
    const faults = [{ moment: 'drop' } as const];
    const { table } = await tableWith('UpdateItem', () => {
      stop.abort();
      return faults.shift();
    });
    await expect(table.update(keyOf(row), NOTE, stop.signal)).rejects.toMatchObject({ code: 'TABLE_UNAVAILABLE' });
    expect(await table.get(keyOf(row), stop.signal)).toMatchObject({ note: { S: 'x' } });
  });

  it('does not end an update in flight that is answered', async () => {
    const stop = new AbortController();
    const { table, state } = await tableWith('UpdateItem', () => {
      stop.abort();
      return undefined;
    });
    await table.update(keyOf(row), NOTE, stop.signal);
    expect(state.get(keyOf(row))).toMatchObject({ note: { S: 'x' } });
  });

  it('ends an update in flight that is not answered in the time of grace, with TABLE_TIMEOUT', async () => {
    const hanging = createServer().listen(0, '127.0.0.1');
    await once(hanging, 'listening');
    const port = (hanging.address() as AddressInfo).port;
    const stop = new AbortController();
    hanging.on('request', () => {
      stop.abort();
    });
    const table = dynamoDbTable('Tokens', { endpoint: `http://127.0.0.1:${port}`, graceMs: 50 });
    const state = new TableState('Tokens');
    const known = Object.assign(table, { shape: () => memoryTable(state).shape() });
    await expect(known.update(keyOf(row), NOTE, stop.signal)).rejects.toMatchObject({
      code: 'TABLE_TIMEOUT',
      message: expect.stringContaining('the run was stopped, and no answer came in the time that was left') as string,
    });
    hanging.closeAllConnections();
    hanging.close();
  });

  it('ends a scan that waits while the table throttles, in every segment, without an unhandled rejection', async () => {
    const stop = new AbortController();
    const { table, state, now } = await tableWith('Scan', ({ index }) =>
      index < 4 ? undefined : stopAt(500, now, stop)(),
    );
    for (let at = 0; at < 60; at++) state.put({ ...pausedRow(`e${at}`), fill: { S: 'x'.repeat(100_000) } });
    const source = new TableSource('dynamodb://Tokens', table, parseTableUri('dynamodb://Tokens'));
    const unhandled: unknown[] = [];
    const listen = (error: unknown) => void unhandled.push(error);
    process.on('unhandledRejection', listen);
    try {
      const read = async () => {
        // Reads slowly: the next pages fail while no one waits for them.
        for await (const container of source.containers(stop.signal)) if (container.id !== '') await sleepFor(5);
      };
      await expect(read()).rejects.toThrow();
    } finally {
      process.off('unhandledRejection', listen);
    }
    expect(unhandled).toEqual([]);
  });
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
