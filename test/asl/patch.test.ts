import validate from 'asl-validator';
import { describe, expect, it } from 'vitest';
import { diffOf, findingsIn, patchDefinition } from './commands.js';
import { parse } from 'yaml';
import { FLAT_PAYLOAD, machineText, taskWith } from './machines.js';

type Json = Readonly<Record<string, unknown>>;

async function patch(text: string, file = 'machine.json', speaks: 'lean' | 'fat' = 'lean'): Promise<string> {
  return (await patchDefinition(text, file, speaks)).patched.toString();
}

async function errorsIn(text: string, file = 'machine.json'): Promise<readonly string[]> {
  return (await findingsIn(Buffer.from(text), file))
    .filter(({ level }) => level === 'error')
    .map(({ message }) => message);
}

/** A patched machine: accepted by the validator, with nothing left to find. */
async function patchStates(
  states: Json,
  more: Json = {},
  speaks: 'lean' | 'fat' = 'lean',
): Promise<Readonly<Record<string, Json>>> {
  const { patched, findings } = await patchDefinition(machineText(states, more), 'machine.json', speaks);
  expect(findings.filter(({ level }) => level === 'error')).toEqual([]);
  const definition = JSON.parse(patched.toString()) as { readonly States: Readonly<Record<string, Json>> };
  expect(validate(structuredClone(definition)).errorsText()).toBe('');
  return definition.States;
}

const POINTERS = {
  'segment_manifest_s3_path.$': '$.state_data.segment_manifest_s3_path',
  'segment_index.$': '$.state_data.segment_to_run',
};
const OWNER = { 'ownerId.$': '$.bag.ownerId' };
const payloadOf = (state: Json | undefined) =>
  (state as { readonly Parameters: { readonly Payload: Json } } | undefined)?.Parameters.Payload;

describe('a payload', () => {
  it('leads to the manifest and says which segment, in place of the first field', async () => {
    const { Run } = await patchStates({ Run: taskWith(FLAT_PAYLOAD) });
    expect(Object.entries(payloadOf(Run)!)).toEqual(
      Object.entries({
        ...POINTERS,
        'ownerId.$': '$.state_data.ownerId',
        'segment_to_run.$': '$.state_data.segment_to_run',
      }),
    );
  });

  it.each<[string, Json, Json]>([
    [
      'the index that it says',
      { 'workflow_config.$': '$.bag.workflow_config', segment_to_run: 0 },
      { 'segment_manifest_s3_path.$': '$.bag.segment_manifest_s3_path', segment_index: 0, segment_to_run: 0 },
    ],
    [
      'the id, which readers look for first',
      { 'partition_map.$': '$.partition_map', 'segment_id.$': '$.id', 'segment_to_run.$': '$.n' },
      {
        'segment_manifest_s3_path.$': '$.segment_manifest_s3_path',
        'segment_index.$': '$.id',
        'segment_id.$': '$.id',
        'segment_to_run.$': '$.n',
      },
    ],
    ['what it has already', { 'partition_map.$': '$.state_data.partition_map', ...POINTERS }, POINTERS],
    [
      'its segment',
      { 'segment_config.$': '$.segment', 'partition_map.$': '$.bag.partition_map' },
      { 'segment_config.$': '$.segment' },
    ],
    [
      'a segment out of the map',
      { 'segment_config.$': 'States.ArrayGetItem($.bag.partition_map, $.bag.segment_to_run)' },
      { 'segment_manifest_s3_path.$': '$.bag.segment_manifest_s3_path', 'segment_index.$': '$.bag.segment_to_run' },
    ],
    [
      'brackets',
      { 'partition_map.$': "$['bag']['partition_map']" },
      {
        'segment_manifest_s3_path.$': "$['bag'].segment_manifest_s3_path",
        'segment_index.$': "$['bag'].segment_to_run",
      },
    ],
  ])('keeps %s', async (_, before, after) => {
    expect(payloadOf((await patchStates({ Run: taskWith({ ...before, ...OWNER }) })).Run)).toEqual({
      ...after,
      ...OWNER,
    });
  });

  it('has the paths of both fields too, for functions that want them filled in', async () => {
    const { Run } = await patchStates({ Run: taskWith(FLAT_PAYLOAD) }, {}, 'fat');
    expect(payloadOf(Run)).toMatchObject({
      ...POINTERS,
      'workflow_config_s3_path.$': '$.state_data.workflow_config_s3_path',
      'partition_map_s3_path.$': '$.state_data.partition_map_s3_path',
    });
  });

  it('does not guess an index that the data does not have', async () => {
    const states = await patchStates({
      Prepare: {
        Type: 'Pass',
        Parameters: { 'partition_map.$': '$.bag.partition_map' },
        ResultPath: '$.prepared',
        Next: 'Run',
      },
      Run: taskWith({ 'partition_map.$': '$.prepared.partition_map', ...OWNER }),
    });
    expect(states.Prepare).toMatchObject({
      Parameters: { 'segment_manifest_s3_path.$': '$.bag.segment_manifest_s3_path' },
    });
    expect(payloadOf(states.Run)).toEqual({
      'segment_manifest_s3_path.$': '$.prepared.segment_manifest_s3_path',
      ...OWNER,
    });
  });
});

describe('data that stays in the machine', () => {
  it('keeps the path and loses the fields, in selectors, Pass states and variables', async () => {
    const both = (from: string) => ({
      'ownerId.$': `${from}.ownerId`,
      'workflow_config.$': `${from}.workflow_config`,
      'partition_map.$': `${from}.partition_map`,
    });
    const lean = (from: string) => ({
      'ownerId.$': `${from}.ownerId`,
      'segment_manifest_s3_path.$': `${from}.segment_manifest_s3_path`,
    });
    const states = await patchStates({
      Init: taskWith(
        { 'input.$': '$' },
        { ResultSelector: both('$.Payload'), ResultPath: '$.state_data', End: undefined, Next: 'Copy' },
      ),
      Copy: { Type: 'Pass', Parameters: both('$.state_data'), ResultPath: '$.state_data', Next: 'Run' },
      Run: taskWith({ 'a.$': '$.a' }),
    });
    expect(states.Init?.ResultSelector).toEqual(lean('$.Payload'));
    expect(states.Copy?.Parameters).toEqual(lean('$.state_data'));
  });

  it('is asked for the path where it was asked for the field', async () => {
    const states = await patchStates({
      Ask: {
        Type: 'Choice',
        Choices: [{ Variable: '$.bag.partition_map', IsPresent: true, Next: 'Done' }],
        Default: 'Done',
      },
      Done: { Type: 'Succeed' },
    });
    expect(states.Ask).toMatchObject({ Choices: [{ Variable: '$.bag.segment_manifest_s3_path', IsPresent: true }] });
  });
});

describe('a Map', () => {
  const runner = (payload: Json) => ({ StartAt: 'Run', States: { Run: taskWith(payload) } });

  it('over the manifest gives every item its segment', async () => {
    const { M } = await patchStates({
      M: {
        Type: 'Map',
        ItemsPath: '$.bag.segment_manifest',
        Parameters: { 'workflow_config.$': '$.bag.workflow_config', 'ownerId.$': '$.bag.ownerId' },
        Iterator: runner({ 'workflow_config.$': '$.workflow_config' }),
        End: true,
      },
    });
    expect(M?.Parameters).toEqual({
      'segment_config.$': '$$.Map.Item.Value.segment_config',
      'ownerId.$': '$.bag.ownerId',
    });
    expect(M).toMatchObject({
      Iterator: { States: { Run: { Parameters: { Payload: { 'segment_config.$': '$.segment_config' } } } } },
    });
  });

  it('over the map goes over the manifest', async () => {
    const { M } = await patchStates({
      M: {
        Type: 'Map',
        ItemsPath: '$.bag.partition_map',
        ItemSelector: {
          'segment_config.$': '$$.Map.Item.Value',
          'type.$': '$$.Map.Item.Value.type',
          'i.$': '$$.Map.Item.Index',
        },
        ItemProcessor: runner({ 'a.$': '$' }),
        End: true,
      },
    });
    expect(M).toMatchObject({
      ItemsPath: '$.bag.segment_manifest',
      ItemSelector: {
        'segment_config.$': '$$.Map.Item.Value.segment_config',
        'type.$': '$$.Map.Item.Value.segment_config.type',
        'i.$': '$$.Map.Item.Index',
      },
    });
  });

  it('over branches hands each its own map, untouched, and no config', async () => {
    const branch = {
      'partition_map.$': '$$.Map.Item.Value.partition_map',
      'workflow_config.$': '$.bag.workflow_config',
      ...OWNER,
    };
    const { M } = await patchStates({
      M: {
        Type: 'Map',
        ItemsPath: '$.result.branches',
        ItemSelector: branch,
        ItemProcessor: runner({ 'partition_map.$': '$.partition_map', segment_to_run: 0 }),
        End: true,
      },
    });
    expect(M).toMatchObject({
      ItemSelector: { 'partition_map.$': '$$.Map.Item.Value.partition_map' },
      ItemProcessor: { States: { Run: { Parameters: { Payload: { 'partition_map.$': '$.partition_map' } } } } },
    });
    expect(JSON.stringify(M)).not.toContain('workflow_config');
    expect(JSON.stringify(M)).not.toContain('segment_index.$');
  });

  it("leaves a place free that a branch's map may come to", async () => {
    const states = await patchStates({
      Init: taskWith(
        { 'input.$': '$' },
        {
          ResultSelector: {
            'partition_map.$': '$.Payload.partition_map',
            'segment_to_run.$': '$.Payload.segment_to_run',
          },
          ResultPath: '$.bag',
          End: undefined,
          Next: 'Run',
        },
      ),
      Run: taskWith(
        { 'partition_map.$': '$.bag.partition_map', 'segment_to_run.$': '$.bag.segment_to_run', ...OWNER },
        { End: undefined, Next: 'Ask' },
      ),
      Ask: { Type: 'Choice', Choices: [{ Variable: '$.a', IsPresent: true, Next: 'Branch' }], Default: 'Done' },
      Done: { Type: 'Succeed' },
      Branch: {
        Type: 'Pass',
        Parameters: {
          'partition_map.$': '$.result.Payload.inner_partition_map',
          'ownerId.$': '$.bag.ownerId',
          segment_to_run: 0,
        },
        ResultPath: '$.bag',
        Next: 'Run',
      },
    });
    expect(states.Init?.ResultSelector).toEqual({
      partition_map: null,
      'segment_manifest_s3_path.$': '$.Payload.segment_manifest_s3_path',
      'segment_to_run.$': '$.Payload.segment_to_run',
    });
    expect(payloadOf(states.Run)).toMatchObject({
      'partition_map.$': '$.bag.partition_map',
      'segment_manifest_s3_path.$': '$.bag.segment_manifest_s3_path',
    });
    expect(states.Branch?.Parameters).toEqual({
      'segment_manifest_s3_path.$': '$.bag.segment_manifest_s3_path',
      'partition_map.$': '$.result.Payload.inner_partition_map',
      'ownerId.$': '$.bag.ownerId',
      segment_to_run: 0,
    });
  });
});

describe('JSONata', () => {
  it('is rewritten in members, in objects of expressions and in conditions', async () => {
    const states = await patchStates(
      {
        Run: {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke',
          Arguments: {
            FunctionName: 'f',
            Payload: {
              workflow_config: '{% $states.input.bag.workflow_config %}',
              partition_map: '{% $states.input.bag.partition_map %}',
              owner_id: '{% $states.input.bag.owner_id %}',
            },
          },
          Output:
            "{% $merge([$states.input.bag, {'n': 1, 'workflow_config': $states.result.Payload.workflow_config, 'partition_map': $states.result.Payload.partition_map}]) %}",
          Next: 'Each',
        },
        Each: {
          Type: 'Map',
          Items: '{% $states.input.partition_map %}',
          ItemSelector: { segment_config: '{% $states.context.Map.Item.Value %}' },
          ItemProcessor: { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } },
          Next: 'Ask',
        },
        Ask: {
          Type: 'Choice',
          Choices: [{ Condition: '{% $exists($states.input.partition_map) %}', Next: 'Done' }],
          Default: 'Done',
        },
        Done: { Type: 'Succeed' },
      },
      { QueryLanguage: 'JSONata' },
    );
    expect(states.Run).toMatchObject({
      Arguments: {
        Payload: {
          segment_manifest_s3_path: '{% $states.input.bag.segment_manifest_s3_path %}',
          segment_index: '{% $states.input.bag.segment_to_run %}',
        },
      },
      Output:
        '{% $merge([$states.input.bag, {\'n\': 1, "segment_manifest_s3_path": $states.result.Payload.segment_manifest_s3_path}]) %}',
    });
    expect(states.Each).toMatchObject({
      Items: '{% $states.input.segment_manifest %}',
      ItemSelector: { segment_config: '{% $states.context.Map.Item.Value.segment_config %}' },
    });
    expect(states.Ask).toMatchObject({
      Choices: [{ Condition: '{% $exists($states.input.segment_manifest_s3_path) %}' }],
    });
  });
});

describe('what a person must decide', () => {
  it.each<[string, Json]>([
    ['a field under another name', taskWith({ 'config.$': '$.bag.workflow_config' })],
    ['a result put over a field', taskWith({}, { ResultPath: '$.bag.workflow_config' })],
    ['a program written out', taskWith({ workflow_config: { nodes: [1] } })],
    [
      'the input of another execution',
      taskWith(
        {},
        {
          Resource: 'arn:aws:states:::states:startExecution.sync:2',
          Parameters: { Input: { 'workflow_config.$': '$.bag.workflow_config' } },
        },
      ),
    ],
    ['an input path', taskWith({}, { InputPath: '$.bag.partition_map' })],
  ])('stays as it is and is still told: %s', async (_, state) => {
    const text = machineText({ Run: state });
    expect(await patch(text)).toBe(text);
    expect(await errorsIn(text)).toHaveLength(1);
  });
});

describe('the text around', () => {
  it('keeps every blank, comment and quote of YAML', async () => {
    const before = [
      '# a machine',
      'StartAt:   Run',
      'States:',
      '    Run:   # runs',
      '        Type: "Task"',
      '        Resource: !Sub "${Fn.Arn}"',
      '        Parameters:',
      '            # first',
      '            workflow_config.$: $.bag.workflow_config   # 200 KB',
      '            ownerId.$:   $.bag.ownerId',
      "            'partition_map.$': '$.bag.partition_map' # 50 KB",
      '',
      '            # last',
      '        End: true',
      '',
    ].join('\n');
    const after = [
      '# a machine',
      'StartAt:   Run',
      'States:',
      '    Run:   # runs',
      '        Type: "Task"',
      '        Resource: !Sub "${Fn.Arn}"',
      '        Parameters:',
      '            # first',
      '            segment_manifest_s3_path.$: $.bag.segment_manifest_s3_path',
      '            segment_index.$: $.bag.segment_to_run   # 200 KB',
      '            ownerId.$:   $.bag.ownerId',
      '            # 50 KB',
      '',
      '            # last',
      '        End: true',
      '',
    ].join('\n');
    expect(await patch(before, 'a.yaml')).toBe(after);
    expect(await patch(before.replaceAll('\n', '\r\n'), 'a.yaml')).toBe(after.replaceAll('\n', '\r\n'));
  });

  it('keeps elements, flows and JSONata in YAML', async () => {
    const before =
      'StartAt: A\nQueryLanguage: JSONata\nStates:\n  A:\n    Type: Task\n    Resource: x\n    Arguments:\n    - partition_map: "{% $states.input.partition_map %}"\n      ownerId: a\n    - {workflow_config: "{% $states.input.workflow_config %}", segment_to_run: 2, ownerId: b}\n    Output: >-\n      {% $states.input %}\n    End: true\n';
    const patched = await patch(before, 'a.yml');
    expect(parse(patched)).toMatchObject({
      States: {
        A: {
          Arguments: [
            {
              segment_manifest_s3_path: '{% $states.input.segment_manifest_s3_path %}',
              segment_index: '{% $states.input.segment_to_run %}',
              ownerId: 'a',
            },
            {
              segment_manifest_s3_path: '{% $states.input.segment_manifest_s3_path %}',
              segment_index: 2,
              segment_to_run: 2,
              ownerId: 'b',
            },
          ],
        },
      },
    });
    expect(await errorsIn(patched, 'a.yml')).toEqual([]);
  });

  it.each([
    [
      'a block of text',
      'a.yaml',
      (json: string) => `A: # a\n  DefinitionString: !Sub |\n${json.replace(/^/gm, '    ')}\n  B: !Ref C\n`,
    ],
    [
      'a block of text with the line ends of Windows',
      'a.yaml',
      (json: string) => `A:\n  DefinitionString: |\n${json.replace(/^/gm, '    ')}\n`.replaceAll('\n', '\r\n'),
    ],
    ['a JSON string', 'a.json', (json: string) => `{"DefinitionString" :   ${JSON.stringify(json)}}`],
    [
      'a quoted string',
      'a.yaml',
      (json: string) => `A:\n  DefinitionString: '${JSON.stringify(JSON.parse(json)).replaceAll("'", "''")}' # x\n`,
    ],
  ])('is patched inside %s', async (_, file, wrap) => {
    const inner = machineText({ Run: taskWith(FLAT_PAYLOAD), Z: { Type: 'Succeed', Comment: "it's" } });
    expect(await patch(wrap(inner), file)).toBe(wrap(await patch(inner)));
  });

  it('stays where a folded string does not let it be changed in place', async () => {
    const text = `A:\n  DefinitionString: >\n    ${JSON.stringify(JSON.parse(machineText({ Run: taskWith(FLAT_PAYLOAD) })))}\n`;
    expect(await patch(text, 'a.yaml')).toBe(text);
    expect(await errorsIn(text, 'a.yaml')).toHaveLength(2);
  });
});

describe('the difference that is shown', () => {
  const lines = (...text: readonly string[]) => text.map((line) => `${line}\n`).join('');
  /** One task for each letter, on a line of its own, of which some pass the map on. */
  const machine = (letters: string, passes: string) => [
    '{"StartAt": "a", "States": {',
    ...Array.from(letters, (letter) => {
      const member = passes.includes(letter) ? '"workflow_config.$": "$.bag.workflow_config", ' : '';
      const payload = `{${member}"segment_config.$": "$.s", "ownerId.$": "$.o"}`;
      return `"${letter}": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f", "Payload": ${payload}}, "End": true},`;
    }),
    '"z": {"Type": "Succeed"}}}',
  ];

  it('has hunks with three lines about each', async () => {
    const [old, changed] = [machine('abcdefghijklmnop', 'em'), machine('abcdefghijklmnop', '')];
    const hunk = (at: number) => [
      ...old.slice(at - 3, at).map((line) => ` ${line}`),
      `-${old[at]!}`,
      `+${changed[at]!}`,
      ...old.slice(at + 1, at + 4).map((line) => ` ${line}`),
    ];
    expect(await diffOf(lines(...old), 'f.json')).toBe(
      lines('--- a/f.json', '+++ b/f.json', '@@ -3,7 +3,7 @@', ...hunk(5), '@@ -11,7 +11,7 @@', ...hunk(13)),
    );
  });

  it('counts the lines that were added and removed', async () => {
    const text = machineText({ Run: taskWith(FLAT_PAYLOAD) });
    expect(await diffOf(`${text}\n`, 'f.json')).toBe(
      lines(
        '--- a/f.json',
        '+++ b/f.json',
        '@@ -7,10 +7,10 @@',
        '       "Parameters": {',
        '         "FunctionName": "ExecuteSegment",',
        '         "Payload": {',
        '-          "workflow_config.$": "$.state_data.workflow_config",',
        '-          "ownerId.$": "$.state_data.ownerId",',
        '-          "segment_to_run.$": "$.state_data.segment_to_run",',
        '-          "partition_map.$": "$.state_data.partition_map"',
        '+          "segment_manifest_s3_path.$": "$.state_data.segment_manifest_s3_path",',
        '+          "segment_index.$": "$.state_data.segment_to_run",',
        '+          "ownerId.$": "$.state_data.ownerId",',
        '+          "segment_to_run.$": "$.state_data.segment_to_run"',
        '         }',
        '       },',
        '       "ResultPath": "$.result",',
      ),
    );
  });

  it('is empty when nothing is to be changed, and says where a last line does not end', async () => {
    const [old, changed] = [machine('a', 'a').join(' '), machine('a', '').join(' ')];
    expect(await diffOf(changed, 'f.json')).toBe('');
    expect(await diffOf(old, 'f.json')).toBe(
      `--- a/f.json\n+++ b/f.json\n@@ -1,1 +1,1 @@\n-${old}\n\\ No newline at end of file\n+${changed}\n\\ No newline at end of file\n`,
    );
  });
});
