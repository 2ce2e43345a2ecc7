import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPacer, ExecutionsSource } from '../../../src/sources/executions.js';
import { sfnExecutions } from '../../../src/sources/executions-sfn.js';
import type { SourceDocument } from '../../../src/sources/source.js';
import { startSfnServer } from '../../fakes/sfn-server.js';
import type { FakeExecution, SfnServer } from '../../fakes/sfn-server.js';
import { codeOf } from '../../store/outcomes.js';

const MACHINE = 'arn:aws:states:eu-central-1:123456789012:stateMachine:engine';
const NOW = Date.parse('2026-02-01T00:00:00Z') / 1000;
const DAY = 86_400;

let server: SfnServer;
const unhurried = { now: () => 0, sleep: () => Promise.resolve() };

beforeEach(async () => {
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  server = await startSfnServer();
});
afterEach(() => server.stop());

const entered = (name: string, input: unknown, type = 'TaskStateEntered') => ({
  type,
  timestamp: NOW - 60,
  stateEnteredEventDetails: { name, input: JSON.stringify(input) },
});
const exited = (name: string, type = 'TaskStateExited') => ({
  type,
  timestamp: NOW - 60,
  stateExitedEventDetails: { name },
});
const started = (input: unknown) => ({
  type: 'ExecutionStarted',
  timestamp: NOW - 100,
  executionStartedEventDetails: { input: JSON.stringify(input) },
});

function execution(name: string, events: FakeExecution['events'], more: Partial<FakeExecution> = {}): FakeExecution {
  return {
    executionArn: `arn:aws:states:eu-central-1:123456789012:execution:engine:${name}`,
    parentArn: MACHINE,
    status: 'RUNNING',
    startDate: NOW - DAY,
    events,
    ...more,
  };
}

async function documents(arn = MACHINE): Promise<readonly SourceDocument[]> {
  const port = sfnExecutions({ region: 'eu-central-1', endpoint: server.endpoint, clock: unhurried });
  const found: SourceDocument[] = [];
  for await (const container of new ExecutionsSource(arn, port, () => NOW * 1000).containers()) {
    for await (const document of container.documents()) found.push(document);
  }
  return found;
}

const seen = async (arn?: string) =>
  (await documents(arn)).map(({ id, bytes }) => [
    id.split(':').at(-1),
    JSON.parse(Buffer.from(bytes).toString()) as unknown,
  ]);

describe('the executions of a state machine', () => {
  it('are told by the input of the newest state entered, over several pages of a history', async () => {
    const loop = [1, 2, 3].flatMap((n) => [entered('Run', { n }), exited('Run')]);
    server.executions.push(
      execution('a', [
        started({}),
        ...loop,
        entered('Wait', { n: 4 }),
        {
          type: 'TaskScheduled',
          timestamp: NOW - 50,
          taskScheduledEventDetails: { resource: 'r', resourceType: 't', region: 'x', parameters: '{}' },
        },
        { type: 'TaskSubmitted', timestamp: NOW - 50 },
        { type: 'TaskStarted', timestamp: NOW },
      ]),
    );
    expect(await seen()).toEqual([['a#Wait', { n: 4 }]]);
    expect(server.calls.filter((call) => call === 'GetExecutionHistory')).toHaveLength(2);
  });

  it('are told by all states of branches that were not left', async () => {
    await server.stop();
    server = await startSfnServer(1000);
    const branches = [
      entered('Fan', { all: 1 }, 'ParallelStateEntered'),
      { type: 'ParallelStateStarted', timestamp: NOW },
      entered('One', { b: 1 }),
      entered('Two', { b: 2 }),
      exited('One'),
    ];
    server.executions.push(execution('a', [started({}), entered('Run', { n: 0 }), exited('Run'), ...branches]));
    expect(await seen()).toEqual([
      ['a#Two', { b: 2 }],
      ['a#Fan', { all: 1 }],
    ]);
  });

  it('are told by their own input when they have entered no state', async () => {
    server.executions.push(execution('new', [started({ first: true })]));
    expect(await seen()).toEqual([['new#ExecutionStarted', { first: true }]]);
  });

  it('count while they run, wait for a redrive, or may be redriven; later lists are read to their end', async () => {
    const one = [started({}), entered('Run', {})];
    const stopped = (days: number, more: Partial<FakeExecution> = {}) => ({
      status: 'FAILED',
      stopDate: NOW - days * DAY,
      ...more,
    });
    server.executions.push(
      ...['r1', 'r2', 'r3', 'r4'].map((name) => execution(name, one)),
      execution('pending', one, { status: 'PENDING_REDRIVE' }),
      execution('failed', one, stopped(13)),
      execution('timed-out', one, stopped(1, { status: 'TIMED_OUT', redriveStatus: 'REDRIVABLE' })),
      execution('too-old', one, stopped(15)),
      execution('not-redrivable', one, stopped(1, { status: 'ABORTED', redriveStatus: 'NOT_REDRIVABLE' })),
      execution('done', one, { status: 'SUCCEEDED', stopDate: NOW }),
    );
    expect((await seen()).map(([id]) => id)).toEqual([
      'r1#Run',
      'r2#Run',
      'r3#Run',
      'r4#Run',
      'pending#Run',
      'failed#Run',
      'timed-out#Run',
    ]);
  });

  it('say until when they can be met', async () => {
    const waiting = {
      type: 'TaskScheduled',
      timestamp: NOW - 50,
      taskScheduledEventDetails: {
        resource: 'r',
        resourceType: 't',
        region: 'x',
        parameters: '{}',
        heartbeatInSeconds: 3600,
        timeoutInSeconds: 99_999,
      },
    };
    server.executions.push(
      execution('running', [started({}), entered('Run', {})]),
      execution('waiting', [started({}), entered('Wait', {}), waiting]),
      execution('failed', [started({}), entered('Run', {})], { status: 'FAILED', stopDate: NOW - DAY }),
    );
    const deadlines = (await documents()).map(({ deadline }) => deadline?.at);
    expect(deadlines).toEqual(['2027-01-31T00:00:00.000Z', '2026-02-01T00:59:10.000Z', '2026-02-14T00:00:00.000Z']);
  });

  it('may be those of a run of a distributed map', async () => {
    const run = 'arn:aws:states:eu-central-1:123456789012:mapRun:engine/Each:1';
    server.executions.push(execution('child', [started({ item: 1 })], { parentArn: run }));
    expect(await seen(run)).toEqual([['child#ExecutionStarted', { item: 1 }]]);
  });

  it('are not judged by half an input', async () => {
    const cut = {
      type: 'TaskStateEntered',
      timestamp: NOW,
      stateEnteredEventDetails: { name: 'Run', input: '{', inputDetails: { truncated: true } },
    };
    server.executions.push(execution('a', [started({}), cut]));
    expect(await codeOf(documents())).toBe('STATE_TRUNCATED');
  });

  it('are asked for again after throttling', async () => {
    server.executions.push(execution('a', [started({})]));
    server.failures.push(
      { action: 'ListExecutions', error: 'ThrottlingException' },
      { action: 'GetExecutionHistory', error: 'ThrottlingException' },
    );
    expect(await seen()).toHaveLength(1);
  });

  it.each([
    ['StateMachineTypeNotSupported', 'SOURCE_NOT_FOUND', 'standard state machines'],
    ['AccessDeniedException', 'STORE_DENIED', 'states:ListExecutions'],
    ['SomethingElse', 'STORE_UNAVAILABLE', 'states:ListExecutions'],
  ])('turn %s into %s', async (error, code, words) => {
    server.failures.push({ action: 'ListExecutions', error });
    await expect(documents()).rejects.toMatchObject({ code, message: expect.stringContaining(words) as string });
  });

  it('cannot be written to', async () => {
    server.executions.push(execution('a', [started({})]));
    const port = sfnExecutions({ region: 'eu-central-1', endpoint: server.endpoint, clock: unhurried });
    const source = new ExecutionsSource(MACHINE, port, () => NOW * 1000);
    for await (const container of source.containers())
      expect(await codeOf(container.replace())).toBe('SOURCE_READ_ONLY');
    expect(() => source.container()).toThrow(expect.objectContaining({ code: 'SOURCE_READ_ONLY' }) as Error);
  });
});

describe('a pacer', () => {
  it('lets a burst through and then so many calls a second', async () => {
    let time = 0;
    const sleep = (milliseconds: number): Promise<void> => {
      time += milliseconds;
      return Promise.resolve();
    };
    const pace = createPacer(10, { now: () => time, sleep });
    const at: number[] = [];
    for (let call = 0; call < 13; call++) {
      await pace();
      at.push(Math.round(time));
    }
    expect(at).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 200, 300]);
  });
});
