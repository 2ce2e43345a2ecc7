import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSfnServer } from '../fakes/sfn-server.js';
import type { FakeExecution, SfnServer } from '../fakes/sfn-server.js';
import {
  callActivity,
  callPlainly,
  callSdk,
  invoke,
  makeHistory,
  request,
  startChild,
  within,
} from '../replay/histories.js';
import type { Entry } from '../replay/histories.js';
import { bag, CONFIG, listGaps as gaps, listSteps as steps, MAP, segment, useReplay } from './replaying.js';
import type { Report } from './replaying.js';
import { digests, statebag } from './terminal.js';

const { scratch, put, replay, replayEntries } = useReplay();

describe('replay answers yes', () => {
  it('when every step of every shape runs the same program, and writes nothing', async () => {
    const branch = { ...bag({ partition_map: [segment(50)] }), branch_config: { partition_map: [segment(50)] } };
    put(
      'histories/a.json',
      makeHistory([
        ...invoke('Segment', bag()),
        ...callPlainly('Plain', bag({ segment_to_run: 1 })),
        ...callActivity('Activity', bag({ segment_to_run: 2 })),
        ...within('Fan', 'Parallel', [...invoke('Branch', branch), ...invoke('Branch', branch)]),
        ...within('Items', 'Map', invoke('Item', { ...bag(), segment_config: segment(9), execution_mode: 'BATCHED' })),
        ...invoke('Pause', { TaskToken: 't', state_data: bag() }, { resource: 'invoke.waitForTaskToken' }),
        ...invoke('Merge', { action: 'merge_callback', state_data: bag() }),
        ...invoke('Nested', { state_data: bag({ segment_to_run: 1 }) }),
        ...invoke('Dict', bag({ partition_map: { '0': segment(7) } })),
        ...invoke('Cut', bag({ partition_map: null, segment_to_run: 1 })),
        ...request('Notify', 'sqs', { MessageBody: 'done' }),
        ...callSdk('Async', 'invokeAsync', { FunctionName: 'execute-segment', InvokeArgs: JSON.stringify(bag()) }),
        ...callSdk('Sdk', 'invoke', { FunctionName: 'execute-segment', Payload: bag() }),
        ...invoke('Bare', { segment_config: segment(9), execution_mode: 'BATCHED' }),
        ...invoke('Log', { message: 'no bag' }),
      ]),
    );
    const stored = digests(scratch.dir);
    const report = await replay(['histories']);
    expect(steps(report)).toEqual([
      'Segment: same',
      'Plain: same',
      'Activity: same',
      'Branch: same',
      'Branch: same',
      'Item: same',
      'Pause: no-segment',
      'Merge: no-segment',
      'Nested: same',
      'Dict: same',
      'Cut: same',
      'Notify: no-segment',
      'Async: same',
      'Sdk: same',
      'Bare: same',
      'Log: no-bag',
    ]);
    expect([report.code, report.answer]).toEqual([0, 'yes']);
    expect(report.totals).toEqual({
      ...{ executions: 1, running: 0, steps: 16, unreadChildren: 0, unknownEvents: 0 },
      ...{ same: 12, differs: 0, oldFails: 0, shimFails: 0, failed: 0, noSegment: 3, noBag: 1 },
    });
    expect(digests(scratch.dir)).toEqual(stored);
  });

  it('for histories in lists, lines, compressed files and standard input, whatever the order of their events', async () => {
    const { events } = makeHistory(invoke('Segment', bag()));
    put('all/list.json', events);
    put(
      'all/lines.ndjson',
      [{ events }, { executionArn: 'arn:x', events: events.toReversed() }]
        .map((each) => JSON.stringify(each))
        .join('\n'),
    );
    put('all/zipped.json.gz', gzipSync(JSON.stringify({ events })));
    const { code, totals, inventory } = await replay(['all']);
    expect([code, totals.executions, totals.same]).toEqual([0, 4, 4]);
    expect(inventory).toEqual({ read: 4, skipped: 0, unreadable: 0, empty: 0 });
    const piped = await replay(['-'], { stdin: JSON.stringify({ events }) });
    expect([piped.code, piped.totals.same]).toEqual([0, 1]);
  });

  it('with --allow-running, with a word about exported histories whose executions had not ended', async () => {
    put('h.json', makeHistory(invoke('Segment', bag()), ''));
    const { code, out } = await statebag(scratch.dir, ['replay', 'h.json', '--allow-running']);
    expect(code).toBe(0);
    expect(out).toMatch(/executions +1 +1 had not ended when their histories were read/);
    expect(out).toMatch(/same programs +yes +in every recorded step/);
  });
});

describe('replay answers no', () => {
  const legacyMap = 'workflow-partitions/owner-1/wf-1/partition_map.json';

  it.each<readonly [what: string, event: unknown, said: string]>([
    [
      'whose map a later run replaced, next to its own config',
      bag({ partition_map: null, partition_map_s3_path: `s3://local/${legacyMap}` }),
      'differs OLD_PROGRAM_DIFFERS',
    ],
    [
      'of a branch whose arguments the old runner drops',
      { state_data: bag(), segment_to_run: 0, partition_map: [segment(50)], branch_id: 'b' },
      'differs OLD_RUNNER_DROPS',
    ],
    ['whose passed program the old runner ignores', bag({ segment_config: segment(9) }), 'differs OLD_PROGRAM_DIFFERS'],
    [
      'whose inner and outer bags name different segments',
      { state_data: { ...bag({ segment_to_run: 2 }), state_data: bag({ segment_to_run: 1 }) } },
      'differs OLD_PROGRAM_DIFFERS',
    ],
    ['with a null in its map', bag({ partition_map: [null, ...MAP] }), 'shim-fails MAP_HAS_NULLS'],
    [
      'with what release 0.1.0 left',
      bag({ segment_config: segment(9), segment_index: 2, segment_to_run: 1 }),
      'shim-fails SEGMENT_CONTRADICTORY',
    ],
    [
      'of two owners',
      { state_data: { ...bag(), state_data: bag({ ownerId: 'owner-2' }) } },
      'shim-fails OWNER_MISMATCH',
    ],
    ['with an index that is text', bag({ segment_to_run: '1' }), 'old-fails OLD_RUNNER_FAILS'],
    ['with an index beyond the map', bag({ segment_to_run: 7 }), 'old-fails OLD_RUNS_WHOLE_CONFIG'],
    ['with a map that is text', bag({ partition_map: JSON.stringify(MAP) }), 'old-fails OLD_RUNS_WHOLE_CONFIG'],
    [
      'whose list holds a pointer',
      bag({ partition_map: [{ __s3_pointer__: true, bucket: 'local', key: legacyMap }] }),
      'old-fails OLD_RUNS_POINTER',
    ],
    [
      'of a cyclic config',
      bag({
        partition_map: null,
        workflow_config: { ...CONFIG, edges: [...CONFIG.edges, { source: 'b', target: 'a' }] },
      }),
      'old-fails OLD_RUNNER_FAILS',
    ],
    [
      'whose object is not what its checksum says',
      bag({
        partition_map: {
          __s3_pointer__: true,
          bucket: 'local',
          key: 'workflows/wf-1/executions/key-1/partition_map_1.json',
          checksum: 'deadbeef',
        },
      }),
      'old-fails OLD_RUNNER_FAILS',
    ],
  ])('for an event %s', async (_, event, said) => {
    put(`store/local/${legacyMap}`, [segment(99)]);
    put('store/local/workflows/wf-1/executions/key-1/partition_map_1.json', MAP);
    const report = await replayEntries([
      ...invoke('Good', bag()),
      ...invoke('Planted', event),
      ...invoke('Good', bag()),
    ]);
    expect(steps(report)).toEqual(['Good: same', `Planted: ${said}`, 'Good: same']);
    expect([report.code, report.answer]).toEqual([1, 'no']);
  });

  it('and says of a step what is different, and where each program comes from', async () => {
    put(`store/local/${legacyMap}`, [{ ...segment(0), nodes: [{ id: 'other', type: 'operator' }] }]);
    const event = bag({ partition_map: null, partition_map_s3_path: `s3://local/${legacyMap}` });
    const { documents } = await replayEntries(invoke('Planted', event));
    expect(documents).toEqual([
      {
        id: `${join(scratch.dir, 'histories/one.json')}#3`,
        ...{ state: 'Planted', functionName: 'execute-segment', segmentIndex: 0 },
        ...{ outcome: 'differs', code: 'OLD_PROGRAM_DIFFERS', oldSource: 'map-path', newSource: 'config' },
        difference: '/nodes/0/id',
        reason: expect.stringContaining('as it was recorded') as unknown,
      },
    ]);
  });

  it('although a map behind its pointer is the same, when the pointer leads to nulls', async () => {
    const [key, map] = ['workflows/wf-1/executions/key-1/partition_map_1.json', JSON.stringify([null, ...MAP])];
    put(`store/local/${key}`, map);
    const checksum = createHash('md5').update(map).digest('hex').slice(0, 8);
    const pointer = { __s3_pointer__: true, bucket: 'local', key, checksum };
    const report = await replayEntries(invoke('Planted', bag({ partition_map: pointer, segment_to_run: 1 })));
    expect(steps(report)).toEqual(['Planted: shim-fails MAP_HAS_NULLS']);
    expect(report.documents[0]?.reason).toContain('once the shim has rewritten it');
  });
});

describe('replay does not answer yes', () => {
  const good = invoke('Good', bag());

  it.each<readonly [what: string, entries: readonly Entry[], said: string]>([
    [
      'the event is not whole',
      callPlainly('Cut', bag(), { input: '{"own', inputDetails: { truncated: true } }),
      'failed STATE_TRUNCATED',
    ],
    [
      'its pointer leads nowhere',
      invoke(
        'Gone',
        bag({
          partition_map: {
            __s3_pointer__: true,
            bucket: 'local',
            key: 'workflows/wf-1/executions/key-1/partition_map_1.json',
          },
        }),
      ),
      'failed POINTER_DANGLING',
    ],
    [
      'its pointer is not one that is followed',
      invoke('Away', bag({ partition_map: { __s3_pointer__: true, bucket: 'other', key: 'x.json' } })),
      'failed POINTER_NOT_ALLOWED',
    ],
  ])('for a step when %s', async (_, entries, said) => {
    const report = await replayEntries([...good, ...entries]);
    expect(steps(report)[1]).toMatch(new RegExp(`: ${said}$`));
    expect([report.code, report.answer, report.totals.same, report.totals.failed]).toEqual([1, 'not proven', 1, 1]);
  });

  it('for a step that hands a bag to another service', async () => {
    const entries = [...good, ...request('Queue', 'sqs', { MessageBody: bag() })];
    const report = await replayEntries(entries);
    expect([report.code, report.answer, steps(report)[1]]).toEqual([1, 'not proven', 'Queue: failed BAG_HIDDEN']);
    expect((await replayEntries(entries, '--function', 'execute-segment')).code).toBe(0);
  });

  it.each([
    ['one letter of a name', String.raw`{"workflow_confi\u0067":{"id":1}}`],
    ['a name in JSON text', JSON.stringify(String.raw`{\u0022partition\u005fmap\u0022:[1]}`)],
    ['a backslash before a letter', JSON.stringify(String.raw`{"segment_confi\u005cu0067":{"id":1}}`)],
  ])('for a step that hands a program to another service with escapes: %s', async (_, body) => {
    const report = await replayEntries([...good, ...request('Queue', 'sqs', { MessageBody: body })]);
    expect([report.code, report.answer, steps(report)[1]]).toEqual([1, 'not proven', 'Queue: failed BAG_HIDDEN']);
  });

  it('for a request to Lambda that is no invocation and has a program', async () => {
    const parameters = { FunctionName: 'execute-segment', Later: bag() };
    const report = await replayEntries([...good, ...callSdk('Later', 'invokeLater', parameters)]);
    expect([report.code, report.answer, steps(report)[1]]).toEqual([1, 'not proven', 'Later: failed BAG_HIDDEN']);
  });

  it('for a step with a pointer when no store is given', async () => {
    const pointer = {
      __s3_pointer__: true,
      bucket: 'local',
      key: 'workflows/wf-1/executions/key-1/partition_map_1.json',
    };
    put('h.json', makeHistory(invoke('Gone', bag({ partition_map: pointer }))));
    const { code, out } = await statebag(scratch.dir, ['replay', 'h.json', '--json']);
    expect([code, (JSON.parse(out) as Report).documents[0]?.code]).toEqual([1, 'STORE_MISSING']);
  });

  const { events } = makeHistory(good);
  it.each<readonly [what: string, content: unknown, said: string]>([
    ['is empty', '', 'unreadable JSON_EMPTY'],
    ['is not JSON', '{"events":[', 'unreadable JSON_SYNTAX'],
    ['is no history', { ownerId: 'o' }, 'unreadable HISTORY_INVALID'],
    ['is a list of something else', [{ a: 1 }], 'unreadable HISTORY_INVALID'],
    ['has two lists of events', `{"events":[],"events":${JSON.stringify(events)}}`, 'unreadable HISTORY_INVALID'],
    [
      'has an event with two inputs',
      JSON.stringify({ events }).replace('"parameters":', '"parameters":"{}","parameters":'),
      'unreadable HISTORY_INVALID',
    ],
    [
      'has an invocation with two payloads',
      JSON.stringify({ events }).replace(String.raw`\"Payload\":`, String.raw`\"Payload\":{},\"Payload\":`),
      'unreadable HISTORY_INVALID',
    ],
    ['has no events', { events: [] }, 'unreadable HISTORY_INVALID'],
    ['is one page of several', { events, NextToken: 'x' }, 'unreadable HISTORY_INCOMPLETE'],
    ['begins in the middle', { events: events.slice(2) }, 'unreadable HISTORY_INCOMPLETE'],
    ['has a gap', { events: events.filter((_, at) => at !== 3) }, 'unreadable HISTORY_INCOMPLETE'],
    [
      'was exported without data',
      {
        events: events.map((event) => ({
          ...event,
          taskScheduledEventDetails:
            event.type === 'TaskScheduled' ? { resourceType: 'lambda', resource: 'invoke' } : undefined,
        })),
      },
      'unreadable HISTORY_WITHOUT_DATA',
    ],
    [
      'has an input that is not JSON',
      {
        events: events.map((event) =>
          event.type === 'TaskScheduled'
            ? {
                ...event,
                taskScheduledEventDetails: { resourceType: 'lambda', resource: 'invoke', parameters: '{"Pay' },
              }
            : event,
        ),
      },
      'unreadable HISTORY_INVALID',
    ],
  ])('when a file %s', async (_, content, said) => {
    put('histories/bad.json', content);
    const report = await replayEntries(good);
    expect(gaps(report)).toEqual([said]);
    expect([report.code, report.answer, report.totals.executions, report.inventory.unreadable]).toEqual([
      1,
      'not proven',
      1,
      1,
    ]);
  });

  it('when a file of lines is empty, or one of its lines is not a history', async () => {
    put('histories/empty.ndjson', '\n');
    put('histories/lines.ndjson', `${JSON.stringify({ events })}\n{"a":1}\n`);
    const report = await replay(['histories']);
    expect(gaps(report).toSorted()).toEqual(['empty FILE_EMPTY', 'unreadable HISTORY_INVALID']);
    expect([report.code, report.totals.executions, report.totals.same]).toEqual([1, 1, 1]);
  });

  it('when a file has another name than histories have', async () => {
    put('histories/two.txt', '');
    const report = await replayEntries(good);
    expect([report.code, report.answer, gaps(report)]).toEqual([1, 'not proven', ['skipped NAME_SKIPPED']]);
    expect(await replay(['histories', '--ignore', '*.txt'])).toMatchObject({
      code: 0,
      answer: 'yes',
      ignore: ['*.txt'],
      inventory: { skipped: 0, ignored: 1 },
    });
  });

  it('when --limit leaves files out, of which one has a step that differs', async () => {
    put('histories/two.json', makeHistory(invoke('Planted', bag({ segment_to_run: 7 }))));
    const report = await replayEntries(good, '--limit', '1');
    expect([report.code, report.answer, report.totals.executions, report.limited.length]).toEqual([
      1,
      'not proven',
      1,
      1,
    ]);
    const { out } = await statebag(scratch.dir, ['replay', 'histories', '--limit', '1']);
    expect(out).toMatch(/limited +further histories of .*histories were not read, because of --limit/);
  });

  it('when an exported history has no end, because its last events may be missing', async () => {
    put('histories/cut.json', makeHistory(invoke('Segment', bag()), ''));
    put('histories/cut.ndjson', `${JSON.stringify({ executionArn: 'arn:x', ...makeHistory(good, '') })}\n`);
    const report = await replayEntries(good);
    expect([report.code, report.answer, report.totals.running]).toEqual([1, 'not proven', 2]);
    expect(gaps(report)).toEqual(['history-open HISTORY_OPEN', 'history-open HISTORY_OPEN']);
    expect(report.documents.find(({ code }) => code === 'HISTORY_OPEN')).toMatchObject({
      id: join(scratch.dir, 'histories/cut.json'),
      reason: expect.stringMatching(/ends with event 6 \(TaskStateExited\).*add --allow-running$/) as string,
    });
    const allowed = await replay(['histories', '--allow-running']);
    expect([allowed.code, allowed.answer, allowed.totals.running]).toEqual([0, 'yes', 2]);
  });

  it.each([
    ['in a list', [bag()]],
    ['below another member', { detail: bag() }],
    ['as text', { body: JSON.stringify(bag()) }],
  ])('when an event has a bag %s, where none is expected', async (_, event) => {
    const report = await replayEntries([...good, ...invoke('Odd', event)]);
    expect([report.code, report.answer, steps(report).at(-1)]).toEqual([1, 'not proven', 'Odd: failed BAG_HIDDEN']);
  });

  it('when a directory of histories is stopped on the way', async () => {
    for (let at = 0; at < 20; at++) put(`histories/${at}.json`, makeHistory(good));
    const report = await replay(['histories'], { signals: ['SIGINT'] });
    expect([report.code, report.answer, gaps(report)]).toEqual([1, 'not proven', ['unreadable RUN_STOPPED']]);
    expect(report.totals.steps).toBeLessThan(20);
  });

  it('when an export is empty, unless --allow-empty is given', async () => {
    put('histories/two.ndjson', '');
    expect((await replayEntries(good)).code).toBe(1);
    expect((await replay(['histories', '--allow-empty'])).code).toBe(0);
  });

  it('when no step was compared', async () => {
    const report = await replayEntries(invoke('Log', { message: 'no bag' }));
    expect([report.code, report.answer]).toEqual([1, 'not proven']);
  });
});

describe('replay --function', () => {
  it('compares what the named functions got, whatever else is in the event, and nothing of others', async () => {
    const named = { functionName: 'arn:aws:lambda:eu-central-1:123456789012:function:runner:7' };
    const entries = [
      ...invoke('Run', { ...bag(), action: 'run' }, named),
      ...invoke('Other', bag({ segment_to_run: 7 })),
    ];
    const report = await replayEntries(entries, '--function', 'runner');
    expect([report.code, steps(report)]).toEqual([0, ['Run: same', 'Other: no-segment']]);
  });

  it('is not proven when a named function is never called', async () => {
    const report = await replayEntries(invoke('Run', bag()), '--function', 'execute-segment', '--function', 'runer');
    expect([report.code, report.answer, report.uncalled]).toEqual([1, 'not proven', ['runer']]);
  });
});

describe('a started execution', () => {
  const child = 'arn:aws:states:eu-central-1:123456789012:execution:child:run-1';
  const parent = [...invoke('Run', bag()), ...startChild('Child', child)];

  it.each(['startExecution', 'startExecution.sync:2'])('is a gap of %s until its history is read', async (resource) => {
    const report = await replayEntries([...invoke('Run', bag()), ...startChild('Child', child, resource)]);
    expect([report.code, report.answer, gaps(report)]).toEqual([1, 'not proven', ['child-unread CHILD_UNREAD']]);
    expect(report.totals.unreadChildren).toBe(1);
  });

  it('is read when a file has its name, or a document its ARN', async () => {
    put('children/run-1.json', makeHistory(invoke('Run', bag())));
    expect((await replayEntries(parent, 'children')).code).toBe(0);
    put('children/run-1.json', '');
    put('named.json', { executionArn: child, ...makeHistory(invoke('Run', bag())) });
    expect((await replayEntries(parent, 'named.json')).code).toBe(0);
  });

  it('is not read when only its parent has its name, or a child of another machine', async () => {
    put('histories/run-1.json', makeHistory([...invoke('Run', bag()), ...startChild('Child', child)]));
    expect(gaps(await replay(['histories']))).toEqual(['child-unread CHILD_UNREAD']);
    const other = child.replace(':child:', ':other:');
    put('histories/run-1.json', makeHistory(invoke('Run', bag())));
    const report = await replayEntries([...parent, ...startChild('Other', other)]);
    expect(report.documents.filter(({ code }) => code === 'CHILD_UNREAD').map(({ id }) => id)).toEqual([other]);
  });

  it('may be missing with --allow-unread-children, and is counted', async () => {
    const { code, totals } = await replayEntries(parent, '--allow-unread-children');
    expect([code, totals.unreadChildren]).toEqual([0, 1]);
  });

  it('may be a map run', async () => {
    const mapRunArn = 'arn:aws:states:eu-central-1:123456789012:mapRun:engine/Items:1';
    const started = { type: 'MapRunStarted', mapRunStartedEventDetails: { mapRunArn } };
    const report = await replayEntries([...invoke('Run', bag()), started]);
    expect(report.documents.find(({ outcome }) => outcome === 'child-unread')?.id).toBe(mapRunArn);
  });
});

describe('replay sfn://', () => {
  const MACHINE = 'arn:aws:states:eu-central-1:123456789012:stateMachine:engine';
  let server: SfnServer;
  let before: string | undefined;

  beforeEach(async () => {
    process.env.AWS_ACCESS_KEY_ID ??= 'test';
    process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
    server = await startSfnServer(3);
    before = process.env.AWS_ENDPOINT_URL_SFN;
    process.env.AWS_ENDPOINT_URL_SFN = server.endpoint;
  });
  afterEach(async () => {
    if (before === undefined) delete process.env.AWS_ENDPOINT_URL_SFN;
    else process.env.AWS_ENDPOINT_URL_SFN = before;
    await server.stop();
  });

  const add = (name: string, entries: readonly Entry[], more: Partial<FakeExecution> = {}) => {
    server.executions.push({
      executionArn: `arn:aws:states:eu-central-1:123456789012:execution:engine:${name}`,
      ...{ parentArn: MACHINE, status: 'SUCCEEDED', startDate: 1_769_900_000 },
      events: makeHistory(entries).events.map((event) => ({ ...event, timestamp: 1_769_900_000 })),
      ...more,
    });
  };
  const source = `sfn://${MACHINE}`;

  it('reads the histories of executions of every status, over several pages', async () => {
    add('done', invoke('Run', bag()));
    add('failed', invoke('Run', bag({ segment_to_run: 1 })), { status: 'FAILED' });
    add('old', invoke('Run', bag({ segment_to_run: 7 })), { status: 'TIMED_OUT' });
    add('waits', callPlainly('Run', bag()), { status: 'RUNNING' });
    const report = await replay([source]);
    expect([report.code, report.totals.executions, report.totals.same, report.totals.oldFails]).toEqual([1, 4, 3, 1]);
    expect(report.documents.map(({ id }) => String(id).split(':').at(-1))).toEqual([
      'done#3',
      'failed#3',
      'old#3',
      'waits#3',
    ]);
  });

  it('answers yes for an execution that is running, because Step Functions gave all that there is of it', async () => {
    add('waits', invoke('Run', bag()), {
      status: 'RUNNING',
      events: makeHistory(invoke('Run', bag()), '').events.map((event) => ({ ...event, timestamp: 1_769_900_000 })),
    });
    const report = await replay([source]);
    expect([report.code, report.answer, report.totals.running, report.totals.same]).toEqual([0, 'yes', 1, 1]);
    expect(gaps(report)).toEqual([]);
    const { out } = await statebag(scratch.dir, ['replay', source]);
    expect(out).toMatch(/executions +1 +1 had not ended when their histories were read/);
  });

  const withoutEnd = () =>
    makeHistory(invoke('Run', bag()), '').events.map((event) => ({ ...event, timestamp: 1_769_900_000 }));

  it.each(['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'FROZEN'])(
    'does not answer yes for a history without an end whose execution is listed as %s',
    async (status) => {
      add('whole', invoke('Run', bag()));
      add('cut', [], { status, events: withoutEnd() });
      const report = await replay([source, '--allow-running']);
      expect([report.code, report.answer, report.totals.same]).toEqual([1, 'not proven', 2]);
      expect(report.totals.running).toBe(0);
      expect(report.documents.find(({ state }) => state === undefined)).toMatchObject({
        id: 'arn:aws:states:eu-central-1:123456789012:execution:engine:cut',
        ...{ outcome: 'history-open', code: 'HISTORY_OPEN' },
        reason: expect.stringMatching(
          new RegExp(`ends with event 6 \\(TaskStateExited\\).* lists it as ${status}, .*run the command again$`),
        ) as string,
      });
    },
  );

  it('answers yes for an execution that waits for its redrive, and counts it as running', async () => {
    add('waits', [], { status: 'PENDING_REDRIVE', events: withoutEnd() });
    const report = await replay([source]);
    expect([report.code, report.answer, report.totals.running]).toEqual([0, 'yes', 1]);
  });

  it('does not answer yes for an execution whose history has no event, with --allow-empty neither', async () => {
    add('whole', invoke('Run', bag()));
    add('none', [], { events: [] });
    const report = await replay([source, '--allow-empty']);
    expect([report.code, report.answer, gaps(report)]).toEqual([1, 'not proven', ['unreadable HISTORY_INVALID']]);
  });

  it('does not answer yes for an event of a type that it does not know', async () => {
    add('new', [...invoke('Run', bag()), { type: 'FooScheduled', fooScheduledEventDetails: { input: '{}' } }]);
    const report = await replay([source]);
    expect([report.code, report.answer, gaps(report)]).toEqual([1, 'not proven', ['not-understood EVENT_UNKNOWN']]);
  });

  it('reads the executions of a map run that is named as a source', async () => {
    const mapRunArn = 'arn:aws:states:eu-central-1:123456789012:mapRun:engine/Items:1';
    const started = { type: 'MapRunStarted', mapRunStartedEventDetails: { mapRunArn } };
    add('parent', [...invoke('Run', bag()), started]);
    add('item', invoke('Item', bag({ segment_to_run: 1 })), { parentArn: mapRunArn });
    expect(gaps(await replay([source]))).toEqual(['child-unread CHILD_UNREAD']);
    const report = await replay([source, `sfn://${mapRunArn}`]);
    expect([report.code, report.totals.same, report.totals.unreadChildren]).toEqual([0, 2, 0]);
  });

  it('reads the newest executions with --limit, and says that there are more', async () => {
    add('new', invoke('Run', bag()));
    add('old', invoke('Run', bag({ segment_to_run: 7 })));
    const report = await replay([source, '--limit', '1']);
    expect([report.code, report.answer, report.totals.executions, report.limited]).toEqual([
      1,
      'not proven',
      1,
      [source],
    ]);
    const { out } = await statebag(scratch.dir, ['replay', source, '--limit', '1']);
    expect(out).toContain(`older executions of ${source} were not read, because of --limit`);
    const all = await replay([source, '--limit', '2']);
    expect([all.answer, all.totals.executions, all.limited]).toEqual(['no', 2, []]);
  });

  it('does not answer yes for a state machine without executions', async () => {
    const report = await replay([source]);
    expect([report.code, report.answer, gaps(report)]).toEqual([1, 'not proven', ['empty SOURCE_EMPTY']]);
  });

  it('does not answer yes when a history may not be read, or is gone', async () => {
    add('a', invoke('Run', bag()));
    add('b', invoke('Run', bag()));
    server.failures.push({ action: 'GetExecutionHistory', error: 'AccessDeniedException' });
    const denied = await replay([source]);
    expect([denied.code, denied.answer, gaps(denied)]).toEqual([1, 'not proven', ['unreadable STORE_DENIED']]);
    expect(denied.totals.same).toBe(1);
    server.failures.push({ action: 'GetExecutionHistory', error: 'ExecutionDoesNotExist' });
    expect(gaps(await replay([source]))).toEqual(['unreadable SOURCE_NOT_FOUND']);
  });

  it('does not answer yes when the list may not be read', async () => {
    server.failures.push({ action: 'ListExecutions', error: 'AccessDeniedException' });
    const report = await replay([source]);
    expect([report.code, report.answer, gaps(report)]).toEqual([1, 'not proven', ['unreadable STORE_DENIED']]);
  });

  it('ends with exit 2 for a state machine that does not exist', async () => {
    expect((await replay([`${source}:missing`])).code).toBe(2);
  });

  it('does not answer yes when it is stopped', async () => {
    add('a', invoke('Run', bag()));
    const report = await replay([source], { signals: ['SIGINT'] });
    expect([report.code, report.answer, gaps(report)]).toEqual([1, 'not proven', ['unreadable RUN_STOPPED']]);
  });

  it('finds the children in another state machine', async () => {
    const child = 'arn:aws:states:eu-central-1:123456789012:execution:child:run-1';
    add('a', [...invoke('Run', bag()), ...startChild('Child', child)]);
    add('b', invoke('Run', bag()), { executionArn: child, parentArn: `${MACHINE}-child` });
    expect((await replay([source])).code).toBe(1);
    expect((await replay([source, `${source}-child`])).code).toBe(0);
  });
});
