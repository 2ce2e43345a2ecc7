import { readFileSync } from 'node:fs';
import validate from 'asl-validator';
import { StateMachine } from 'aws-local-stepfunctions';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RETRYABLE_ERROR } from 'statebag-shim';
import type { MapAnswer, MapEvent } from 'statebag-shim/lambda/map-item';
import { smallBag } from '../cli/fleet-dir.js';
import { installWithResolvers } from '../e2e/state-machine/promise-with-resolvers.js';
import { AMPLE, sandbox, serveCensus } from '../lambda/census.js';
import type { CensusServer } from '../lambda/census.js';

interface Retry {
  readonly ErrorEquals: readonly string[];
  readonly MaxAttempts: number;
}

interface Processor {
  readonly StartAt: string;
  readonly States: Readonly<
    Record<
      string,
      { readonly Retry: readonly Retry[]; readonly Parameters: { readonly Payload: { readonly lastAttempt: number } } }
    >
  >;
}

interface State {
  readonly Type: string;
  readonly ItemProcessor?: Processor;
  readonly ItemBatcher?: { readonly BatchInput: object };
}

const TEXT = readFileSync(new URL('../../deploy/fleet/migrate.asl.json', import.meta.url), 'utf8')
  .replaceAll('${MapFunctionArn}', 'arn:aws:lambda:eu-central-1:123456789012:function:map')
  .replaceAll('${FleetBucket}', 'fleet');

const definition = () => JSON.parse(TEXT) as { readonly States: Readonly<Record<string, State>> };
const taskOf = ({ StartAt: name, States: states }: Processor) => states[name]!;
const maps = Object.entries(definition().States).filter(([, { Type: type }]) => type === 'Map');

let served: CensusServer;

installWithResolvers();

beforeEach(async () => {
  const census = new Map(
    ['a', 'b', 'c'].map((name) => [`bags/${name}.json`, Buffer.from(smallBag({ workflowId: name }))]),
  );
  served = await serveCensus({ census: census.set('bags/bad.json', Buffer.from('{')), others: new Map() });
});

afterEach(() => served.stop());

it('is a state machine that the validator of the Amazon States Language accepts', () => {
  const verdict = validate(definition(), { checkPaths: true, checkArn: true });
  expect(verdict.errorsText()).toBe('');
  expect(verdict.isValid).toBe(true);
});

it.each(maps)(
  '%s retries what the function throws, as often as the function counts',
  (_name, { ItemProcessor: processor }) => {
    const { Retry: retries, Parameters: parameters } = taskOf(processor!);
    expect(retries[0]).toMatchObject({
      ErrorEquals: expect.arrayContaining([RETRYABLE_ERROR]) as string[],
      MaxAttempts: parameters.Payload.lastAttempt,
    });
  },
);

describe('a child execution', () => {
  /** What a Map starts for a batch, in an interpreter, its function being the real one. */
  async function run(batch: readonly object[], beforehand: () => void = () => undefined): Promise<MapAnswer> {
    const { ItemProcessor: processor, ItemBatcher: batcher } = maps[0]![1] as Required<State>;
    for (const retry of taskOf(processor).Retry)
      Object.assign(retry, { IntervalSeconds: 1, MaxDelaySeconds: 1, JitterStrategy: 'FULL' });
    const { mapItem: handler } = sandbox(served);
    const invoke = async (input: unknown) => {
      beforehand();
      return { Payload: await handler((input as { readonly Payload: MapEvent }).Payload, AMPLE) } as never;
    };
    const machine = new StateMachine({
      StartAt: processor.StartAt,
      States: processor.States,
    } as unknown as ConstructorParameters<typeof StateMachine>[0]);
    // The interpreter counts no retries; so the function takes each for a first one.
    const context = { State: { RetryCount: 0 } };
    const input = { Items: batch, BatchInput: { ...batcher.BatchInput, run: 'night' } };
    const execution = machine.run(input as never, {
      overrides: { taskResourceLocalHandlers: { [processor.StartAt]: invoke } },
      context: context,
    });
    return (await execution.result) as unknown as MapAnswer;
  }

  it('migrates its batch and tells of every item', async () => {
    const { counts, answers } = await run(
      ['a', 'b', 'c', 'bad'].map((name) => ({ id: `s3://paused/bags/${name}.json` })),
    );
    expect(counts).toEqual({ migrated: 3, quarantined: 1 });
    expect(answers).toHaveLength(4);
  });

  it('tries again what a store that is down has failed, and ends well', async () => {
    let invocations = 0;
    const mend = served.server.inject({ operation: 'PutObject', kind: 'slow-down', times: Infinity });
    const { counts } = await run([{ id: 's3://paused/bags/a.json' }], () => {
      invocations += 1;
      if (invocations === 2) mend();
    });
    expect([counts, invocations]).toEqual([{ migrated: 1 }, 2]);
  });
});
