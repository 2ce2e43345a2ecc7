import { describe, expect, it } from 'vitest';
import { findingsIn } from './commands.js';
import { machineText } from './machines.js';

type Json = Readonly<Record<string, unknown>>;

async function rulesOf(states: Json, more: Json = {}): Promise<readonly string[]> {
  return (await findingsIn(machineText(states, more), 'machine.json')).map(
    ({ level, rule }) => `${level} ${rule.slice('asl/'.length)}`,
  );
}

const output = (text: string) =>
  rulesOf({ A: { Type: 'Pass', Output: `{% ${text} %}`, End: true } }, { QueryLanguage: 'JSONata' });
const parameter = (path: string) => rulesOf({ A: { Type: 'Pass', Parameters: { 'x.$': path }, End: true } });

const P = "{% {'x': [$states.input.bag.workflow_config.a]} %}";
const FOUND = ['error reinlines-program'];
const UNREAD = ['error unread-expression'];

describe('expressions', () => {
  it.each([
    ["$eval('workflow_config', $states.input.bag)", FOUND],
    ["$eval('work' & 'flow_config.a' & $states.input.x)", []],
    ["$eval('a' & '.workflow_config')", FOUND],
    ["$sift($states.input.bag, function($v, $k) { $k = 'workflow_config' })", FOUND],
    ["$sift($states.input.bag, function($v, $k) { $k in ['a', 'partition_map'] })", FOUND],
    ["$sift($states.input.bag, function($v, $k) { $k != 'workflow_config' })", []],
    ["$states.input.bag ~> $lookup('workflow_config')", FOUND],
    ["($of := $lookup(?, 'partition_map'); $of($states.input.bag))", FOUND],
    ["$lookup($states.input.bag, 'nodes')", []],
    ['$states.input.bag.${Name}.workflow_config', FOUND],
    ['$states.input.bag.${Name}', []],
    ['$states.input.(', UNREAD],
    [`${'('.repeat(4000)}1${')'.repeat(4000)}`, UNREAD],
    [Array.from({ length: 3000 }, () => 'a').join('&'), UNREAD],
    [`${'$f('.repeat(2000)}1${')'.repeat(2000)}`, UNREAD],
    [`${'a ? b : '.repeat(3000)}c`, UNREAD],
    [`a${'[0]'.repeat(3000)}`, UNREAD],
    [`${'- '.repeat(3000)}a`, UNREAD],
    [`${'a and '.repeat(3000)}b`, UNREAD],
    [`${"'(' & ".repeat(400)}$states.input.workflow_config`, FOUND],
    [`[${Array.from({ length: 3000 }, (_, at) => `a + ${at}`).join(', ')}, $states.input.workflow_config]`, FOUND],
    [`${'{"a": '.repeat(60)}$states.input.workflow_config${'}'.repeat(60)}`, FOUND],
  ])('of JSONata are read: %.60s', async (text, expected) => {
    expect(await output(text)).toEqual(expected);
  });

  it('that cannot be read are reported wherever they are in a state, with the place', async () => {
    const bad = '{% ( %}';
    const states = {
      A: { Type: 'Task', Resource: 'r', TimeoutSeconds: bad, Arguments: { a: [bad, { b: bad }] }, Next: 'B' },
      B: { Type: 'Choice', Choices: [{ Condition: bad, Assign: { x: bad }, Next: 'C' }], Default: 'C' },
      C: { Type: 'Pass', QueryLanguage: 'JSONPath', Comment: bad, End: true },
    };
    const found = await findingsIn(machineText(states, { QueryLanguage: 'JSONata' }), 'machine.json');
    expect(found.map(({ rule, pointer }) => [rule, pointer])).toEqual([
      ['asl/unread-expression', '/States/A/TimeoutSeconds'],
      ['asl/unread-expression', '/States/A/Arguments/a/0'],
      ['asl/unread-expression', '/States/A/Arguments/a/1/b'],
      ['asl/unread-expression', '/States/B/Choices/0/Condition'],
      ['asl/unread-expression', '/States/B/Choices/0/Assign/x'],
    ]);
  });

  it.each([
    ['$.bags[?(@.workflow_config)]', FOUND],
    ["$.bags[?(@['partition_map'].x == 1)].a", FOUND],
    ['$.bags[?(@.a == 1)].b', []],
    ["$.bag['a','workflow_config']", FOUND],
    ['$.bag["a", "partition_map"]', FOUND],
    ["$.bag[0,'partition_map']", FOUND],
    [`$.bag['it"s'].workflow_config`, FOUND],
    ['$'.concat('['.repeat(5000)), []],
  ])('of JSONPath are read: %.60s', async (path, expected) => {
    expect(await parameter(path)).toEqual(expected);
  });

  it.each<[string, Json]>([
    ['TimeoutSeconds', { TimeoutSeconds: P }],
    ['HeartbeatSeconds', { HeartbeatSeconds: P }],
    ['Credentials', { Credentials: { RoleArn: P } }],
    ['Arguments', { Arguments: P }],
    ['a member of Arguments', { Arguments: { a: { b: P } } }],
    ['an array in an array of Arguments', { Arguments: [['x', [P]]] }],
    ['an object in an array of Arguments', { Arguments: { a: [{ b: [{ c: P }] }] } }],
    ['Output', { Output: P }],
    ['an array in Output', { Output: ['x', { a: [P] }] }],
    ['Assign', { Assign: { x: P } }],
    ['an array in Assign', { Assign: { x: [1, { y: [P] }] } }],
    ['Output of a catcher', { Catch: [{ ErrorEquals: ['a'], Output: P, Next: 'B' }] }],
    ['Assign of a catcher', { Catch: [{ ErrorEquals: ['a'], Assign: { x: [P] }, Next: 'B' }] }],
    ['Items', { Type: 'Map', Items: P }],
    ['an array in Items', { Type: 'Map', Items: [1, [P]] }],
    ['ItemSelector', { Type: 'Map', ItemSelector: [P] }],
    ['MaxConcurrency', { Type: 'Map', MaxConcurrency: P }],
    ['ToleratedFailurePercentage', { Type: 'Map', ToleratedFailurePercentage: P }],
    ['ItemReader.Arguments', { Type: 'Map', ItemReader: { Arguments: { Bucket: [P] } } }],
    ['ItemReader.ReaderConfig', { Type: 'Map', ItemReader: { ReaderConfig: { MaxItems: P } } }],
    ['ItemBatcher.BatchInput', { Type: 'Map', ItemBatcher: { BatchInput: { a: [P] } } }],
    ['ItemBatcher.MaxItemsPerBatch', { Type: 'Map', ItemBatcher: { MaxItemsPerBatch: P } }],
    ['ResultWriter.Arguments', { Type: 'Map', ResultWriter: { Arguments: { Prefix: [P] } } }],
    ['Arguments of a Parallel', { Type: 'Parallel', Arguments: [P] }],
    ['Seconds', { Type: 'Wait', Seconds: P }],
    ['Timestamp', { Type: 'Wait', Timestamp: P }],
    ['Error', { Type: 'Fail', Error: P }],
    ['Cause', { Type: 'Fail', Cause: P }],
    ['Condition', { Type: 'Choice', Choices: [{ Condition: P, Next: 'B' }] }],
    ['Output of a choice', { Type: 'Choice', Choices: [{ Condition: '{% true %}', Output: [P], Next: 'B' }] }],
    ['Assign of a choice', { Type: 'Choice', Choices: [{ Condition: '{% true %}', Assign: { x: [P] }, Next: 'B' }] }],
  ])('of JSONata are read in %s', async (_, fields) => {
    const found = await rulesOf(
      { A: { Type: 'Task', Resource: 'r', ...fields }, B: { Type: 'Succeed' } },
      { QueryLanguage: 'JSONata' },
    );
    expect(found).toEqual([expect.stringMatching(/^error (?:reads|passes|reinlines)-program$/)]);
  });

  it('do not take time that grows with the square of their length', { timeout: 120_000 }, async () => {
    const begin = process.cpuUsage().user;
    expect(await parameter('$['.repeat(100_000))).toEqual([]);
    expect(
      await output(`{${Array.from({ length: 5000 }, (_, at) => `"a${at}": $states.input.b`).join(', ')}}`),
    ).toEqual([]);
    // The square of either takes minutes.
    expect((process.cpuUsage().user - begin) / 1e6).toBeLessThan(30);
  });
});

describe('values that are written out', () => {
  const written = (value: unknown, language = 'JSONPath') =>
    rulesOf(
      {
        A: {
          Type: 'Task',
          Resource: 'r',
          [language === 'JSONata' ? 'Arguments' : 'Parameters']: { workflow_config: value },
          End: true,
        },
      },
      { QueryLanguage: language },
    );

  it.each<[string, unknown, readonly string[]]>([
    ['a path without its mark', '$.bag.workflow_config', ['warning literal-program']],
    ['text', 's3://bucket/key', ['warning literal-program']],
    ['JSON text', '{"nodes": []}', ['error literal-program']],
    ['an object', { nodes: [1] }, ['error literal-program']],
    ['DynamoDB text that is a path', { 'S.$': '$.config_uri' }, []],
    ['DynamoDB text of a program', { 'S.$': 'States.JsonToString($.bag.workflow_config)' }, ['error passes-program']],
    ['DynamoDB null', { NULL: true }, []],
    ['an empty map of DynamoDB', { M: {} }, []],
    [
      'a map of DynamoDB with a path to a program',
      { M: { a: { 'S.$': '$.bag.workflow_config' } } },
      ['error passes-program'],
    ],
    ['a map of DynamoDB with another path', { M: { a: { 'S.$': '$.x' } } }, []],
    ['a map of DynamoDB that is written out', { M: { nodes: { L: [{ S: 'a' }] } } }, ['error literal-program']],
    ['DynamoDB text that is JSON', { S: '{"nodes": []}' }, ['error literal-program']],
  ])('are judged by what they hold: %s', async (_, value, expected) => {
    expect(await written(value)).toEqual(expected);
  });

  it('say that the mark of an expression may be missing', async () => {
    const text = machineText({ A: { Type: 'Pass', Parameters: { workflow_config: '$.x' }, End: true } });
    const [finding] = await findingsIn(text, 'machine.json');
    expect([finding!.message, finding!.hint]).toEqual([
      'state "A" has `workflow_config` as text, which is not a program, in `Parameters`',
      expect.stringContaining('without `.$`'),
    ]);
    expect(await written('$states.input.workflow_config', 'JSONata')).toEqual(['warning literal-program']);
  });
});

describe('the whole bag', () => {
  const map = (selector: Json) => ({
    M: {
      Type: 'Map',
      ItemsPath: '$.orders',
      ItemSelector: selector,
      ItemProcessor: { StartAt: 'A', States: { A: { Type: 'Succeed' } } },
      End: true,
    },
  });

  it('is not reported in a machine that knows no bag', async () => {
    expect(await rulesOf(map({ 'all.$': '$' }))).toEqual([]);
    expect(await rulesOf(map({ 'all.$': '$', 'hand.$': '$.handbag' }))).toEqual([]);
  });

  it('is reported in a machine that knows one', async () => {
    expect(await rulesOf(map({ 'all.$': '$', 'x.$': '$.bag.x' }))).toEqual(['warning whole-bag']);
  });
});
