import { readFileSync } from 'node:fs';
import type { CommandCase } from '../world.js';
import { corpusFiles } from './shapes.js';

const run = (...args: string[]) => ({ args });

type Json = Readonly<Record<string, unknown>>;

const INVOKE = 'arn:aws:states:::lambda:invoke';
const OWN = { 'ownerId.$': '$.bag.ownerId', 'segment_to_run.$': '$.bag.segment_to_run' };
const OWN_JSONATA = {
  ownerId: '{% $states.input.bag.ownerId %}',
  segment_to_run: '{% $states.input.bag.segment_to_run %}',
};

/** Expressions that a state may hand on, by the member that gets the value. */
const JSONPATH: readonly (readonly [string, string])[] = [
  ['workflow_config', '$.bag.workflow_config'],
  ['workflow_config', '$.state_data.workflow_config'],
  ['workflow_config', '$.workflow_config'],
  ['workflow_config', '$.bag.workflow_config.nodes'],
  ['workflow_config', 'States.JsonMerge($.bag.workflow_config, $.overrides, false)'],
  ['workflow_config', 'States.JsonToString($.bag.workflow_config)'],
  ['workflow_config', '$$.Execution.Input.workflow_config'],
  ['partition_map', '$.bag.partition_map'],
  ['partition_map', '$.bag.partition_map[0:2]'],
  ['partition_map', 'States.ArrayGetItem($.bag.partition_map, 0)'],
  ['partition_map', 'States.ArrayPartition($.bag.partition_map, 2)'],
  ['segment_config', '$.bag.partition_map[0]'],
  ['segment_config', 'States.ArrayGetItem($.bag.partition_map, $.bag.segment_to_run)'],
  ['state', '$.bag.current_state'],
];

const JSONATA: readonly (readonly [string, string])[] = [
  ['workflow_config', '$states.input.bag.workflow_config'],
  ['workflow_config', "$merge([$states.input.bag.workflow_config, {'model': 1}])"],
  ['partition_map', '$states.input.bag.partition_map'],
  ['segment_config', '$states.input.bag.partition_map[0]'],
  ['state', '$states.input.bag.current_state'],
];

type Build = (task: Json) => Json;

const MACHINES: Readonly<Record<string, Build>> = {
  'a task': (Run) => ({ Run: { ...Run, End: true } }),
  'a task behind a Pass state': (Run) => ({
    Keep: { Type: 'Pass', Parameters: { 'bag.$': '$.bag', 'note.$': '$.note' }, Next: 'Run' },
    Run: { ...Run, End: true },
  }),
  'a task of a Map': (Item) => ({
    Each: {
      Type: 'Map',
      ItemsPath: '$.bag.partition_map',
      ItemSelector: { 'bag.$': '$.bag', 'segment_config.$': '$$.Map.Item.Value' },
      ItemProcessor: { StartAt: 'Item', States: { Item: { ...Item, End: true } } },
      End: true,
    },
  }),
  'a task of a Parallel state': (Item) => ({
    Both: { Type: 'Parallel', Branches: [{ StartAt: 'Item', States: { Item: { ...Item, End: true } } }], End: true },
  }),
  'a task with a choice before and a catcher': (Run) => ({
    Ask: {
      Type: 'Choice',
      Choices: [{ Variable: '$.bag.workflow_config', IsPresent: true, Next: 'Run' }],
      Default: 'Done',
    },
    Run: { ...Run, Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Done' }], End: true },
    Done: { Type: 'Succeed' },
  }),
};

/** State machines that hand a program on in many ways, checked and patched. */
export function stateMachines(): CommandCase[] {
  const tasks: (readonly [string, Json, Json])[] = [
    ...JSONPATH.flatMap(([member, path]): (readonly [string, Json, Json])[] =>
      [OWN, {}].map((own) => [
        `${member} of ${path}${own === OWN ? '' : ' without an owner'}`,
        {
          Type: 'Task',
          Resource: INVOKE,
          Parameters: { FunctionName: 'f', Payload: { [`${member}.$`]: path, ...own } },
          ResultPath: '$.result',
        },
        {},
      ]),
    ),
    ...JSONATA.map(([member, expression]): readonly [string, Json, Json] => [
      `${member} of {% ${expression} %}`,
      {
        Type: 'Task',
        Resource: INVOKE,
        Arguments: { FunctionName: 'f', Payload: { [member]: `{% ${expression} %}`, ...OWN_JSONATA } },
      },
      { QueryLanguage: 'JSONata' },
    ]),
  ];
  const made = tasks.flatMap(([title, task, more]) =>
    Object.entries(MACHINES)
      .filter(([name]) => more.QueryLanguage === undefined || name === 'a task')
      .map(([name, build]): readonly [string, string] => {
        const states = build(task);
        const machine = { StartAt: Object.keys(states)[0], ...more, States: states };
        return [`${name}: ${title}`, `${JSON.stringify(machine, undefined, 2)}\n`];
      }),
  );
  const real = Object.entries(corpusFiles('asl')).map(([path, bytes]): readonly [string, string] => [
    `corpus ${path}`,
    bytes.toString(),
  ]);
  return [...made, ...real].map(([title, text]) => ({
    kind: 'asl check, asl patch',
    title: `machine ${title}`,
    files: { 'machine.asl.json': text },
    steps: [
      run('asl', 'check', 'machine.asl.json', '--json'),
      run('asl', 'patch', 'machine.asl.json', '--json'),
      run('asl', 'patch', 'machine.asl.json', '--speaks', 'fat'),
      run('asl', 'patch', 'machine.asl.json', '--apply'),
      run('asl', 'check', '.', '--format', 'github'),
    ],
  }));
}

/** Changes of a schema, and documents to try them on. */
export function schemas(): CommandCase[] {
  const lean = schema('state-bag.v2');
  const simple = {
    type: 'object',
    required: ['a'],
    properties: { a: { type: 'string' }, b: { type: 'integer', minimum: 1 } },
  };
  const changes: readonly (readonly [string, unknown, unknown])[] = [
    ['nothing', simple, simple],
    ['a required member more', simple, { ...simple, required: ['a', 'b'] }],
    ['a required member less', simple, { ...simple, required: [] }],
    ['a type more', simple, { ...simple, properties: { ...simple.properties, a: { type: ['string', 'null'] } } }],
    ['another type', simple, { ...simple, properties: { ...simple.properties, a: { type: 'number' } } }],
    [
      'a higher minimum',
      simple,
      { ...simple, properties: { ...simple.properties, b: { type: 'integer', minimum: 2 } } },
    ],
    ['an enum', simple, { ...simple, properties: { ...simple.properties, a: { enum: ['x', 'y'] } } }],
    ['a pattern', simple, { ...simple, properties: { ...simple.properties, a: { type: 'string', pattern: '^x' } } }],
    ['closed members', simple, { ...simple, additionalProperties: false }],
    ['a member less', simple, { ...simple, properties: { a: { type: 'string' } } }],
    ['a member of the lean bag', lean, { ...lean, required: [...(lean.required as string[]), 'tenant'] }],
    ['anyOf', simple, { anyOf: [simple, { type: 'array' }] }],
    ['a reference', simple, { $ref: '#/$defs/it', $defs: { it: simple } }],
    ['a boolean', simple, true],
  ];
  return changes.flatMap(([title, old, next], at) =>
    [['full', 'backward', 'forward'][at % 3]!].map((require) => ({
      kind: 'schema diff',
      title: `schema diff: ${title}, --require ${require}`,
      files: {
        'old.json': JSON.stringify(old, undefined, 1),
        'new.json': JSON.stringify(next, undefined, 1),
        'bags.ndjson': '{"a":"x"}\n{"a":"z","b":1}\n',
      },
      steps: [
        run('schema', 'diff', 'old.json', 'new.json', '--require', require, '--json'),
        run(
          'schema',
          'diff',
          'old.json',
          'new.json',
          '--require',
          require,
          '--bags',
          'bags.ndjson',
          '--format',
          'github',
        ),
        run('validate', 'bags.ndjson', '--schema', 'new.json', '--json'),
        run('validate', 'bags.ndjson', '--schema', 'old.json', '--format', 'junit'),
      ],
    })),
  );
}

function schema(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL(`../../../schemas/${name}.json`, import.meta.url), 'utf8')) as Record<
    string,
    unknown
  >;
}

const BAG = JSON.stringify({
  ownerId: 'o',
  workflowId: 'w',
  workflow_config: { nodes: [], edges: [] },
  partition_map: [],
});

/** Command lines that end with a usage error or with help, one by one. */
export function usage(commands: readonly string[]): CommandCase[] {
  const wrong: readonly string[][] = [
    [],
    ['burn'],
    ['migrat'],
    ['inspect', '--josn', 'bag.json'],
    ['inspect', 'bag.json', '--json=yes'],
    ['inspect', 'bag.json', '--to'],
    ['inspect', 'bag.json', '--to', 'fat'],
    ['inspect', 'nowhere'],
    ['inspect', 'bag.json', '--shard', '4/3'],
    ['inspect', 'bag.json', '--limit', '0'],
    ['inspect', 'bag.json', '--where', 'ownerId'],
    ['migrate', 'bag.json'],
    ['migrate', 'bag.json', '--store', ''],
    ['migrate', 'bag.json', '--store', 'bag.json'],
    ['migrate', 'bag.json', '--store', 'ftp://x'],
    ['migrate', 'bag.json', '--store', 's', '--to', 'fat'],
    ['migrate', 'bag.json', '--store', 's', '--manifest', 'x'],
    ['migrate', 'bag.json', '--store', 's', '--concurrency', 'many'],
    ['migrate', 'bag.json', '--store', 's', '--max-failures', '120%'],
    ['migrate', 'bag.json', '--store', 's', '--config-key', 'x.json'],
    ['migrate', 'bag.json', '--store', 's', '--apply', '--plan-out', 'p'],
    ['migrate', 'bag.json', '--store', 's', '--plan', 'p', '--plan-out', 'q'],
    ['migrate', 'bag.json', '--store', 's', '--plan', 'p'],
    ['migrate', 'bag.json', '--store', 's', '--verify'],
    ['migrate', 'bag.json', '--store', 's', '--apply', '--out', '-', '--json'],
    ['migrate', '-', '--store', 's', '--apply', '--json'],
    ['migrate', '-', 'bag.json', '--store', 's'],
    ['migrate', 'bags', '--store', 's', '--out', '-'],
    ['migrate', 'bag.json', '--store', 's', '--only-failed'],
    ['migrate', '*.ndjson', '--store', 's'],
    ['migrate', 'dynamodb://', '--store', 's'],
    ['migrate', 's3://', '--store', 's'],
    ['migrate', 'sfn://engine', '--store', 's'],
    ['verify'],
    ['verify', '--journal', 'none'],
    ['rollback', '--journal', 'none', '--apply'],
    ['status', '--journal', 'none'],
    ['status', '--journal', 'broken'],
    ['report', '--journal', 'broken', '--json'],
    ['report', '--journal', 'none', '--html', 'x.html'],
    ['hydrate', 'bag.json'],
    ['hydrate', '--store', 's'],
    ['hydrate', 'none.json', '--store', 's'],
    ['segment', 'bag.json', '--index', '-1'],
    ['segment', 'bag.json', '--index', 'x'],
    ['segment', 'none.json'],
    ['adapt', 'bag.json'],
    ['adapt', 'bag.json', '--store', 's', '--speaks', 'old'],
    ['adapt', 'bag.json', '--store', 's', '--ndjson', '--dry-run'],
    ['seal', 'bag.json', '--store', 's', '--event', 'none.json'],
    ['seal', 'bag.json', '--store', 's', '--with-events'],
    ['validate'],
    ['validate', 'none.json'],
    ['validate', 'bag.json', '--schema', 'nothing'],
    ['validate', 'bag.json', '--format', 'xml'],
    ['validate', 'bag.json', '--max-bytes', 'x'],
    ['validate', 'bag.json', '--expect', 'maybe'],
    ['asl'],
    ['asl', 'burn', 'bag.json'],
    ['asl', 'check', 'none.json'],
    ['asl', 'check', 'bag.json'],
    ['schema'],
    ['schema', 'diff', 'bag.json'],
    ['schema', 'diff', 'none.json', 'bag.json'],
    ['fleet'],
    ['fleet', 'sail'],
    ['fleet', 'plan'],
    ['fleet', 'manifest'],
    ['fleet', 'manifest', 'bag.json', '--format', 'xml'],
    ['fleet', 'manifest', '--census', 'none.json'],
    ['fleet', 'collect', '--journal', 'j', '--store', 's'],
    ['can-contract'],
    ['can-contract', 'none'],
    ['can-contract', 'bag.json', '--accept', 'fat'],
    ['gc'],
    ['gc', '--store', 's'],
    ['gc', 'bag.json', '--store', 's', '--execution', 'soon'],
    ['completion', 'bash'],
    ['runtime-proxy', '--burn'],
    ['runtime-proxy'],
    ['--version'],
    ['--burn'],
  ];
  const lines = [
    ...wrong,
    ...commands.flatMap((name) => [
      [name, '--help'],
      ['help', name],
    ]),
  ];
  const completions = ['', 'm', 'mig', 'val', ...commands.flatMap((name) => [`${name} --`, `${name} --j`])].map(
    (words) => ['--get-yargs-completions', 'statebag', ...words.split(' ')],
  );
  return [...lines, ...completions, ['completion']].map((args) => ({
    kind: 'usage errors, help, completion',
    title: `command line ${args.join(' ') || '(empty)'}`,
    files: { 'bag.json': BAG, 'bags/a.json': BAG, 'broken/journal.ndjson': '{"kind":"run","v":9}\nnonsense\n' },
    steps: [{ args }],
  }));
}
