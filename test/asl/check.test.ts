import { describe, expect, it } from 'vitest';
import { findingsIn } from './commands.js';
import { FLAT_PAYLOAD, machineText, taskWith } from './machines.js';

type Json = Readonly<Record<string, unknown>>;

/** `rule line:column` of everything found. */
async function found(text: string, file = 'machine.json'): Promise<readonly string[]> {
  return (await findingsIn(Buffer.from(text), file)).map(
    ({ rule, level, line, column }) => `${level} ${rule.slice('asl/'.length)} ${line}:${column}`,
  );
}

async function rulesOf(states: Json, more: Json = {}): Promise<readonly string[]> {
  return (await findingsIn(Buffer.from(machineText(states, more)), 'machine.json')).map(
    ({ level, rule }) => `${level} ${rule.slice('asl/'.length)}`,
  );
}

describe('a Map over the manifest', () => {
  const each = { Each: { ItemProcessor: { StartAt: 'Run', States: { Run: taskWith({}) } }, End: true } };

  it.each<[string, Json]>([
    ['JSONPath', { Each: { Type: 'Map', ItemsPath: '$.bag.segment_manifest', ...each.Each } }],
    ['JSONata', { Each: { Type: 'Map', Items: '{% $states.input.bag.segment_manifest %}', ...each.Each } }],
  ])('says what it needs from every bag, in %s', async (QueryLanguage, states) => {
    const [note, ...others] = await findingsIn(machineText(states, { QueryLanguage }), 'machine.json');
    expect(others).toEqual([]);
    expect(note).toMatchObject({
      rule: 'asl/needs-manifest',
      level: 'note',
      message: 'state "Each" goes over `segment_manifest`',
      hint: expect.stringContaining('every bag needs this list, with `segment_config` in its entries') as string,
    });
  });

  it('needs nothing when it goes over another list', async () => {
    const states = { Each: { Type: 'Map', ItemsPath: '$.bag.segment_manifest.length', ...each.Each } };
    expect(await findingsIn(machineText(states), 'machine.json')).toEqual([]);
  });
});

describe('JSONPath', () => {
  it('finds both fields in a payload, with line, column, pointer, state and hint', async () => {
    const text = machineText({ Run: taskWith(FLAT_PAYLOAD) });
    const [first, second, ...others] = await findingsIn(Buffer.from(text), 'machine.json');
    expect(others).toEqual([]);
    const lineOf = (name: string) => text.split('\n').findIndex((line) => line.includes(`"${name}.$"`)) + 1;
    expect(first).toEqual({
      rule: 'asl/passes-program',
      level: 'error',
      message: 'state "Run" passes `workflow_config` in `Parameters`',
      hint: expect.stringContaining('segment_manifest_s3_path') as string,
      file: 'machine.json',
      line: lineOf('workflow_config'),
      column: 11,
      pointer: '/States/Run/Parameters/Payload/workflow_config.$',
    });
    expect(second).toMatchObject({
      line: lineOf('partition_map'),
      pointer: '/States/Run/Parameters/Payload/partition_map.$',
    });
  });

  it.each<[string, Json, readonly string[]]>([
    [
      'a selected result',
      taskWith({}, { ResultSelector: { 'partition_map.$': '$.Payload.partition_map' }, ResultPath: '$.state_data' }),
      ['error selects-program'],
    ],
    [
      'a Pass that re-inlines',
      {
        Type: 'Pass',
        Parameters: { 'workflow_config.$': '$.state_data.workflow_config' },
        ResultPath: '$.state_data',
        End: true,
      },
      ['error reinlines-program'],
    ],
    [
      'a result put over the field',
      taskWith({}, { ResultPath: '$.state_data.workflow_config' }),
      ['error reinlines-program'],
    ],
    [
      'a variable',
      { Type: 'Pass', Assign: { 'partition_map.$': '$.state_data.partition_map' }, End: true },
      ['error reinlines-program'],
    ],
    [
      'a variable of a choice',
      {
        Type: 'Choice',
        Choices: [{ Variable: '$.a', IsNull: true, Assign: { 'workflow_config.$': '$.workflow_config' }, Next: 'Run' }],
      },
      ['error reinlines-program'],
    ],
    [
      'the field under another name',
      taskWith({ 'config.$': '$.state_data.workflow_config' }),
      ['error passes-program'],
    ],
    [
      'something out of the field',
      taskWith({ 'nodes.$': "$['state_data']['workflow_config'].nodes" }),
      ['error passes-program'],
    ],
    [
      'an argument of a function',
      taskWith({ 'text.$': "States.Format('{} $.x', $.state_data.partition_map)" }),
      ['error passes-program'],
    ],
    ['a deep path', taskWith({ 'any.$': '$..workflow_config' }), ['error passes-program']],
    [
      'the execution input',
      taskWith({ 'workflow_config.$': '$$.Execution.Input.workflow_config' }),
      ['error passes-program'],
    ],
    ['a variable handed on', taskWith({ 'partition_map.$': '$partition_map' }), ['error passes-program']],
    ['an input path', taskWith({}, { InputPath: '$.state_data.partition_map' }), ['error reads-program']],
    ['an output path', taskWith({}, { OutputPath: '$.state_data.partition_map' }), ['error reads-program']],
    [
      'a condition',
      {
        Type: 'Choice',
        Choices: [{ And: [{ Variable: '$.state_data.partition_map[0].type', StringEquals: 'llm', Next: 'Run' }] }],
        Default: 'Run',
      },
      ['error reads-program'],
    ],
    ['a program written out', taskWith({ workflow_config: { nodes: [] } }), ['error literal-program']],
    [
      'a payload of an event',
      {
        Type: 'Task',
        Resource: 'arn:aws:states:::events:putEvents',
        Parameters: { Entries: [{ Detail: { 'workflow_config.$': '$.workflow_config' } }] },
        End: true,
      },
      ['error passes-program'],
    ],
    ['nothing, null and empty text', taskWith({ workflow_config: null, partition_map: '' }), []],
    [
      'paths with names that are like the two',
      taskWith({
        'partition_map_s3_path.$': '$.state_data.partition_map_s3_path',
        'my_workflow_config.$': '$.test_workflow_config',
      }),
      [],
    ],
    ['text in an argument', taskWith({ 'text.$': "States.Format('$.workflow_config {}', $.a)" }), []],
    ['text that is no path', taskWith({ text: '$.state_data.workflow_config' }), []],
    [
      'an initialiser that is given the config',
      taskWith(
        { 'workflow_config.$': '$.workflow_config' },
        { Comment: 'Init', Resource: 'arn:aws:lambda:us-east-1:1:function:initialize' },
      ),
      ['note initialiser'],
    ],
    [
      'a function with `init` inside a word',
      taskWith(
        { 'workflow_config.$': '$.workflow_config' },
        { Resource: 'arn:aws:lambda:us-east-1:1:function:checkDefinition' },
      ),
      ['error passes-program'],
    ],
    [
      'several names in one bracket',
      taskWith({ 'both.$': "$.state_data['workflow_config','partition_map']" }),
      ['error passes-program'],
    ],
  ])('judges %s', async (_, state, expected) => {
    expect(await rulesOf({ Run: state })).toEqual(expected);
  });

  it('tells of the whole bag in items and branches, and not of one in a task', async () => {
    const inner = { StartAt: 'A', States: { A: taskWith({ 'x.$': '$' }) } };
    const map = {
      Type: 'Map',
      ItemsPath: '$.items',
      ItemSelector: { 'state_data.$': '$.state_data.bag', 'item.$': '$$.Map.Item.Value' },
      ItemProcessor: inner,
      End: true,
    };
    expect(await rulesOf({ Run: map })).toEqual(['warning whole-bag']);
    expect(
      await rulesOf({ Run: { Type: 'Parallel', Branches: [inner], End: true } }, { Comment: 'state_data' }),
    ).toEqual(['warning whole-bag']);
    expect(
      await rulesOf({
        Run: { Type: 'Parallel', Parameters: { 'ownerId.$': '$.state_data.ownerId' }, Branches: [inner], End: true },
      }),
    ).toEqual([]);
    expect(await rulesOf({ Run: { Type: 'Parallel', Branches: [inner], End: true } })).toEqual([]);
    expect(await rulesOf({ Run: taskWith({ 'state_data.$': '$.state_data.bag' }) })).toEqual([]);
  });

  it('looks into branches, processors and iterators, catchers and batches', async () => {
    const bad = { StartAt: 'A', States: { A: taskWith(FLAT_PAYLOAD) } };
    const text = machineText({
      P: { Type: 'Parallel', Parameters: {}, Branches: [bad, bad], Next: 'M' },
      M: {
        Type: 'Map',
        ItemProcessor: bad,
        ItemBatcher: { BatchInput: { 'partition_map.$': '$.partition_map' } },
        Next: 'I',
      },
      I: {
        Type: 'Map',
        Iterator: bad,
        Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.workflow_config', Next: 'I' }],
        End: true,
      },
    });
    const states = (await findingsIn(Buffer.from(text), 'a.json')).map(({ message }) => /"(.*)"/.exec(message)?.[1]);
    expect(states).toEqual(['P/A', 'P/A', 'P/A', 'P/A', 'M/A', 'M/A', 'M', 'I/A', 'I/A', 'I']);
  });
});

describe('a field that some state writes a literal over', () => {
  const fail = { Retry: [], Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Set' }] };
  const run = taskWith({ 'workflow_config.$': '$.bag.workflow_config', 'ownerId.$': '$.bag.ownerId' }, fail);
  const set = (more: Json): Json => ({ Run: run, Set: { Type: 'Pass', ...more, End: true } });
  const lambda = {
    Type: 'Task',
    Resource: 'x',
    Arguments: {
      workflow_config: '{% $states.input.bag.workflow_config %}',
      ownerId: '{% $states.input.bag.ownerId %}',
    },
    Output: '{% $states.input %}',
    Next: 'Set',
  };

  it.each<[string, Json, Json?]>([
    ["the result of a catcher's state, in place of the input", set({ Result: 'failed' })],
    ['null in place of the field', set({ Result: null, ResultPath: '$.bag.workflow_config' })],
    ['an empty object in place of the field', set({ Result: {}, ResultPath: '$.bag.workflow_config' })],
    ['a list in place of the bag', set({ Result: [1], ResultPath: '$.bag' })],
    [
      'null as a member of an object',
      set({ Parameters: { 'ownerId.$': '$.bag.ownerId', workflow_config: null }, ResultPath: '$.bag' }),
    ],
    ['a number in place of the bag', set({ Result: 1, ResultPath: '$.bag' })],
    ['text as output', { Run: lambda, Set: { Type: 'Pass', Output: 'done', End: true } }, { QueryLanguage: 'JSONata' }],
    [
      'an expression that is text as output',
      { Run: lambda, Set: { Type: 'Succeed', Output: "{% 'done' %}" } },
      { QueryLanguage: 'JSONata' },
    ],
    [
      'a list that is merged over it',
      {
        Run: lambda,
        Set: {
          Type: 'Pass',
          Output:
            "{% $merge([$states.input, {'bag': $merge([$states.input.bag, {'workflow_config': [{'id': 1}]}])}]) %}",
          End: true,
        },
      },
      { QueryLanguage: 'JSONata' },
    ],
  ])('is reported where it is handed on: %s', async (_, states, more) => {
    expect(await rulesOf(states, more)).toContain('error passes-program');
  });
});

describe("a branch's own map", () => {
  const runner = {
    StartAt: 'Begin',
    States: {
      Begin: {
        Type: 'Pass',
        Parameters: {
          'partition_map.$': '$.partition_map',
          'workflow_config.$': '$.workflow_config',
          segment_to_run: 0,
        },
        ResultPath: '$.own',
        Next: 'Run',
      },
      Run: taskWith({ 'partition_map.$': '$.own.partition_map', 'workflow_config.$': '$.own.workflow_config' }),
    },
  };
  const fork = (items: string, map: string): Json => ({
    Type: 'Map',
    ItemsPath: items,
    ItemSelector: { 'partition_map.$': map, 'workflow_config.$': '$.state_data.workflow_config' },
    Iterator: runner,
    End: true,
  });

  it("is followed through selectors and Pass states, while the config beside it is the workflow's", async () => {
    const rules = (
      await findingsIn(
        Buffer.from(machineText({ Fork: fork('$.result.branches', '$$.Map.Item.Value.partition_map') })),
        'a.json',
      )
    ).map(({ rule, message }) => `${rule} ${/`(\w+)`/.exec(message)?.[1]}`);
    expect(rules).toEqual([
      'asl/branch-program partition_map',
      'asl/passes-program workflow_config',
      'asl/branch-program partition_map',
      'asl/reinlines-program workflow_config',
      'asl/branch-program partition_map',
      'asl/passes-program workflow_config',
    ]);
  });

  it("is not what items of another list carry, nor the bag's map in a branch", async () => {
    expect(
      (await rulesOf({ Fork: fork('$.state_data.jobs', '$.state_data.partition_map') })).filter((rule) =>
        rule.startsWith('note'),
      ),
    ).toEqual([]);
  });
});

describe('JSONata', () => {
  const more = { QueryLanguage: 'JSONata' };

  it.each<[string, Json, readonly string[]]>([
    [
      'arguments',
      {
        Type: 'Task',
        Resource: 'x',
        Arguments: { Payload: { workflow_config: '{% $states.input.state_data.workflow_config %}' } },
        End: true,
      },
      ['error passes-program'],
    ],
    [
      'an object in an expression',
      { Type: 'Task', Resource: 'x', Arguments: '{% {"workflow_config": $states.input.workflow_config} %}', End: true },
      ['error passes-program'],
    ],
    [
      'an output that merges it in',
      {
        Type: 'Pass',
        Output: "{% $merge([$states.input, {'partition_map': $states.result.partition_map}]) %}",
        End: true,
      },
      ['error reinlines-program'],
    ],
    [
      'an output that is it',
      { Type: 'Pass', Output: '{% $states.input.`workflow_config` %}', End: true },
      ['error reinlines-program'],
    ],
    [
      'a variable',
      { Type: 'Pass', Assign: { workflow_config: '{% $states.input.workflow_config %}' }, End: true },
      ['error reinlines-program'],
    ],
    [
      'items',
      {
        Type: 'Map',
        Items: '{% $states.input.state_data.partition_map %}',
        ItemProcessor: { StartAt: 'A', States: { A: { Type: 'Pass', End: true } } },
        End: true,
      },
      ['error reads-program'],
    ],
    [
      'a condition',
      {
        Type: 'Choice',
        Choices: [{ Condition: '{% $count($states.input.partition_map[type = "llm"]) > 0 %}', Next: 'Run' }],
      },
      ['error reads-program'],
    ],
    [
      'a name given as text',
      { Type: 'Wait', Seconds: '{% $lookup($states.input, "workflow_config").wait %}', End: true },
      ['error reads-program'],
    ],
    [
      'a transform that takes it away',
      { Type: 'Pass', Output: '{% $states.input ~> |$|{}, ["workflow_config"]| %}', End: true },
      [],
    ],
    [
      'text and comments',
      {
        Type: 'Pass',
        Output: '{% "$states.input.workflow_config" & /* workflow_config */ $states.input.a %}',
        End: true,
      },
      [],
    ],
    ['no JSONata', { Type: 'Pass', Output: '{% {"workflow_config": %}', End: true }, ['error unread-expression']],
    ['a path that is text here', { Type: 'Pass', Output: { a: '$.workflow_config' }, End: true }, []],
    [
      'a state of the other language',
      { Type: 'Pass', QueryLanguage: 'JSONPath', Parameters: { 'partition_map.$': '$.partition_map' }, End: true },
      ['error reinlines-program'],
    ],
    [
      'the whole bag for items',
      {
        Type: 'Map',
        Items: '{% $states.input.jobs %}',
        ItemSelector: { bag: '{% $states.input.state_data.bag %}' },
        ItemProcessor: { StartAt: 'A', States: { A: { Type: 'Pass', End: true } } },
        End: true,
      },
      ['warning whole-bag'],
    ],
  ])('judges %s', async (_, state, expected) => {
    expect(await rulesOf({ Run: state }, more)).toEqual(expected);
  });

  it('points into the expression, through the escapes of JSON', async () => {
    const line =
      '    "A": {"Type": "Pass", "End": true, "Output": "{% {\\"a\\": 1, \\"partition_map\\": $states.input.partition_map} %}"}';
    const text = `{"QueryLanguage": "JSONata", "StartAt": "A",\n  "States": {\n${line}\n}}`;
    expect(await found(text)).toEqual([`error reinlines-program 3:${line.indexOf('\\"partition_map') + 1}`]);
  });
});

describe('YAML and templates', () => {
  const yaml = [
    'Resources:',
    '  Machine:',
    '    Type: AWS::Serverless::StateMachine',
    '    Properties:',
    '      Role: !GetAtt Role.Arn',
    '      Definition: # 정의',
    '        StartAt: Run',
    '        States:',
    '          Run:',
    '            Type: Task',
    '            Resource: !Sub "${Fn.Arn}"',
    '            Parameters:',
    '              한글: 값',
    '              partition_map.$: $.state_data.partition_map # the map',
    '            End: true',
    '',
  ].join('\n');

  it('finds a definition inside a template, with tags about', async () => {
    expect(await found(yaml, 'template.yaml')).toEqual(['error passes-program 14:15']);
    expect((await findingsIn(Buffer.from(yaml), 'template.yml'))[0]?.pointer).toBe(
      '/Resources/Machine/Properties/Definition/States/Run/Parameters/partition_map.$',
    );
    expect(await found(yaml, 'unnamed')).toEqual(['error passes-program 14:15']);
  });

  it('follows anchors, and tells of what they hold once', async () => {
    const text =
      'StartAt: A\nStates:\n  A:\n    Type: Pass\n    Parameters: &p\n      workflow_config.$: $.workflow_config\n    Next: B\n  B:\n    Type: Pass\n    Parameters: *p\n    End: true\n';
    expect(await found(text, 'a.yaml')).toEqual(['error reinlines-program 6:7']);
  });

  it.each([
    ['a block of text', (json: string) => `A:\n  DefinitionString: !Sub |\n${json.replace(/^/gm, '    ')}\n`],
    [
      'Fn::Sub with a list',
      (json: string) =>
        `A:\n  DefinitionString:\n    Fn::Sub:\n      - |-\n${json.replace(/^/gm, '          ')}\n      - {x: y}\n`,
    ],
  ])('finds a definition in %s', async (_, wrap) => {
    const text = wrap(machineText({ Run: taskWith(FLAT_PAYLOAD) }));
    const lines = text.split('\n');
    const places = ['workflow_config', 'partition_map'].map((name) => {
      const line = lines.findIndex((candidate) => candidate.includes(`"${name}.$"`));
      return `error passes-program ${line + 1}:${lines[line]!.indexOf('"') + 1}`;
    });
    expect(await found(text, 'a.yaml')).toEqual(places);
  });

  it('finds a definition in a JSON string of a JSON template', async () => {
    const inner = machineText({ Run: taskWith(FLAT_PAYLOAD) });
    const text = `{"DefinitionString": ${JSON.stringify(inner)}}`;
    const places = ['workflow_config', 'partition_map'].map(
      (name) => `error passes-program 1:${text.indexOf(`\\"${name}.$`) + 1}`,
    );
    expect(await found(text)).toEqual(places);
  });
});
