import { CreateStateMachineCommand, SFNClient, StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkContract } from '../../src/run/contract-check.js';
import type { Remainder } from '../../src/run/contract-check.js';
import { ExecutionsSource } from '../../src/sources/executions.js';
import { sfnExecutions } from '../../src/sources/executions-sfn.js';
import { smallBag } from '../cli/fleet-dir.js';
import { parseEndpoints } from './endpoints.js';

/** Of the servers only moto speaks Step Functions. */
const endpoint = parseEndpoints(process.env.STATEBAG_TEST_S3_ENDPOINT).find(({ name }) => name === 'moto')?.url;

/** Passes its input on and waits: what a paused execution looks like. */
const DEFINITION = JSON.stringify({
  StartAt: 'Prepare',
  States: {
    Prepare: { Type: 'Pass', Next: 'WaitForCallback' },
    WaitForCallback: { Type: 'Wait', Seconds: 3600, End: true },
  },
});

describe.skipIf(endpoint === undefined)('executions on moto', () => {
  const client = new SFNClient({ endpoint: endpoint ?? '', region: 'us-east-1' });
  let machine = '';

  beforeAll(async () => {
    await fetch(`${endpoint ?? ''}/moto-api/config`, {
      method: 'POST',
      body: JSON.stringify({ stepfunctions: { execute_state_machine: true } }),
    });
    const created = await client.send(
      new CreateStateMachineCommand({
        name: `engine-${Date.now()}`,
        definition: DEFINITION,
        roleArn: 'arn:aws:iam::123456789012:role/engine',
      }),
    );
    machine = created.stateMachineArn ?? '';
  });
  afterAll(() => {
    client.destroy();
  });

  const start = async (name: string, bag: string) => {
    const { executionArn } = await client.send(
      new StartExecutionCommand({
        stateMachineArn: machine,
        name,
        input: JSON.stringify({ state_data: { bag: JSON.parse(bag) as unknown } }),
      }),
    );
    return executionArn ?? '';
  };

  const check = async () => {
    const found: Remainder[] = [];
    const source = new ExecutionsSource(
      machine,
      sfnExecutions({ region: 'us-east-1', endpoint: endpoint ?? '' }),
      Date.now,
    );
    const result = await checkContract({
      sources: [source],
      concurrency: 2,
      allowEmpty: false,
      acceptBridge: false,
      onRemainder: (each) => void found.push(each),
    });
    return { ...result, ids: found.map(({ id }) => id).sort(), found };
  };

  it('count while they hold a fat bag: those that wait, and those that were stopped and may be redriven', async () => {
    expect((await check()).canContract).toBe(true);
    const [waiting, stopped] = [await start('waiting', smallBag()), await start('stopped', smallBag())];
    await start('foreign', '{"a":1}');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await client.send(new StopExecutionCommand({ executionArn: stopped }));
    const { canContract, documents, ids, found } = await check();
    expect([canContract, documents]).toEqual([false, 3]);
    expect(ids).toEqual([`${stopped}#WaitForCallback`, `${waiting}#WaitForCallback`].sort());
    expect(found.every(({ until }) => Date.parse(until?.at ?? '') > Date.now())).toBe(true);
  });
});
