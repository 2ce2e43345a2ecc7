import { INVOKE } from '../e2e/state-machine/invoke-states.js';
import { taskWith } from './machines.js';

export type Json = Readonly<Record<string, unknown>>;

/** An expression, the states around it, and the member and the field of the state that a finding about it names. */
export interface ComputedCase {
  readonly expression: string;
  readonly states: Json;
  readonly state: string;
  readonly member: string;
  readonly field: string;
  readonly language?: 'JSONata';
}

type Member = 'workflow_config' | 'partition_map' | 'segment_config';

const OWN = { 'ownerId.$': '$.bag.ownerId', 'segment_to_run.$': '$.bag.segment_to_run' };
const OWN_JSONATA = {
  ownerId: '{% $states.input.bag.ownerId %}',
  segment_to_run: '{% $states.input.bag.segment_to_run %}',
};
const done = { Done: { Type: 'Succeed' } };
const inner = { StartAt: 'Item', States: { Item: { Type: 'Pass', End: true } } };

const IN_JSONPATH: readonly (readonly [Member, string])[] = [
  ['workflow_config', 'States.JsonMerge($.bag.workflow_config, $.overrides, false)'],
  ['workflow_config', 'States.JsonMerge($.overrides, $.bag.workflow_config, false)'],
  ['workflow_config', 'States.StringToJson($.bag.workflow_config)'],
  ['workflow_config', 'States.JsonToString($.bag.workflow_config)'],
  ['workflow_config', 'States.Base64Encode(States.JsonToString($.bag.workflow_config))'],
  ['workflow_config', "States.Hash($.bag.workflow_config, 'SHA-256')"],
  ['workflow_config', "States.Format('{}', $.bag.workflow_config)"],
  ['workflow_config', '$.bag.workflow_config.nodes'],
  ['workflow_config', '$..workflow_config'],
  ['workflow_config', '$.bags[*].workflow_config'],
  ['workflow_config', '$.bag.partition_map'],
  ['workflow_config', '$.loaded.config'],
  ['workflow_config', '$$.Execution.Input.workflow_config'],
  ['partition_map', '$.bag.partition_map[0:2]'],
  ['partition_map', '$.bag.partition_map[*]'],
  ['partition_map', '$.bag.partition_map[0]'],
  ['partition_map', '$.bag.partition_map[-1:]'],
  ['partition_map', '$.bag.partition_map[0,2]'],
  ['partition_map', "$.bag.partition_map[?(@.kind=='x')]"],
  ['partition_map', "$.bag['workflow_config','partition_map']"],
  ['partition_map', 'States.ArrayPartition($.bag.partition_map, 2)'],
  ['partition_map', 'States.Array($.bag.partition_map, $.extra)'],
  ['partition_map', 'States.Array($.result.branches[0].partition_map, $.bag.partition_map)'],
  ['partition_map', 'States.ArrayUnique($.bag.partition_map)'],
  ['partition_map', 'States.ArrayGetItem($.bag.partition_map, 0)'],
  ['segment_config', '$.bag.partition_map[0]'],
  ['segment_config', '$.bag.partition_map[-1:]'],
  ['segment_config', '$.bag.partition_map'],
  ['segment_config', 'States.ArrayGetItem($.bag.partition_map, 0)'],
  ['segment_config', 'States.ArrayGetItem($.bag.partition_map, $.next)'],
  ['segment_config', 'States.ArrayGetItem($.bag.partition_map, $.other.segment_to_run)'],
  ['segment_config', 'States.ArrayGetItem($.bag.partition_map, States.MathAdd($.bag.segment_to_run, 1))'],
  [
    'segment_config',
    'States.JsonMerge(States.ArrayGetItem($.bag.partition_map, $.bag.segment_to_run), $.overrides, false)',
  ],
];

const IN_JSONATA: readonly (readonly [Member, string])[] = [
  ['workflow_config', "$merge([$states.input.bag.workflow_config, {'model': $states.input.model}])"],
  [
    'workflow_config',
    '$exists($states.input.fork.workflow_config) ? $states.input.fork.workflow_config : $states.input.bag.workflow_config',
  ],
  ['workflow_config', "$states.input.bag.workflow_config ~> |nodes|{'retry': 3}|"],
  ['workflow_config', '$states.input.bag.workflow_config.nodes'],
  ['workflow_config', '$string($states.input.bag.workflow_config)'],
  ['workflow_config', '$parse($states.input.bag.workflow_config)'],
  ['workflow_config', "'config: ' & $states.input.bag.workflow_config"],
  ['workflow_config', "$lookup($states.input.bag, 'workflow_config')"],
  ['workflow_config', "$eval('bag.workflow_config', $states.input)"],
  ['workflow_config', "$sift($states.input.bag.workflow_config, function($v, $k) {$k != 'edges'})"],
  ['workflow_config', '($c := $states.input.bag.workflow_config; $c)'],
  ['workflow_config', '$states.input.bag.partition_map'],
  ['partition_map', '$filter($states.input.bag.partition_map, function($s) {$s.id > 2})'],
  ['partition_map', '$map($states.input.bag.partition_map, function($s) {$s})'],
  ['partition_map', '$states.input.bag.partition_map[[0..3]]'],
  ['partition_map', '$states.input.bag.partition_map[0]'],
  ['partition_map', '$states.input.bag.partition_map[-1]'],
  ['partition_map', "$states.input.bag.partition_map[kind = 'x']"],
  ['partition_map', '$states.input.bag.partition_map[]'],
  ['partition_map', '$states.input.bag.partition_map^(segment_id)'],
  ['partition_map', '$states.input.bag.partition_map.*'],
  ['partition_map', '$append($states.input.bag.partition_map, $states.input.extra)'],
  ['partition_map', '$reverse($states.input.bag.partition_map)'],
  ['partition_map', '[$states.input.bag.partition_map]'],
  ['partition_map', '$states.input.**.partition_map'],
  ['segment_config', '$states.input.bag.partition_map[$states.input.bag.segment_to_run + 1]'],
  ['segment_config', '$states.input.bag.partition_map[0]'],
  ['segment_config', '$states.input.bag.partition_map[-1]'],
];

/** Every expression in a payload, which also has an index and an owner. */
function inPayload(): readonly ComputedCase[] {
  const path = IN_JSONPATH.map(([member, expression]) => ({
    expression,
    state: 'Run',
    member,
    field: 'Parameters',
    states: { Run: taskWith({ [`${member}.$`]: expression, ...OWN }) },
  }));
  const jsonata = IN_JSONATA.map(([member, text]) => {
    const expression = `{% ${text} %}`;
    const Run = {
      Type: 'Task',
      Resource: INVOKE,
      Arguments: { FunctionName: 'f', Payload: { [member]: expression, ...OWN_JSONATA } },
      End: true,
    };
    return { expression, state: 'Run', member, field: 'Arguments', language: 'JSONata' as const, states: { Run } };
  });
  return [...path, ...jsonata];
}

/** Every expression for a field in data that stays in the machine, by the state that puts it there. */
function inData(): readonly ComputedCase[] {
  const fields = (all: typeof IN_JSONPATH) => all.filter(([member]) => member !== 'segment_config');
  const path = fields(IN_JSONPATH).flatMap(([member, expression]): readonly ComputedCase[] => {
    const result = expression.replaceAll('$.bag', '$.Payload');
    return [
      {
        expression,
        state: 'Make',
        member,
        field: 'Parameters',
        states: {
          Make: { Type: 'Pass', Parameters: { [`${member}.$`]: expression, ...OWN }, ResultPath: '$.made', End: true },
        },
      },
      {
        expression,
        state: 'Make',
        member,
        field: 'Assign',
        states: { Make: { Type: 'Pass', Assign: { [`${member}.$`]: expression }, End: true } },
      },
      ...(expression.includes('branches')
        ? []
        : [
            {
              expression: result,
              state: 'Make',
              member,
              field: 'ResultSelector',
              states: { Make: taskWith({ 'a.$': '$.a' }, { ResultSelector: { [`${member}.$`]: result } }) },
            },
          ]),
    ];
  });
  const jsonata = fields(IN_JSONATA).flatMap(([member, text]): readonly ComputedCase[] => {
    const expression = `{% ${text} %}`;
    const at = (field: string, value: Json): ComputedCase => ({
      expression,
      state: 'Make',
      member,
      field,
      language: 'JSONata',
      states: { Make: { Type: 'Pass', [field]: value, End: true } },
    });
    return [at('Output', { [member]: expression, ...OWN_JSONATA }), at('Assign', { [member]: expression })];
  });
  return [...path, ...jsonata];
}

/** Items, selectors and batches of a Map, and conditions. */
function elsewhere(): readonly ComputedCase[] {
  const map = (more: Json): Json => ({
    Each: { Type: 'Map', ItemsPath: '$.jobs', ItemProcessor: inner, End: true, ...more },
  });
  const overItems = (text: string): ComputedCase => ({
    expression: text,
    state: 'Each',
    member: 'partition_map',
    field: 'ItemsPath',
    states: map({ ItemsPath: text, ItemSelector: { 'segment_config.$': '$$.Map.Item.Value' } }),
  });
  const overJsonata = (text: string): ComputedCase => ({
    expression: text,
    state: 'Each',
    member: 'partition_map',
    field: 'Items',
    language: 'JSONata',
    states: {
      Each: {
        Type: 'Map',
        Items: `{% ${text} %}`,
        ItemSelector: { segment_config: '{% $states.context.Map.Item.Value %}' },
        ItemProcessor: inner,
        End: true,
      },
    },
  });
  const asks = (choice: Json, member: string, field: string, language?: 'JSONata'): ComputedCase => ({
    expression: JSON.stringify(choice),
    state: 'Ask',
    member,
    field,
    ...(language && { language }),
    states: { Ask: { Type: 'Choice', Choices: [{ ...choice, Next: 'Done' }], Default: 'Done' }, ...done },
  });
  const condition = (text: string): ComputedCase =>
    asks({ Condition: `{% ${text} %}` }, 'partition_map', 'Condition', 'JSONata');
  const selected = IN_JSONPATH.filter(([member]) => member !== 'segment_config').flatMap(
    ([member, expression]): readonly ComputedCase[] => [
      {
        expression,
        state: 'Each',
        member,
        field: 'ItemSelector',
        states: map({ ItemSelector: { [`${member}.$`]: expression, ...OWN } }),
      },
      {
        expression,
        state: 'Each',
        member,
        field: 'BatchInput',
        states: map({ ItemBatcher: { MaxItemsPerBatch: 2, BatchInput: { [`${member}.$`]: expression, ...OWN } } }),
      },
    ],
  );
  return [
    ...selected,
    ...[
      '$.bag.partition_map[0:2]',
      '$.bag.partition_map[*]',
      "$.bag.partition_map[?(@.kind=='x')]",
      '$..partition_map',
      '$.bag.partition_map[0].nodes',
    ].map(overItems),
    ...[
      '$filter($states.input.partition_map, function($s) {$s.id > 2})',
      '$states.input.partition_map[[0..1]]',
      '$append($states.input.partition_map, $states.input.extra)',
      '[0..$count($states.input.partition_map) - 1]',
      '$reverse($states.input.partition_map)',
    ].map(overJsonata),
    ...[
      '$exists($states.input.partition_map) and $count($states.input.partition_map) > 0',
      '$exists($states.input.partition_map[0])',
      "$exists($states.input.partition_map[kind = 'x'])",
      '$exists($states.input.partition_map.nodes)',
      '$not($exists($states.input.partition_map)) or $states.input.partition_map = []',
      "$type($states.input.partition_map) = 'array'",
      '$count($states.input.partition_map) > 0',
      "$exists($lookup($states.input, 'partition_map'))",
    ].map(condition),
    asks(
      {
        And: [
          { Variable: '$.bag.partition_map', IsPresent: true },
          { Variable: '$.bag.partition_map[0]', IsPresent: true },
        ],
      },
      'partition_map',
      'Variable',
    ),
    asks(
      {
        And: [
          { Variable: '$.bag.partition_map', IsPresent: true },
          { Not: { Variable: '$.bag.partition_map[0].type', StringEquals: 'llm' } },
        ],
      },
      'partition_map',
      'Variable',
    ),
    asks(
      {
        Or: [
          { Variable: '$.bag.workflow_config', IsNull: true },
          { Variable: '$.bag.workflow_config.id', IsString: true },
        ],
      },
      'workflow_config',
      'Variable',
    ),
    asks({ Variable: '$.bag.partition_map[0]', IsPresent: true }, 'partition_map', 'Variable'),
    asks({ Variable: '$.a', StringEqualsPath: '$.bag.workflow_config.id' }, 'workflow_config', 'StringEqualsPath'),
  ];
}

export const COMPUTED: readonly ComputedCase[] = [...inPayload(), ...inData(), ...elsewhere()];
