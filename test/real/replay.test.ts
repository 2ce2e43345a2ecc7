import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { s3ObjectStore } from 'statebag-shim/s3';
import { statebag, useScratch } from '../cli/terminal.js';
import { parseEndpoints } from './endpoints.js';
import { FORMS, PLANTED } from './replay-cases.js';
import type { Place } from './replay-cases.js';

/** Of the servers only moto speaks Step Functions. */
const endpoint = parseEndpoints(process.env.STATEBAG_TEST_S3_ENDPOINT).find(({ name }) => name === 'moto')?.url;

type State = Readonly<Record<string, unknown>>;

const FUNCTION = 'arn:aws:lambda:us-east-1:123456789012:function:execute-segment';
const role = 'arn:aws:iam::123456789012:role/engine';

/** Of a task that runs the segment which an event asks for. The functions of moto answer with their event. */
const invoke = (payload: string): State => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: { FunctionName: FUNCTION, 'Payload.$': payload },
  ResultPath: '$.answer',
});

const last = (state: State): State => ({ ...state, End: true });
const machineWith = (name: string, state: State) => ({ StartAt: name, States: { [name]: last(state) } });

/** Every shape in which an engine calls its runner. The input names the shape. moto starts no execution from a task. */
function engine(): string {
  const shapes: Readonly<Record<string, State>> = {
    plain: last(invoke('$.bag')),
    function: { Type: 'Task', Resource: FUNCTION, InputPath: '$.bag', End: true },
    parallel: {
      Type: 'Parallel',
      Branches: ['Left', 'Right'].map((name) => machineWith(name, invoke('$.bag'))),
      End: true,
    },
    map: { Type: 'Map', ItemsPath: '$.items', ItemProcessor: machineWith('Item', invoke('$')), End: true },
    pause: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Parameters: {
        FunctionName: FUNCTION.replace('execute-segment', 'store-token'),
        Payload: { 'TaskToken.$': '$$.Task.Token', 'state_data.$': '$.bag' },
      },
      ResultPath: '$.callback',
      Next: 'merge',
    },
  };
  const merge = {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: {
      FunctionName: FUNCTION.replace('execute-segment', 'manage-state'),
      Payload: { action: 'merge_callback', 'state_data.$': '$.bag', 'callback_result.$': '$.callback' },
    },
    ResultPath: '$.merged',
    Next: 'resumed',
  };
  return JSON.stringify({
    StartAt: 'Choose',
    States: {
      Choose: {
        Type: 'Choice',
        Choices: Object.keys(shapes).map((name) => ({ Variable: '$.shape', StringEquals: name, Next: name })),
      },
      ...shapes,
      merge,
      resumed: last(invoke('$.bag')),
    },
  });
}

const SHAPES = ['plain', 'function', 'parallel', 'map', 'pause', 'child'];

/** Steps that run a segment in an execution of each shape, those of its child included. */
const STEPS: Readonly<Record<string, number>> = { plain: 1, function: 1, parallel: 2, map: 3, pause: 1, child: 1 };

interface Report {
  readonly answer: string;
  readonly totals: Readonly<Record<string, number>>;
  readonly documents: readonly { readonly id: string; readonly outcome: string; readonly code?: string }[];
}

describe.skipIf(endpoint === undefined)('a replay of executions on moto', () => {
  const at = { endpoint: endpoint ?? '', region: 'us-east-1' };
  const client = new SFNClient(at);
  const place: Place = { objects: s3ObjectStore(at), bucket: `statebag-${randomUUID()}` };
  const started = new Map<string, string>();
  const scratch = useScratch();
  const before = process.env.AWS_ENDPOINT_URL_SFN;
  let [machine, child] = ['', ''];

  const create = async (name: string, definition: string) => {
    const created = await client.send(
      new CreateStateMachineCommand({ name: `${name}-${randomUUID()}`, definition, roleArn: role }),
    );
    return created.stateMachineArn ?? '';
  };

  const startAt = async (stateMachineArn: string, name: string, input: object) => {
    const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
    started.set(name, (await client.send(command)).executionArn ?? '');
  };

  /** The runner of the old engine starts the execution of a branch that pauses, and answers for its step. */
  const start = async (name: string, shape: string, bag: object) => {
    if (shape !== 'child') return startAt(machine, name, { shape, bag, items: [bag, bag, bag] });
    const branch_config = { branch_id: 'b', nodes: [{ id: 'x', hitp: true }] };
    await startAt(machine, name, { shape: 'plain', bag: { ...(await FORMS.inline!(1, place)), branch_config } });
    return startAt(child, `${name}-child`, { bag });
  };

  const readHistory = async (executionArn: string) => {
    const { events = [] } = await client.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }));
    return events;
  };

  /** Gives the answer that a paused execution waits for. */
  const resume = async (executionArn: string) => {
    for (let tries = 0; tries < 100; tries++) {
      const scheduled = (await readHistory(executionArn)).find(({ type }) => type === 'TaskScheduled');
      const parameters = scheduled?.taskScheduledEventDetails?.parameters;
      if (parameters !== undefined) {
        const { Payload } = JSON.parse(parameters) as { readonly Payload: { readonly TaskToken: string } };
        await client.send(new SendTaskSuccessCommand({ taskToken: Payload.TaskToken, output: '{"ok":true}' }));
        return;
      }
      await wait(100);
    }
    throw new Error(`${executionArn} does not wait`);
  };

  const end = async (executionArn: string) => {
    for (let tries = 0; tries < 200; tries++) {
      const { status, cause } = await client.send(new DescribeExecutionCommand({ executionArn }));
      if (status === 'SUCCEEDED') return;
      if (status !== 'RUNNING') throw new Error(`${executionArn} is ${status ?? 'gone'}: ${cause ?? ''}`);
      await wait(100);
    }
    throw new Error(`${executionArn} does not end`);
  };

  const replay = async (...args: readonly string[]) => {
    const { code, out } = await statebag(scratch.dir, [
      ...['replay', ...args, '--store', `s3://${place.bucket}`],
      ...['--endpoint', at.endpoint, '--region', at.region, '--json'],
    ]);
    return { code, ...(JSON.parse(out) as Report) };
  };

  /** Findings by the names of their executions, each once. */
  const findings = ({ documents }: Report) =>
    Object.fromEntries(
      documents
        .filter(({ outcome }) => !['same', 'no-segment'].includes(outcome))
        .map(({ id, outcome, code = '' }) => [/([\w-]+)(?:\.json)?#\d+$/.exec(id)?.[1] ?? id, `${outcome} ${code}`]),
    );

  const planted = Object.values(PLANTED).map(({ said, make }, at) => {
    const shape = SHAPES[at % SHAPES.length]!;
    return { name: `planted-${at}-${shape}`, shape, said, make };
  });
  const expected = Object.fromEntries(
    planted.map(({ name, shape, said }) => [shape === 'child' ? `${name}-child` : name, said]),
  );

  beforeAll(async () => {
    process.env.AWS_ENDPOINT_URL_SFN = at.endpoint;
    await fetch(`${at.endpoint}/moto-api/config`, {
      method: 'POST',
      body: JSON.stringify({ stepfunctions: { execute_state_machine: true }, lambda: { use_docker: false } }),
    });
    const s3 = new S3Client({ ...at, forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: place.bucket }));
    s3.destroy();
    child = await create('child', JSON.stringify(machineWith('ChildSegment', invoke('$.bag'))));
    machine = await create('engine', engine());
    let workflow = 0;
    for (const shape of SHAPES)
      for (const form of Object.values(FORMS))
        await start(`good-${++workflow}-${shape}`, shape, await form(workflow, place));
    for (const { name, shape, make } of planted) await start(name, shape, await make(++workflow, place));
    for (const [name, arn] of started) if (name.endsWith('-pause')) await resume(arn);
    for (const arn of started.values()) await end(arn);
  }, 300_000);
  afterAll(() => {
    if (before === undefined) delete process.env.AWS_ENDPOINT_URL_SFN;
    else process.env.AWS_ENDPOINT_URL_SFN = before;
    client.destroy();
  });

  it('finds every planted difference in state machines, and nothing else', async () => {
    const report = await replay(`sfn://${machine}`, `sfn://${child}`);
    expect(findings(report)).toEqual(expected);
    expect([report.code, report.answer]).toEqual([1, 'no']);
    const count = (end: string) => [...started.keys()].filter((name) => name.endsWith(end)).length;
    expect(report.totals).toMatchObject({
      ...{ executions: started.size, running: 0, unreadChildren: 0 },
      same: SHAPES.reduce((sum, shape) => sum + STEPS[shape]! * Object.keys(FORMS).length, 0),
      noSegment: 2 * count('-pause') + count('-child-child'),
    });
    const { differs = 0, oldFails = 0, shimFails = 0, failed = 0 } = report.totals;
    const wrong = planted.reduce((sum, { shape }) => sum + STEPS[shape]!, 0);
    expect([differs + oldFails + shimFails + failed, started.size]).toEqual([wrong, 56]);
  }, 300_000);

  it('finds the same in exported histories', async () => {
    mkdirSync(join(scratch.dir, 'histories'));
    for (const [name, arn] of started)
      writeFileSync(join(scratch.dir, 'histories', `${name}.json`), JSON.stringify({ events: await readHistory(arn) }));
    const report = await replay('histories');
    expect(findings(report)).toEqual(expected);
    expect([report.totals.executions, report.totals.unreadChildren]).toEqual([started.size, 0]);
  }, 300_000);

  it('answers yes for a state machine without a difference', async () => {
    const [definition, workflow] = [JSON.stringify(machineWith('Only', invoke('$.bag'))), 300];
    const good = await create('good', definition);
    const input = JSON.stringify({ bag: await FORMS.pointers!(workflow, place) });
    const { executionArn = '' } = await client.send(new StartExecutionCommand({ stateMachineArn: good, input }));
    await end(executionArn);
    const { code, answer, totals } = await replay(`sfn://${good}`);
    expect([code, answer, totals.same]).toEqual([0, 'yes', 1]);
  });
});
