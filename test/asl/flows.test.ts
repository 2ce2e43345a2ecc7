import { describe, expect, it } from 'vitest';
import { findingsIn, patchDefinition } from './commands.js';
import { INVOKE } from '../e2e/state-machine/invoke-states.js';
import { machineText, taskWith } from './machines.js';

type Json = Readonly<Record<string, unknown>>;

const OWN = { 'ownerId.$': '$.bag.ownerId', 'segment_to_run.$': '$.bag.segment_to_run' };
const MADE = { 'ownerId.$': '$.made.ownerId', 'segment_to_run.$': '$.made.segment_to_run' };
const J_OWN = { ownerId: '{% $states.input.bag.ownerId %}', segment_to_run: '{% $states.input.bag.segment_to_run %}' };

const pass = (more: Json): Json => ({ Type: 'Pass', ...more, Next: 'Run' });
const lambda = (payload: unknown, more: Json = {}): Json => ({
  Type: 'Task',
  Resource: INVOKE,
  Arguments: { FunctionName: 'f', Payload: payload },
  End: true,
  ...more,
});
const item = (payload: Json): Json => ({ StartAt: 'Item', States: { Item: taskWith(payload) } });
const itemPass = { StartAt: 'Item', States: { Item: { Type: 'Pass', End: true } } };

async function patch(
  states: Json,
  language?: 'JSONata',
): Promise<{
  readonly states: Readonly<Record<string, Json>>;
  readonly errors: readonly string[];
  readonly isSame: boolean;
}> {
  const before = machineText(states, language ? { QueryLanguage: language } : {});
  const { patched, findings } = await patchDefinition(before, 'a.json');
  return {
    states: (JSON.parse(patched.toString()) as { readonly States: Readonly<Record<string, Json>> }).States,
    errors: findings.filter(({ level }) => level === 'error').map(({ message }) => message),
    isSame: patched.toString() === before,
  };
}

describe('a field that was computed on its way', () => {
  const run = taskWith({ 'partition_map.$': '$.made.partition_map', ...MADE });
  const runJsonata = (partition_map: string) => lambda({ partition_map: `{% ${partition_map} %}`, ...J_OWN });

  it.each<[string, Json]>([
    [
      'a Pass state sliced it',
      {
        Make: pass({ Parameters: { 'partition_map.$': '$.bag.partition_map[0:2]', ...OWN }, ResultPath: '$.made' }),
        Run: run,
      },
    ],
    [
      'a Pass state took one element',
      {
        Make: pass({ Parameters: { 'partition_map.$': '$.bag.partition_map[0]', ...OWN }, ResultPath: '$.made' }),
        Run: run,
      },
    ],
    [
      'two Pass states handed it on',
      {
        Make: pass({
          Parameters: { 'partition_map.$': 'States.ArrayPartition($.bag.partition_map, 2)' },
          ResultPath: '$.first',
        }),
        More: pass({ Parameters: { 'partition_map.$': '$.first.partition_map', ...OWN }, ResultPath: '$.made' }),
        Run: run,
      },
    ],
    [
      'a merge made the object',
      { Make: pass({ Parameters: { 'made.$': 'States.JsonMerge($.bag, $.result.Payload, false)' } }), Run: run },
    ],
    ['a filter chose the object', { Make: pass({ Parameters: { 'made.$': "$.bags[?(@.kind=='x')]" } }), Run: run }],
    [
      'a Pass state put something into it',
      { Make: pass({ Result: 'x', ResultPath: '$.made.partition_map[0].model' }), Run: run },
    ],
    [
      'a task put its result into it',
      {
        Make: taskWith({ 'a.$': '$.a' }, { ResultPath: '$.made.partition_map[0].answer', End: undefined, Next: 'Run' }),
        Run: run,
      },
    ],
    [
      'a Pass state built it',
      {
        Make: pass({ Parameters: { partition_map: [{ 'nodes.$': '$.bag.nodes' }], ...OWN }, ResultPath: '$.made' }),
        Run: run,
      },
    ],
    [
      'a variable holds a slice',
      {
        Make: pass({ Assign: { 'partition_map.$': '$.bag.partition_map[0:2]' } }),
        Run: taskWith({ 'partition_map.$': '$partition_map', ...OWN }),
      },
    ],
    [
      'a variable of another name holds it',
      {
        Make: pass({ Assign: { 'chosen.$': '$.bag.partition_map[0:2]' } }),
        Run: taskWith({ 'partition_map.$': '$chosen', ...OWN }),
      },
    ],
    [
      'a variable holds a merged bag',
      {
        Make: pass({ Assign: { 'made.$': 'States.JsonMerge($.bag, $.overrides, false)' } }),
        Run: taskWith({ 'workflow_config.$': '$made.workflow_config', ...OWN }),
      },
    ],
    [
      'nothing assigns the variable',
      { Make: pass({}), Run: taskWith({ 'partition_map.$': '$partition_map', ...OWN }) },
    ],
    [
      'a selector kept a slice of the result',
      {
        Make: taskWith(
          { 'a.$': '$.a' },
          {
            ResultSelector: {
              'partition_map.$': '$.Payload.partition_map[1:]',
              'segment_to_run.$': '$.Payload.segment_to_run',
              'ownerId.$': '$.Payload.ownerId',
            },
            ResultPath: '$.made',
            End: undefined,
            Next: 'Run',
          },
        ),
        Run: run,
      },
    ],
    [
      'a function was given a slice and answers with it',
      {
        Make: taskWith(
          { 'partition_map.$': '$.bag.partition_map[0:2]', ...OWN },
          {
            ResultSelector: { 'partition_map.$': '$.Payload.partition_map', ...{ 'ownerId.$': '$.Payload.ownerId' } },
            ResultPath: '$.made',
            End: undefined,
            Next: 'Run',
          },
        ),
        Run: run,
      },
    ],
    [
      'a branch of a Parallel state got a slice',
      {
        Make: {
          Type: 'Parallel',
          Parameters: { 'partition_map.$': '$.bag.partition_map[0:2]', ...OWN },
          Branches: [
            item({
              'partition_map.$': '$.partition_map',
              'ownerId.$': '$.ownerId',
              'segment_to_run.$': '$.segment_to_run',
            }),
          ],
          Next: 'Run',
        },
        Run: { Type: 'Succeed' },
      },
    ],
    [
      'an item of a Map got a slice',
      {
        Make: {
          Type: 'Map',
          ItemsPath: '$.jobs',
          ItemSelector: { 'partition_map.$': '$.bag.partition_map[0:2]', ...OWN },
          ItemProcessor: item({
            'partition_map.$': '$.partition_map',
            'ownerId.$': '$.ownerId',
            'segment_to_run.$': '$.segment_to_run',
          }),
          Next: 'Run',
        },
        Run: { Type: 'Succeed' },
      },
    ],
    [
      'one of several states slices it',
      {
        Make: pass({ Assign: { 'partition_map.$': '$.bag.partition_map' } }),
        Slice: pass({ Assign: { 'partition_map.$': '$partition_map[0:2]' } }),
        Run: taskWith({ 'partition_map.$': '$partition_map', ...OWN }),
      },
    ],
    [
      'the input is a list',
      {
        Make: pass({}),
        Run: taskWith({ 'partition_map.$': '$.partition_map', 'ownerId.$': '$.ownerId' }, { InputPath: '$.bags[0:1]' }),
      },
    ],
    [
      'a condition asks for a slice',
      {
        Make: pass({ Parameters: { 'partition_map.$': '$.bag.partition_map[0:2]' }, ResultPath: '$.made' }),
        Run: {
          Type: 'Choice',
          Choices: [{ Variable: '$.made.partition_map', IsPresent: true, Next: 'Make' }],
          Default: 'Make',
        },
      },
    ],
    [
      'a Map goes over a slice',
      {
        Make: pass({ Parameters: { 'partition_map.$': '$.bag.partition_map[0:2]' }, ResultPath: '$.made' }),
        Run: {
          Type: 'Map',
          ItemsPath: '$.made.partition_map',
          ItemSelector: { 'segment_config.$': '$$.Map.Item.Value' },
          ItemProcessor: itemPass,
          End: true,
        },
      },
    ],
    [
      'a config is copied over the one beside a map',
      {
        Make: pass({ InputPath: '$.fork.workflow_config', ResultPath: '$.made.workflow_config' }),
        Run: taskWith({ 'workflow_config.$': '$.made.workflow_config', ...MADE }),
      },
    ],
    [
      'a branch computes it',
      {
        P: {
          Type: 'Parallel',
          Branches: [
            {
              StartAt: 'X',
              States: {
                X: {
                  Type: 'Pass',
                  Parameters: {
                    'workflow_config.$': 'States.JsonMerge($.bag.workflow_config, $.o, false)',
                    'ownerId.$': '$.bag.ownerId',
                  },
                  End: true,
                },
              },
            },
            itemPass,
          ],
          ResultPath: '$.res',
          Next: 'Run',
        },
        Run: taskWith({ 'workflow_config.$': '$.res[0].workflow_config', 'ownerId.$': '$.res[0].ownerId' }),
      },
    ],
    [
      'an item computes it and a selector keeps it',
      {
        E: {
          Type: 'Map',
          ItemsPath: '$.jobs',
          ItemProcessor: {
            StartAt: 'X',
            States: {
              X: { Type: 'Pass', Parameters: { 'workflow_config.$': 'States.JsonMerge($.c, $.o, false)' }, End: true },
            },
          },
          ResultSelector: { 'workflow_config.$': '$[0].workflow_config', 'ownerId.$': '$[0].ownerId' },
          ResultPath: '$.made',
          Next: 'Run',
        },
        Run: taskWith({ 'workflow_config.$': '$.made.workflow_config', ...MADE }),
      },
    ],
    [
      'a branch in a branch merges the bag',
      {
        P: {
          Type: 'Parallel',
          Branches: [
            {
              StartAt: 'Q',
              States: {
                Q: {
                  Type: 'Parallel',
                  Branches: [
                    {
                      StartAt: 'X',
                      States: {
                        X: { Type: 'Pass', Parameters: { 'bag.$': 'States.JsonMerge($.bag, $.o, false)' }, End: true },
                      },
                    },
                  ],
                  End: true,
                },
              },
            },
          ],
          ResultPath: '$.res',
          Next: 'Run',
        },
        Run: taskWith({ 'workflow_config.$': '$.res[0][0].bag.workflow_config', 'ownerId.$': '$.o' }),
      },
    ],
    [
      'a catcher puts its error there',
      {
        Try: taskWith(
          { 'x.$': '$.x' },
          {
            ResultPath: null,
            End: undefined,
            Next: 'Run',
            Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.bag.workflow_config', Next: 'Run' }],
          },
        ),
        Run: taskWith({ 'workflow_config.$': '$.bag.workflow_config', ...OWN }),
      },
    ],
    [
      'a catcher puts its error into it',
      {
        Try: taskWith(
          { 'x.$': '$.x' },
          {
            ResultPath: null,
            End: undefined,
            Next: 'Run',
            Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.bag.partition_map[0].error', Next: 'Run' }],
          },
        ),
        Run: taskWith({ 'partition_map.$': '$.bag.partition_map', ...OWN }),
      },
    ],
    [
      'a Pass state copies a map over another bag',
      {
        Make: pass({ InputPath: '$.bag.partition_map', ResultPath: '$.fork.partition_map' }),
        Run: taskWith({ 'bag.$': '$.fork' }),
      },
    ],
    [
      "a branch's map is copied",
      { Make: pass({ InputPath: '$.result.branches[0].partition_map', ResultPath: '$.made.partition_map' }), Run: run },
    ],
  ])('is left where %s', async (_, states) => {
    const { errors, isSame } = await patch(states);
    expect(isSame).toBe(true);
    expect(errors.length).toBeGreaterThan(0);
  });

  it.each<[string, Json]>([
    [
      'an output merged two objects',
      {
        Make: pass({ Output: '{% $merge([$states.input, $states.input.overrides]) %}' }),
        Run: runJsonata('$states.input.bag.partition_map'),
      },
    ],
    [
      'an output merged a config alone',
      {
        Make: pass({
          Output: "{% $merge([$states.input.bag, {'workflow_config': $states.input.fork.workflow_config}]) %}",
        }),
        Run: lambda({ workflow_config: '{% $states.input.workflow_config %}', ...J_OWN }),
      },
    ],
    [
      'an output merged what it computed',
      {
        Make: pass({
          Output: "{% $merge([$states.input.bag, {'partition_map': $reverse($states.input.bag.partition_map)}]) %}",
        }),
        Run: runJsonata('$states.input.partition_map'),
      },
    ],
    [
      'an output chose',
      {
        Make: pass({ Output: '{% $states.input.a ? $states.input.fork : $states.input %}' }),
        Run: runJsonata('$states.input.bag.partition_map'),
      },
    ],
    [
      'a variable holds a filtered map',
      {
        Make: pass({
          Assign: { partition_map: '{% $filter($states.input.bag.partition_map, function($s) {$s.id > 1}) %}' },
        }),
        Run: runJsonata('$partition_map'),
      },
    ],
    [
      'a variable of another name does',
      {
        Make: pass({ Assign: { pm: '{% $filter($states.input.bag.partition_map, function($s) {$s.id > 1}) %}' } }),
        Run: runJsonata('$pm'),
      },
    ],
    ['an element of an array is it', { Make: pass({}), Run: lambda(['{% $states.input.bag.partition_map %}']) }],
    [
      'an argument of a command is it',
      { Make: pass({}), Run: lambda({ Command: ['run', '{% $string($states.input.workflow_config) %}'] }) },
    ],
    [
      'items are a list of it',
      {
        Make: pass({}),
        Run: { Type: 'Map', Items: ['{% $states.input.partition_map %}'], ItemProcessor: itemPass, End: true },
      },
    ],
    [
      'a function builds an object for each',
      {
        Make: pass({}),
        Run: lambda(
          "{% $map($states.input.bag.partition_map, function($s) {{'partition_map': $states.input.bag.partition_map, 'ownerId': $states.input.bag.ownerId, 'part': $s}}) %}",
        ),
      },
    ],
    [
      'it is merged over another bag in an output',
      {
        Make: pass({
          Output: "{% $merge([$states.input.fork, {'partition_map': $states.input.bag.partition_map}]) %}",
        }),
        Run: lambda('{% $states.input %}'),
      },
    ],
    [
      'both fields are merged over another bag in a variable',
      {
        Make: pass({
          Assign: {
            b: "{% $merge([$states.input.fork, {'workflow_config': $states.input.bag.workflow_config, 'partition_map': $states.input.bag.partition_map}]) %}",
          },
        }),
        Run: lambda({ bag: '{% $b %}' }),
      },
    ],
    [
      'an answer is merged over a bag that was not given',
      {
        Make: {
          ...lambda({ partition_map: '{% $reverse($states.input.bag.partition_map) %}', ...J_OWN }),
          End: undefined,
          Next: 'Run',
          Output: "{% $merge([$states.input.fork, {'partition_map': $states.result.Payload.partition_map}]) %}",
        },
        Run: lambda('{% $states.input %}'),
      },
    ],
    [
      'an output builds an event without an owner',
      {
        Make: pass({
          Output:
            "{% {'workflow_config': $states.input.bag.workflow_config, 'segment_to_run': $states.input.bag.segment_to_run} %}",
        }),
        Run: lambda('{% $states.input %}'),
      },
    ],
    [
      'a variable holds an event without an owner',
      {
        Make: pass({
          Assign: { ev: "{% {'workflow_config': $states.input.bag.workflow_config, 'segment_to_run': 0} %}" },
        }),
        Run: lambda('{% $ev %}'),
      },
    ],
    [
      'a part behind it is merged over it',
      {
        Make: pass({
          Assign: {
            v: "{% $merge([{'partition_map': $states.input.bag.partition_map, 'ownerId': 'o'}, $states.input.overrides]) %}",
          },
        }),
        Run: lambda({}),
      },
    ],
    [
      'parts on both sides are merged',
      {
        Make: pass({
          Assign: {
            v: "{% $merge([$states.input.bag, {'partition_map': $states.input.bag.partition_map, 'ownerId': 'o'}, $states.input.more]) %}",
          },
        }),
        Run: lambda({}),
      },
    ],
    [
      'two parts in front are merged',
      {
        Make: pass({
          Assign: {
            v: "{% $merge([$states.input.bag, $states.input.o, {'partition_map': $states.input.bag.partition_map, 'ownerId': 'o'}]) %}",
          },
        }),
        Run: lambda({}),
      },
    ],
    [
      'it is merged over an element',
      {
        Make: pass({
          Assign: {
            v: "{% $merge([$states.input.bag[0], {'partition_map': $states.input.bag.partition_map, 'ownerId': 'o'}]) %}",
          },
        }),
        Run: lambda({}),
      },
    ],
    [
      'it is merged over an answer',
      {
        Make: pass({
          Assign: {
            v: "{% $merge([$f($states.input), {'partition_map': $states.input.bag.partition_map, 'ownerId': 'o'}]) %}",
          },
        }),
        Run: lambda({}),
      },
    ],
    [
      'a merged object has a computed name',
      {
        Make: pass({
          Assign: {
            v: "{% $merge([$states.input.bag, {$states.input.k: 1, 'partition_map': $states.input.bag.partition_map, 'ownerId': 'o'}]) %}",
          },
        }),
        Run: lambda({}),
      },
    ],
    [
      'an object has a computed name',
      {
        Make: pass({}),
        Run: lambda("{% {$states.input.k: 1, 'partition_map': $states.input.bag.partition_map, 'ownerId': 'o'} %}"),
      },
    ],
    [
      'an object with a bag of its own has a computed one beside it',
      {
        Make: pass({}),
        Run: lambda(
          "{% {'partition_map': $states.input.bag.partition_map, 'ownerId': 'o', 'bag': $states.input.fork} %}",
        ),
      },
    ],
    [
      'an object is merged into a payload',
      {
        Make: pass({}),
        Run: lambda(
          "{% $merge([$states.input.bag, {'partition_map': $states.input.fork.partition_map, 'ownerId': $states.input.bag.ownerId}]) %}",
        ),
      },
    ],
    [
      'an object says a computed index',
      {
        Make: pass({}),
        Run: lambda(
          "{% {'partition_map': $states.input.bag.partition_map, 'ownerId': $states.input.bag.ownerId, 'segment_to_run': $states.input.bag.segment_to_run + 1} %}",
        ),
      },
    ],
    [
      'an object has another field of another bag',
      {
        Make: pass({}),
        Run: lambda(
          "{% {'workflow_config': $states.input.a.workflow_config, 'partition_map': $states.input.b.partition_map, 'ownerId': $states.input.a.ownerId, 'segment_to_run': $states.input.a.segment_to_run} %}",
        ),
      },
    ],
    [
      'an object has a computed field beside it',
      {
        Make: pass({}),
        Run: lambda(
          "{% {'workflow_config': $states.input.a.workflow_config, 'partition_map': $reverse($states.input.a.partition_map), 'ownerId': $states.input.a.ownerId, 'segment_to_run': $states.input.a.segment_to_run} %}",
        ),
      },
    ],
    [
      'a variable of the expression has its name',
      {
        Make: pass({}),
        Run: lambda(
          "{% ($partition_map := $reverse($states.input.bag.partition_map); {'partition_map': $partition_map, 'ownerId': $states.input.bag.ownerId, 'segment_to_run': 0}) %}",
        ),
      },
    ],
    [
      'one of several objects is taken',
      { Make: pass({}), Run: lambda("{% {'partition_map': $states.input.bag.partition_map, 'ownerId': 'o'}[0] %}") },
    ],
    [
      'the object is turned into text',
      {
        Make: pass({}),
        Run: lambda(
          "{% $string({'partition_map': $states.input.bag.partition_map, 'ownerId': $states.input.bag.ownerId}) %}",
        ),
      },
    ],
  ])('is left in JSONata where %s', async (_, states) => {
    const { errors, isSame } = await patch(states, 'JSONata');
    expect(isSame).toBe(true);
    expect(errors.length).toBeGreaterThan(0);
  });
});

describe('a payload that cannot be changed for certain', () => {
  it.each<[string, Json]>([
    ['has no owner', { 'partition_map.$': '$.bag.partition_map', 'segment_to_run.$': '$.bag.segment_to_run' }],
    ['has an owner that is nothing', { 'partition_map.$': '$.bag.partition_map', ownerId: null }],
    [
      'has a segment out of the map and no owner',
      { 'segment_config.$': 'States.ArrayGetItem($.bag.partition_map, $.bag.segment_to_run)' },
    ],
    [
      'has the fields of two bags',
      { 'workflow_config.$': '$.a.workflow_config', 'partition_map.$': '$.b.partition_map', ...OWN },
    ],
    [
      'has a computed field beside it',
      {
        'workflow_config.$': 'States.JsonMerge($.bag.workflow_config, $.o, false)',
        'partition_map.$': '$.bag.partition_map',
        ...OWN,
      },
    ],
    [
      'has a program written out beside it',
      { workflow_config: { nodes: [1] }, 'partition_map.$': '$.bag.partition_map', ...OWN },
    ],
    [
      'has a path to another manifest',
      {
        'partition_map.$': '$.bag.partition_map',
        'segment_manifest_s3_path.$': '$.fork.segment_manifest_s3_path',
        ...OWN,
      },
    ],
    ['has a bag beside it that is another', { 'partition_map.$': '$.other.partition_map', 'bag.$': '$.bag', ...OWN }],
    [
      'has the bag of a branch beside it',
      { 'partition_map.$': '$.bag.partition_map', 'state_data.$': '$.fork', ...OWN },
    ],
    [
      'has an event beside it that is another',
      { 'workflow_config.$': '$.bag.workflow_config', 'Payload.$': '$.fork', ...OWN },
    ],
    [
      'has a bag that is written out beside it',
      { 'workflow_config.$': '$.bag.workflow_config', state_bag: { 'ownerId.$': '$.fork.ownerId' }, ...OWN },
    ],
    [
      'has another manifest beside it',
      { 'partition_map.$': '$.bag.partition_map', 'segment_manifest.$': '$.fork.segment_manifest', ...OWN },
    ],
    [
      'has a path that is nothing',
      { 'partition_map.$': '$.bag.partition_map', segment_manifest_s3_path: null, ...OWN },
    ],
    ['has a segment that is nothing', { 'partition_map.$': '$.bag.partition_map', segment_config: null, ...OWN }],
    [
      'has a segment that is computed from the map',
      { 'partition_map.$': '$.bag.partition_map', 'segment_config.$': '$.bag.partition_map[1]', ...OWN },
    ],
    ['has an index that is text', { 'partition_map.$': '$.bag.partition_map', ...OWN, segment_id: '1' }],
    [
      'has an index that says another segment',
      {
        'segment_config.$': 'States.ArrayGetItem($.bag.partition_map, $.bag.segment_to_run)',
        'ownerId.$': '$.bag.ownerId',
        'segment_index.$': '$.next',
      },
    ],
  ])('is left as it is when it %s', async (_, payload) => {
    const { errors, isSame } = await patch({ Run: taskWith(payload) });
    expect(isSame).toBe(true);
    expect(errors.length).toBeGreaterThan(0);
  });

  const made = (object: Json): Json => ({
    Make: pass({ Parameters: { 'partition_map.$': '$.bag.partition_map', ...object }, ResultPath: '$.made' }),
  });
  it.each<[string, Json]>([
    ['the payload', taskWith({}, { Parameters: { FunctionName: 'f', 'Payload.$': '$.made' } })],
    [
      'the input of a task',
      { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:1:function:f', InputPath: '$.made', End: true },
    ],
    ['a bag in the payload', taskWith({ 'state_data.$': '$.made' })],
    [
      'the input of a branch',
      {
        Type: 'Parallel',
        InputPath: '$.made',
        Branches: [
          {
            StartAt: 'T',
            States: { T: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:1:function:f', End: true } },
          },
        ],
        End: true,
      },
    ],
    [
      'the bag in an item',
      {
        Type: 'Map',
        ItemsPath: '$.jobs',
        ItemSelector: { 'x.$': '$.made' },
        ItemProcessor: item({ 'bag.$': '$.x' }),
        End: true,
      },
    ],
  ])('is left where a Pass state makes it, without an owner, and it is %s', async (_, Run) => {
    expect(await patch({ ...made({ segment_to_run: 0 }), Run })).toMatchObject({
      isSame: true,
      errors: ['state "Make" re-inlines `partition_map` in `Parameters`'],
    });
    expect(await patch({ ...made(OWN), Run })).toMatchObject({ isSame: false, errors: [] });
  });

  it.each<[string, Json]>([
    [
      'is copied before',
      {
        Make: pass({ Parameters: { 'partition_map.$': '$.bag.partition_map' }, ResultPath: '$.ev' }),
        Copy: pass({ Parameters: { 'x.$': '$.ev' } }),
        Run: taskWith({}, { Parameters: { FunctionName: 'f', 'Payload.$': '$.x' } }),
      },
    ],
    [
      'is a bag in the input of a task',
      {
        Make: pass({ Parameters: { 'partition_map.$': '$.bag.partition_map' }, ResultPath: '$.bag' }),
        Run: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:1:function:f', End: true },
      },
    ],
    [
      'goes through a Parallel state without parameters',
      {
        Make: pass({ Parameters: { 'partition_map.$': '$.bag.partition_map' } }),
        Run: {
          Type: 'Parallel',
          Branches: [
            {
              StartAt: 'T',
              States: { T: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:1:function:f', End: true } },
            },
          ],
          End: true,
        },
      },
    ],
  ])('is left where a Pass state makes it, without an owner, and it %s', async (_, states) => {
    expect(await patch(states)).toMatchObject({
      isSame: true,
      errors: ['state "Make" re-inlines `partition_map` in `Parameters`'],
    });
  });

  it('says what to add when it names no owner', async () => {
    const text = machineText({ Run: taskWith({ 'partition_map.$': '$.bag.partition_map' }) });
    expect(await findingsIn(Buffer.from(text), 'a.json')).toMatchObject([
      { rule: 'asl/passes-program', hint: expect.stringContaining('add `ownerId` from the bag') as string },
    ]);
  });

  it('is changed when the whole bag goes along, which names its owner', async () => {
    const { states, errors } = await patch({
      Run: taskWith({ 'partition_map.$': '$.bag.partition_map', 'state_data.$': '$.bag' }),
    });
    expect(errors).toEqual([]);
    expect(states.Run).toMatchObject({
      Parameters: {
        Payload: { 'segment_manifest_s3_path.$': '$.bag.segment_manifest_s3_path', 'state_data.$': '$.bag' },
      },
    });
  });
});

describe('an item of a Map over segments', () => {
  const over = (items: string, selector: Json, more: Json = {}): Json => ({
    Each: { Type: 'Map', ItemsPath: items, ItemSelector: selector, ItemProcessor: itemPass, End: true, ...more },
  });

  it.each([
    ['ItemSelector', 'ItemProcessor'],
    ['Parameters', 'Iterator'],
  ])(
    'is given its own segment, with %s and %s, when the same patch makes it an entry of the manifest',
    async (selector, processor) => {
      const { states, errors } = await patch({
        Each: {
          Type: 'Map',
          ItemsPath: '$.bag.partition_map',
          [selector]: { 'workflow_config.$': '$.bag.workflow_config', 'part.$': '$$.Map.Item.Value' },
          [processor]: item({ 'workflow_config.$': '$.workflow_config', 'part.$': '$.part' }),
          End: true,
        },
      });
      expect(errors).toEqual([]);
      expect(states.Each).toMatchObject({
        ItemsPath: '$.bag.segment_manifest',
        [selector]: {
          'segment_config.$': '$$.Map.Item.Value.segment_config',
          'part.$': '$$.Map.Item.Value.segment_config',
        },
        [processor]: {
          States: { Item: { Parameters: { Payload: { 'segment_config.$': '$.segment_config', 'part.$': '$.part' } } } },
        },
      });
      expect(JSON.stringify(states)).not.toContain('segment_index');
    },
  );

  it('is given its own segment when it says its own place as the index', async () => {
    const { states, errors } = await patch(
      over('$.bag.partition_map', {
        'partition_map.$': '$.bag.partition_map',
        'segment_to_run.$': '$$.Map.Item.Index',
      }),
    );
    expect(errors).toEqual([]);
    expect(states.Each).toMatchObject({
      ItemSelector: { 'segment_config.$': '$$.Map.Item.Value.segment_config', 'segment_to_run.$': '$$.Map.Item.Index' },
    });
  });

  it('is given its own segment in JSONata', async () => {
    const { states, errors } = await patch(
      {
        Each: {
          Type: 'Map',
          Items: '{% $states.input.bag.partition_map %}',
          ItemSelector: {
            workflow_config: '{% $states.input.bag.workflow_config %}',
            all: ['{% $states.context.Map.Item.Value %}'],
          },
          ItemProcessor: itemPass,
          End: true,
        },
      },
      'JSONata',
    );
    expect(errors).toEqual([]);
    expect(states.Each).toMatchObject({
      Items: '{% $states.input.bag.segment_manifest %}',
      ItemSelector: {
        segment_config: '{% $states.context.Map.Item.Value.segment_config %}',
        all: ['{% $states.context.Map.Item.Value.segment_config %}'],
      },
    });
  });

  const config = { 'workflow_config.$': '$.bag.workflow_config', 'ownerId.$': '$.bag.ownerId' };
  it.each<[string, Json]>([
    ['says the index of the bag', over('$.bag.partition_map', { ...config, ...OWN })],
    ['says the index of the bag, of the manifest', over('$.bag.segment_manifest', { ...config, ...OWN })],
    [
      'has the whole map and no index',
      over('$.bag.partition_map', {
        ...config,
        'partition_map.$': '$.bag.partition_map',
        'index.$': '$$.Map.Item.Index',
      }),
    ],
    ['is out of a slice', over('$.bag.partition_map[0:2]', { ...config, 'part.$': '$$.Map.Item.Value' })],
    [
      'is out of a part of the manifest',
      over('$.bag.segment_manifest[1:]', { ...config, 'part.$': '$$.Map.Item.Value' }),
    ],
    [
      'is made in batches',
      over(
        '$.bag.segment_manifest',
        { 'a.$': '$$.Map.Item.Value' },
        { ItemBatcher: { MaxItemsPerBatch: 2, BatchInput: config } },
      ),
    ],
    [
      'is read from elsewhere',
      {
        Each: {
          Type: 'Map',
          ItemReader: { Resource: 'arn:aws:states:::s3:getObject', Parameters: { 'Bucket.$': '$.b', 'Key.$': '$.k' } },
          ItemSelector: config,
          ItemProcessor: itemPass,
          End: true,
        },
      },
    ],
    [
      'is of a variable that holds the map',
      { Set: { Type: 'Pass', Assign: { 'list.$': '$.bag.partition_map' }, Next: 'Each' }, ...over('$list', config) },
    ],
    [
      'is of a place that holds the map',
      {
        Set: { Type: 'Pass', InputPath: '$.bag.partition_map', ResultPath: '$.list', Next: 'Each' },
        ...over('$.list', config),
      },
    ],
    [
      'is read in a later state',
      {
        Each: {
          Type: 'Map',
          ItemsPath: '$.bag.segment_manifest',
          ItemSelector: { 'a.$': '$$.Map.Item.Value', 'bag.$': '$.bag' },
          ItemProcessor: {
            StartAt: 'Wait',
            States: {
              Wait: { Type: 'Wait', Seconds: 1, Next: 'Item' },
              Item: taskWith({ 'partition_map.$': '$.bag.partition_map', ...OWN }),
            },
          },
          End: true,
        },
      },
    ],
    [
      'is read inside the Map',
      over('$.bag.partition_map', config, { ItemProcessor: item({ 'part.$': '$$.Map.Item.Value' }) }),
    ],
    ['is read with what is around it', over('$.bag.partition_map', { ...config, 'item.$': '$$.Map.Item' })],
    [
      'has a computed field beside it',
      over('$.bag.partition_map', {
        'workflow_config.$': 'States.JsonMerge($.bag.workflow_config, $.o, false)',
        'segment_config.$': '$$.Map.Item.Value',
      }),
    ],
    [
      'has no selector',
      {
        Each: {
          Type: 'Map',
          ItemsPath: '$.bag.partition_map',
          ItemProcessor: item({ 'workflow_config.$': '$.workflow_config', 'ownerId.$': '$.ownerId' }),
          End: true,
        },
      },
    ],
  ])('is left as it is when it %s', async (_, states) => {
    const { errors, isSame } = await patch(states);
    expect(isSame).toBe(true);
    expect(errors.length).toBeGreaterThan(0);
  });

  const work = (inner: Json, selector: Json = { 'bag.$': '$.bag', 'idx.$': '$$.Map.Item.Index' }): Json => ({
    Each: { Type: 'Map', ItemsPath: '$.work', ItemSelector: selector, ItemProcessor: inner, End: true },
  });
  const part: Json = { 'partition_map.$': '$.bag.partition_map', 'ownerId.$': '$.bag.ownerId', 'part.$': '$.idx' };
  it.each<[string, Json]>([
    ['a task in it is given the map', work(item(part))],
    [
      'a task in it is given the config',
      work(item({ 'workflow_config.$': '$.bag.workflow_config', 'ownerId.$': '$.bag.ownerId' })),
    ],
    [
      'a task in a branch in it is given the map',
      work({
        StartAt: 'P',
        States: {
          P: {
            Type: 'Parallel',
            Parameters: { 'bag.$': '$.bag', 'idx.$': '$.idx' },
            Branches: [item(part)],
            End: true,
          },
        },
      }),
    ],
    [
      'a branch in it is given the map',
      work({ StartAt: 'P', States: { P: { Type: 'Parallel', Parameters: part, Branches: [itemPass], End: true } } }),
    ],
    [
      'a later task in it is given the map',
      work({ StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 1, Next: 'Item' }, Item: taskWith(part) } }),
    ],
    [
      'a batch of it is given the config',
      {
        Each: {
          Type: 'Map',
          ItemsPath: '$.work',
          ItemBatcher: { MaxItemsPerBatch: 2, BatchInput: config },
          ItemProcessor: itemPass,
          End: true,
        },
      },
    ],
  ])('of a Map over something else is never given the index of the bag: %s', async (_, states) => {
    const { errors, isSame } = await patch(states);
    expect(isSame).toBe(true);
    expect(errors.length).toBeGreaterThan(0);
  });

  it('of a Map over something else keeps the index that a task in it says', async () => {
    const { errors, states } = await patch(work(item({ ...part, 'segment_id.$': '$.idx' })));
    expect(errors).toEqual([]);
    expect(JSON.stringify(states)).toContain('"segment_index.$":"$.idx"');
  });

  it('of a Map over something else is given the path, and no index that it did not have', async () => {
    const { states, errors } = await patch(over('$.jobs', config));
    expect(errors).toEqual([]);
    expect((states.Each as { readonly ItemSelector: Json }).ItemSelector).toEqual({
      'segment_manifest_s3_path.$': '$.bag.segment_manifest_s3_path',
      'ownerId.$': '$.bag.ownerId',
    });
  });
});

describe('a value that is the field itself', () => {
  const payload = (before: Json, after: Json): [Json, Json] => [
    { Run: taskWith(before) },
    { Run: { Parameters: { Payload: after } } },
  ];

  it.each<[string, Json, Json]>([
    [
      'in a payload',
      ...payload(
        { 'workflow_config.$': '$.bag.workflow_config', ...OWN },
        { 'segment_manifest_s3_path.$': '$.bag.segment_manifest_s3_path', 'segment_index.$': '$.bag.segment_to_run' },
      ),
    ],
    [
      'in brackets',
      ...payload(
        { 'partition_map.$': "$['bag']['partition_map']", ...OWN },
        { 'segment_manifest_s3_path.$': "$['bag'].segment_manifest_s3_path" },
      ),
    ],
    [
      'in one element of a list',
      ...payload(
        { 'partition_map.$': '$.results[0].partition_map', ...OWN },
        { 'segment_manifest_s3_path.$': '$.results[0].segment_manifest_s3_path' },
      ),
    ],
    [
      'in a variable',
      {
        Set: { Type: 'Pass', Assign: { 'partition_map.$': '$.bag.partition_map' }, Next: 'Run' },
        Run: taskWith({ 'partition_map.$': '$partition_map', ...OWN }),
      },
      {
        Set: { Assign: { 'segment_manifest_s3_path.$': '$.bag.segment_manifest_s3_path' } },
        Run: { Parameters: { Payload: { 'segment_manifest_s3_path.$': '$segment_manifest_s3_path' } } },
      },
    ],
    [
      'in a bag that a variable holds',
      {
        Set: { Type: 'Pass', Assign: { 'bag.$': '$.bag' }, Next: 'Run' },
        Run: taskWith({ 'partition_map.$': '$bag.partition_map', ...OWN }),
      },
      { Run: { Parameters: { Payload: { 'segment_manifest_s3_path.$': '$bag.segment_manifest_s3_path' } } } },
    ],
    [
      'in a Pass state and behind it',
      {
        Make: {
          Type: 'Pass',
          Parameters: { 'partition_map.$': '$.bag.partition_map', ...OWN },
          ResultPath: '$.made',
          Next: 'Run',
        },
        Run: taskWith({ 'partition_map.$': '$.made.partition_map', ...MADE }),
      },
      {
        Make: { Parameters: { 'segment_manifest_s3_path.$': '$.bag.segment_manifest_s3_path' } },
        Run: { Parameters: { Payload: { 'segment_manifest_s3_path.$': '$.made.segment_manifest_s3_path' } } },
      },
    ],
    [
      'in a branch',
      {
        P: {
          Type: 'Parallel',
          Parameters: { 'partition_map.$': '$.bag.partition_map', ...OWN },
          Branches: [itemPass],
          End: true,
        },
      },
      {
        P: {
          Parameters: {
            'segment_manifest_s3_path.$': '$.bag.segment_manifest_s3_path',
            'segment_index.$': '$.bag.segment_to_run',
          },
        },
      },
    ],
    [
      'with the segment that the index beside it says',
      ...payload(
        {
          'segment_config.$': "States.ArrayGetItem($.bag.partition_map, $['bag'].segment_to_run)",
          'ownerId.$': '$.bag.ownerId',
        },
        { 'segment_manifest_s3_path.$': '$.bag.segment_manifest_s3_path', 'segment_index.$': '$.bag.segment_to_run' },
      ),
    ],
    [
      'in all that a condition asks for',
      {
        Ask: {
          Type: 'Choice',
          Choices: [
            {
              And: [
                { Variable: '$.bag.partition_map', IsPresent: true },
                { Variable: '$.a', IsNull: true },
              ],
              Next: 'Done',
            },
          ],
          Default: 'Done',
        },
        Done: { Type: 'Succeed' },
      },
      { Ask: { Choices: [{ And: [{ Variable: '$.bag.segment_manifest_s3_path' }, { Variable: '$.a' }] }] } },
    ],
  ])('is replaced by its path %s', async (_, before, after) => {
    const { states, errors } = await patch(before);
    expect(errors).toEqual([]);
    expect(states).toMatchObject(after);
  });

  it.each<[string, Json, Json]>([
    [
      'in a payload',
      { Run: lambda({ partition_map: '{% $states.input.bag.partition_map %}', ...J_OWN }) },
      {
        Run: {
          Arguments: { Payload: { segment_manifest_s3_path: '{% $states.input.bag.segment_manifest_s3_path %}' } },
        },
      },
    ],
    [
      'in an object that is the payload',
      { Run: lambda("{% {'partition_map': $states.input.bag.partition_map, 'ownerId': $states.input.bag.ownerId} %}") },
      {
        Run: {
          Arguments: {
            Payload:
              '{% {"segment_manifest_s3_path": $states.input.bag.segment_manifest_s3_path, "segment_index": $states.input.bag.segment_to_run, \'ownerId\': $states.input.bag.ownerId} %}',
          },
        },
      },
    ],
    [
      'in a variable',
      {
        Set: { Type: 'Pass', Assign: { workflow_config: '{% $states.input.bag.workflow_config %}' }, Next: 'Run' },
        Run: lambda({ workflow_config: '{% $workflow_config %}', ...J_OWN }),
      },
      { Run: { Arguments: { Payload: { segment_manifest_s3_path: '{% $segment_manifest_s3_path %}' } } } },
    ],
    [
      'in a condition',
      {
        Ask: {
          Type: 'Choice',
          Choices: [
            { Condition: '{% $exists($states.input.workflow_config) and $states.input.a > 1 %}', Next: 'Done' },
          ],
          Default: 'Done',
        },
        Done: { Type: 'Succeed' },
      },
      {
        Ask: {
          Choices: [{ Condition: '{% $exists($states.input.segment_manifest_s3_path) and $states.input.a > 1 %}' }],
        },
      },
    ],
    [
      'with the bag that an output hands on',
      {
        Make: { Type: 'Pass', Output: "{% $merge([$states.input, {'n': 1}]) %}", Next: 'Run' },
        Run: lambda({ partition_map: '{% $states.input.bag.partition_map %}', ...J_OWN }),
      },
      {
        Run: {
          Arguments: { Payload: { segment_manifest_s3_path: '{% $states.input.bag.segment_manifest_s3_path %}' } },
        },
      },
    ],
  ])('is replaced by its path in JSONata %s', async (_, before, after) => {
    const { states, errors } = await patch(before, 'JSONata');
    expect(errors).toEqual([]);
    expect(states).toMatchObject(after);
  });
});
