import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { callActivity, callPlainly, callSdk, invoke, makeHistory, startChild, within } from '../replay/histories.js';
import type { Entry } from '../replay/histories.js';
import { bag, CONFIG, listGaps, listSteps, MAP, segment, useReplay } from './replaying.js';
import { statebag } from './terminal.js';

const { scratch, put, replay, replayEntries } = useReplay();

const good = invoke('Good', bag());
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');

/** An invocation with other parameters than `invoke` gives it. */
function call(state: string, parameters: object): Entry[] {
  return callSdk(state, 'invoke', parameters).map((entry) =>
    entry.type === 'TaskScheduled'
      ? {
          ...entry,
          taskScheduledEventDetails: { ...(entry.taskScheduledEventDetails as object), resourceType: 'lambda' },
        }
      : entry,
  );
}

describe('replay counts a step as not compared', () => {
  it.each<readonly [what: string, entries: readonly Entry[], code: string]>([
    ['the payload is Base64', call('Odd', { FunctionName: 'f', Payload: base64(bag()) }), 'STEP_UNKNOWN'],
    ['the payload is text that is not JSON', call('Odd', { FunctionName: 'f', Payload: '{"own' }), 'STEP_UNKNOWN'],
    [
      'the payload of an asynchronous invocation is Base64',
      callSdk('Odd', 'invokeAsync', { FunctionName: 'f', InvokeArgs: base64(bag()) }),
      'STEP_UNKNOWN',
    ],
    ['the payload is a path', call('Odd', { FunctionName: 'f', 'Payload.$': '$.bag' }), 'STEP_UNKNOWN'],
    ['the event has a bag in Base64', invoke('Odd', { body: base64(bag()), isBase64Encoded: true }), 'BAG_HIDDEN'],
    [
      'the event has a compressed bag in Base64',
      invoke('Odd', { body: gzipSync(JSON.stringify(bag())).toString('base64') }),
      'BAG_HIDDEN',
    ],
    [
      'the event has compressed text that is cut off',
      invoke('Odd', {
        body: gzipSync(JSON.stringify({ a: 'x'.repeat(99) }))
          .subarray(0, 22)
          .toString('base64'),
      }),
      'BAG_HIDDEN',
    ],
    [
      'the event is a pointer',
      invoke('Odd', { __s3_offloaded: true, __s3_path: 's3://local/state.json' }),
      'BAG_HIDDEN',
    ],
    [
      'the state of the event is behind a pointer',
      invoke('Odd', {
        Payload: { state_data: { __s3_pointer__: true, bucket: 'local', key: 'state.json' } },
        segment_to_run: 0,
      }),
      'BAG_HIDDEN',
    ],
    ['the state of the event is a path', invoke('Odd', { state_data: 's3://local/state.json' }), 'BAG_HIDDEN'],
    [
      'the event has the path of a whole state',
      invoke('Odd', { initial_state_s3_path: 's3://local/state.json', segment_to_run: 0 }),
      'BAG_HIDDEN',
    ],
    ['the whole event is Base64', callPlainly('Odd', base64(bag())), 'BAG_HIDDEN'],
    [
      'the input is truncated and left out',
      callPlainly('Odd', bag(), { input: undefined, inputDetails: { truncated: true } }),
      'STATE_TRUNCATED',
    ],
    [
      'the input is said not to be in the history',
      callPlainly('Odd', bag(), { input: '{}', inputDetails: { includedInHistory: false } }),
      'STATE_TRUNCATED',
    ],
    [
      'the input is said not to be included',
      callPlainly('Odd', bag(), { input: '{}', inputDetails: { included: false } }),
      'STATE_TRUNCATED',
    ],
    [
      'the parameters are truncated',
      [
        {
          type: 'TaskScheduled',
          taskScheduledEventDetails: {
            ...{ resourceType: 'lambda', resource: 'invoke', parameters: '{"Func' },
            inputDetails: { truncated: true },
          },
        },
      ],
      'STATE_TRUNCATED',
    ],
  ])('when %s', async (_, entries, code) => {
    const report = await replayEntries([...good, ...entries]);
    expect([report.code, report.answer, report.totals.failed]).toEqual([1, 'not proven', 1]);
    expect(report.documents[1]).toMatchObject({ outcome: 'failed', code });
  });

  it.each<readonly [what: string, parameters: object]>([
    ['of which the name is a path', { 'FunctionName.$': '$.runner', Payload: bag() }],
    ['without a name', { Payload: bag() }],
  ])('when --function is given and the call is one %s', async (_, parameters) => {
    const report = await replayEntries([...good, ...call('Odd', parameters)], '--function', 'execute-segment');
    expect([report.code, report.answer, listSteps(report)[1]]).toEqual([1, 'not proven', 'Odd: failed STEP_UNKNOWN']);
  });
});

describe('replay compares', () => {
  it('a step whose payload is JSON text, and one whose payload has no program in its encoded text', async () => {
    const report = await replayEntries([
      ...call('Text', { FunctionName: 'f', Payload: JSON.stringify(bag()) }),
      ...invoke('Picture', { body: base64({ picture: 'x'.repeat(99) }) }),
      ...invoke('Nothing', undefined),
      ...invoke('File', { bucket: 'local', key: 'file.csv', state_s3_path: '' }),
    ]);
    expect([report.code, listSteps(report)]).toEqual([
      0,
      ['Text: same', 'Picture: no-bag', 'Nothing: no-bag', 'File: no-bag'],
    ]);
  });

  it('the steps of a redriven execution, those that were repeated too', async () => {
    const report = await replayEntries([
      ...callPlainly('First', bag()),
      ...callPlainly('Again', bag({ segment_to_run: 1 })).slice(0, 3),
      { type: 'ExecutionFailed' },
      { type: 'ExecutionRedriven', executionRedrivenEventDetails: { redriveCount: 1 } },
      ...callPlainly('Again', bag({ segment_to_run: 1 })).slice(1),
    ]);
    expect([report.code, listSteps(report).length, report.totals]).toMatchObject([
      0,
      3,
      { executions: 1, running: 0, same: 3, unknownEvents: 0 },
    ]);
  });

  it('a step that differs only after a redrive', async () => {
    const report = await replayEntries([
      ...good,
      { type: 'ExecutionFailed' },
      { type: 'ExecutionRedriven' },
      ...invoke('Planted', bag({ segment_to_run: 7 })),
    ]);
    expect([report.answer, listSteps(report)[1]]).toEqual(['no', 'Planted: old-fails OLD_RUNS_WHOLE_CONFIG']);
  });

  it('and does not answer yes for an execution whose redrive has no end', async () => {
    put('histories/one.json', makeHistory([...good, { type: 'ExecutionFailed' }, { type: 'ExecutionRedriven' }], ''));
    const report = await replay(['histories']);
    expect([report.answer, listGaps(report)]).toEqual(['not proven', ['history-open HISTORY_OPEN']]);
  });
});

describe('replay --function takes', () => {
  const arn = 'arn:aws:lambda:eu-central-1:123456789012:function:runner';

  it.each<readonly [asked: string, called: string]>([
    ['runner', arn],
    ['runner', `${arn}:7`],
    ['runner', 'runner:prod'],
    ['function:runner', arn],
    ['runner:prod', `${arn}:prod`],
    ['runner:prod', '123456789012:function:runner:prod'],
    ['runner:$LATEST', 'runner'],
    ['123456789012:function:runner', arn],
    ['123456789012:runner', arn],
    ['eu-central-1:123456789012:function:runner', arn],
    ['123456789012:function:runner:prod', 'runner:prod'],
    [arn, 'runner'],
    [`${arn}:7`, `${arn}:7`],
    ['arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:runner', 'us-gov-west-1:123456789012:function:runner'],
  ])('%s for calls of %s', async (asked, functionName) => {
    const report = await replayEntries(
      [...invoke('Run', { ...bag(), action: 'run' }, { functionName }), ...invoke('Other', bag({ segment_to_run: 7 }))],
      '--function',
      asked,
    );
    expect([report.code, listSteps(report), report.uncalled]).toEqual([0, ['Run: same', 'Other: no-segment'], []]);
  });

  it.each<readonly [asked: string, called: string]>([
    ['runner:prod', 'runner:dev'],
    ['runner:prod', arn],
    ['runner:7', `${arn}:70`],
    ['210987654321:function:runner', arn],
    [arn.replace('central', 'west'), arn],
    ['run', 'runner'],
    ['function', arn],
  ])('%s, and not calls of %s', async (asked, functionName) => {
    const report = await replayEntries(
      [...invoke('Run', bag(), { functionName }), ...good],
      ...['--function', asked, '--function', 'execute-segment'],
    );
    expect([report.code, report.answer, report.uncalled]).toEqual([1, 'not proven', [asked]]);
    expect(listSteps(report)).toEqual(['Run: no-segment', 'Good: same']);
  });

  it('the alias of a request that has it in Qualifier', async () => {
    const entries = call('Run', { FunctionName: arn, Qualifier: 'prod', Payload: bag() });
    expect((await replayEntries(entries, '--function', 'runner:prod')).code).toBe(0);
    expect((await replayEntries(entries, '--function', 'runner:dev')).code).toBe(1);
  });

  it('the name or the ARN of an activity', async () => {
    const entries = callActivity('Run', bag());
    expect((await replayEntries(entries, '--function', 'runner')).code).toBe(0);
    const activity = 'arn:aws:states:eu-central-1:123456789012:activity:runner';
    expect((await replayEntries(entries, '--function', activity)).code).toBe(0);
  });

  it('no name of which there is no step, and says which functions there are', async () => {
    put('histories/one.json', makeHistory([...good, ...invoke('Log', {}, { functionName: `${arn}:prod` })]));
    const report = await replay(['histories', '--function', 'runer']);
    expect([report.code, report.answer, report.uncalled, report.called]).toEqual([
      1,
      'not proven',
      ['runer'],
      ['execute-segment:$LATEST', 'runner:prod'],
    ]);
    const { code, out } = await statebag(scratch.dir, ['replay', 'histories', '--function', 'runer']);
    expect(code).toBe(1);
    expect(out).toContain('no history calls the function runer; they call execute-segment:$LATEST, runner:prod');
  });
});

describe('replay and types of events', () => {
  const others = [
    'ActivityFailed ActivityScheduleFailed ActivityStarted ActivitySucceeded ActivityTimedOut ChoiceStateEntered',
    'ChoiceStateExited EvaluationFailed ExecutionAborted ExecutionFailed ExecutionRedriven ExecutionSucceeded',
    'ExecutionTimedOut FailStateEntered LambdaFunctionFailed LambdaFunctionScheduleFailed LambdaFunctionStarted',
    'LambdaFunctionStartFailed LambdaFunctionSucceeded LambdaFunctionTimedOut MapIterationAborted MapIterationFailed',
    'MapIterationStarted MapIterationSucceeded MapRunAborted MapRunFailed MapRunSucceeded MapStateAborted',
    'MapStateEntered MapStateExited MapStateFailed MapStateStarted MapStateSucceeded ParallelStateAborted',
    'ParallelStateEntered ParallelStateExited ParallelStateFailed ParallelStateStarted ParallelStateSucceeded',
    'PassStateEntered PassStateExited SucceedStateEntered SucceedStateExited TaskFailed TaskStartFailed TaskStarted',
    'TaskStateAborted TaskStateEntered TaskStateExited TaskSubmitFailed TaskSubmitted TaskSucceeded TaskTimedOut',
    'WaitStateAborted WaitStateEntered WaitStateExited',
  ].flatMap((names) => names.split(' '));

  it('knows every type of the API of Step Functions', async () => {
    const report = await replayEntries([...good, ...others.map((type) => ({ type }))]);
    expect([others.length, report.code, report.totals.unknownEvents, listGaps(report)]).toEqual([56, 0, 0, []]);
  });

  it('is not proven for a type that it does not know, and names the first event of it', async () => {
    const report = await replayEntries([
      ...good,
      { type: 'FooScheduled', fooScheduledEventDetails: { input: JSON.stringify(bag({ segment_to_run: 7 })) } },
      { type: 'FooScheduled' },
      { type: 'BarStarted' },
    ]);
    expect([report.code, report.answer, report.totals.unknownEvents, report.totals.same]).toEqual([
      1,
      'not proven',
      3,
      1,
    ]);
    expect(report.documents.filter(({ code }) => code === 'EVENT_UNKNOWN')).toMatchObject([
      {
        id: expect.stringMatching(/one\.json#7$/) as string,
        outcome: 'not-understood',
        reason: expect.stringMatching(/^2 events of the type FooScheduled, .*newer release of statebag$/) as string,
      },
      { id: expect.stringMatching(/one\.json#9$/) as string },
    ]);
    const { out } = await statebag(scratch.dir, ['replay', 'histories', '--store', 'store']);
    expect(out).toMatch(/not understood +3 +events of types that this release does not know/);
  });
});

describe('replay counts a child as not read', () => {
  const child = 'arn:aws:states:eu-central-1:123456789012:execution:child:run-1';
  const mapRunArn = 'arn:aws:states:eu-central-1:123456789012:mapRun:engine/Items:1';
  const mapRun = (type: string) => ({ type, [`m${type.slice(1)}EventDetails`]: { mapRunArn } });
  const gapsWith = async (entries: readonly Entry[], ...args: readonly string[]) => {
    const report = await replayEntries([...good, ...entries], ...args);
    return [report.code, report.answer, report.totals.unreadChildren, listGaps(report)];
  };
  const unread = [1, 'not proven', 1, ['child-unread CHILD_UNREAD']];

  it('when it is a map run, whatever file has its name or a member with its ARN', async () => {
    put('children/1.json', { executionArn: mapRunArn, ...makeHistory(good) });
    put('children/2/1.json', makeHistory(good));
    expect(await gapsWith([mapRun('MapRunStarted')], 'children')).toEqual(unread);
  });

  it('once for a map run that was redriven, and also when its start is not in the history', async () => {
    expect(await gapsWith([mapRun('MapRunStarted'), mapRun('MapRunRedriven')])).toEqual(unread);
    expect(await gapsWith([mapRun('MapRunRedriven')])).toEqual(unread);
  });

  it('when it is an Express execution, which has no history', async () => {
    const express = 'arn:aws:states:eu-central-1:123456789012:express:child:run-1:2';
    const entries = startChild('Child', express, 'startSyncExecution').map(
      (entry) =>
        JSON.parse(
          JSON.stringify(entry).replaceAll('"resourceType":"states"', '"resourceType":"aws-sdk:sfn"'),
        ) as Entry,
    );
    put('children/2.json', makeHistory(good));
    expect(await gapsWith(entries, 'children')).toEqual(unread);
  });

  it.each<readonly [what: string, count: number]>([
    ['was only scheduled', 2],
    ['was only sent', 3],
  ])('when the request %s, and its answer is not in the history', async (_, count) => {
    expect(await gapsWith(startChild('Child', child).slice(0, count))).toEqual(unread);
    const timedOut = { type: 'TaskTimedOut', taskTimedOutEventDetails: { resourceType: 'states', resource: 'x' } };
    expect(await gapsWith([...startChild('Child', child).slice(0, count), timedOut])).toEqual(unread);
  });

  it('and not when the request failed, so that nothing was started', async () => {
    const details = { resourceType: 'states', resource: 'startExecution.sync:2' };
    const failed = { type: 'TaskSubmitFailed', taskSubmitFailedEventDetails: details };
    expect(await gapsWith([...startChild('Child', child).slice(0, 3), failed])).toEqual([0, 'yes', 0, []]);
  });

  it('when it is redriven by its parent, until its history is read', async () => {
    const details = { resourceType: 'aws-sdk:sfn', resource: 'redriveExecution' };
    const parameters = JSON.stringify({ ExecutionArn: child });
    const entries: Entry[] = [
      { type: 'TaskScheduled', taskScheduledEventDetails: { ...details, parameters } },
      { type: 'TaskStarted', taskStartedEventDetails: details },
      { type: 'TaskSucceeded', taskSucceededEventDetails: { ...details, output: '{"RedriveDate":1}' } },
    ];
    expect(await gapsWith(entries)).toEqual(unread);
    put('children/run-1.json', makeHistory(good));
    expect(await gapsWith(entries, 'children')).toEqual([0, 'yes', 0, []]);
  });

  it('when its ARN is cut off', async () => {
    const entries = startChild('Child', child).map((entry) =>
      entry.type === 'TaskSubmitted'
        ? {
            ...entry,
            taskSubmittedEventDetails: {
              ...{ resourceType: 'states', resource: 'startExecution.sync:2' },
              ...{ output: '{"Execu', outputDetails: { truncated: true } },
            },
          }
        : entry,
    );
    expect(await gapsWith(entries)).toEqual(unread);
  });

  it('when two of them are started in branches, and one of them was read', async () => {
    put('children/run-1.json', makeHistory(good));
    const other = child.replace('run-1', 'run-2');
    const both = within('Fan', 'Parallel', [...startChild('One', child), ...startChild('Two', other)]);
    expect(await gapsWith(both, 'children')).toEqual(unread);
  });
});

describe('replay does not compare a bag of another era', () => {
  const manifest = 'workflow-manifests/owner-1/wf-1/segment_manifest.json';
  const alone = { workflow_config: undefined, partition_map: undefined };

  it.each<readonly [what: string, event: unknown]>([
    ['with a state_s3_path', bag({ state_s3_path: 's3://local/state.json' })],
    ['with a state_s3_path that is empty text', bag({ state_s3_path: '' })],
    ['with a light_config', bag({ light_config: {} })],
    ['with a manifest_id', bag({ manifest_id: 'm-1' })],
    ['with a batch of members', bag({ __cold_batch__: { __batch_pointer__: true } })],
    ['inside state_data', { state_data: bag({ manifest_id: 'm-1' }) }],
    ['with only the path of a manifest', bag({ ...alone, segment_manifest_s3_path: `s3://local/${manifest}` })],
    [
      'with only the path of a manifest, and null and empty members',
      bag({ workflow_config: {}, partition_map: null, segment_manifest_s3_path: `s3://local/${manifest}` }),
    ],
    ['with only an inline manifest', bag({ ...alone, segment_manifest: [{ segment_id: 0, segment_config: MAP[0] }] })],
    [
      'with only the path of a config',
      bag({ ...alone, workflow_config_s3_path: 's3://local/workflow-configs/c.json' }),
    ],
    ['with a manifest_id that asks for a child', bag({ manifest_id: 'm-1', branch_config: { hitp: true } })],
  ])('%s', async (_, event) => {
    put(`store/local/${manifest}`, [{ segment_id: 0, segment_config: segment(0) }]);
    const report = await replayEntries([...good, ...invoke('Other', event)]);
    expect([report.code, report.answer, listSteps(report)[1]]).toEqual([
      1,
      'not proven',
      'Other: failed ERA_NOT_REPLAYED',
    ]);
    expect(report.documents[1]?.reason).toMatch(/not compared, because .*old rules are those of the era "pre" alone$/);
  });

  it.each<readonly [what: string, event: unknown, said: string]>([
    ['a state_s3_path of null', bag({ state_s3_path: null }), 'same'],
    ['a config next to the path of a manifest', bag({ segment_manifest_s3_path: `s3://local/${manifest}` }), 'same'],
    [
      'a manifest next to a program that the state machine passes',
      { ...bag({ ...alone, segment_manifest_s3_path: `s3://local/${manifest}` }), ...passed() },
      'same',
    ],
  ])('and compares one with %s', async (_, event, said) => {
    put(`store/local/${manifest}`, [{ segment_id: 0, segment_config: segment(0) }]);
    expect(listSteps(await replayEntries(invoke('Own', event)))).toEqual([`Own: ${said}`]);
  });

  it('and says in every answer which rules were used', async () => {
    expect((await replayEntries(good)).oldRules).toBe('pre');
    const { out } = await statebag(scratch.dir, ['replay', 'histories', '--store', 'store']);
    expect(out).toMatch(/old rules +pre +era of the old runner: February/);
    const help = await statebag(scratch.dir, ['replay', '--help']);
    expect(help.out.replace(/\s+/g, ' ')).toContain('The old rules are those of one era, "pre"');
  });
});

function passed() {
  return { segment_config: { ...segment(0), nodes: CONFIG.nodes }, execution_mode: 'MAP_REDUCE' };
}
