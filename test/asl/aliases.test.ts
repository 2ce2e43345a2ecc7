import { describe, expect, it } from 'vitest';
import { findingsIn, patchDefinition } from './commands.js';

const SHARED = 'YAML aliases take this value in more than one place';
const KEY = 'a key of this mapping is written with `?`';

/** What a patch leaves of a text, and the beginning of each hint. */
async function patch(text: string): Promise<{ readonly text: string; readonly hints: readonly string[] }> {
  const { patched, findings } = await patchDefinition(text, 'a.yaml');
  return { text: patched.toString(), hints: findings.map(({ hint = '' }) => hint) };
}

async function rulesIn(text: string): Promise<readonly string[]> {
  return (await findingsIn(text, 'a.yaml')).map(({ rule, line, column }) => `${rule} ${line}:${column}`);
}

function mapOver(items: string, selector: string, next: string): string {
  return `    Type: Map
    ItemsPath: ${items}
    ItemSelector: ${selector}
    ItemProcessor:
      StartAt: Run
      States:
        Run: {Type: Task, Resource: r, Parameters: {segment_config.$: $.segment_config}, End: true}
    ResultPath: null
    ${next}
`;
}

/** A Map over something else, and one over the segments. */
function twoMaps(anchors: string, items: string, first: string, second: string): string {
  return `${anchors}\nStartAt: A\nStates:\n  A:\n${mapOver('$.bag.names', first, 'Next: B')}  B:\n${mapOver(items, second, 'End: true')}`;
}

const CHOICE = 'StartAt: A\nStates:\n  A:\n    Type: Choice\n    Default: B\n    Choices:\n';

describe('a patch of YAML with aliases', () => {
  it.each<[string, string]>([
    [
      'an expression that two states have',
      `QueryLanguage: JSONata
StartAt: A
States:
  A:
    Type: Task
    Resource: r
    Arguments: &e "{% {'workflow_config': $states.input.bag.workflow_config, 'ownerId': $states.input.bag.ownerId} %}"
    Next: B
  B: {Type: Task, Resource: r, Arguments: *e, End: true}
`,
    ],
    [
      'an object that two states have',
      'StartAt: A\nStates:\n  A:\n    Type: Pass\n    Parameters: &p\n      ownerId.$: $.ownerId\n      workflow_config.$: $.workflow_config\n    Next: B\n  B:\n    Type: Pass\n    Parameters: *p\n    End: true\n',
    ],
    [
      'a part of an object that two states have',
      'StartAt: A\nStates:\n  A:\n    Type: Pass\n    Parameters:\n      x: &p {ownerId.$: $.ownerId, workflow_config.$: $.workflow_config}\n    Next: B\n  B:\n    Type: Pass\n    Parameters: {y: *p}\n    End: true\n',
    ],
    [
      'a value that goes with its member, when another state takes it',
      'StartAt: A\nStates:\n  A:\n    Type: Pass\n    Parameters:\n      ownerId.$: $.ownerId\n      workflow_config.$: &w $.workflow_config\n    Next: B\n  B:\n    Type: Pass\n    Parameters: {name.$: *w}\n    End: true\n',
    ],
    [
      'the item in two selectors',
      twoMaps('x: &v $$.Map.Item.Value', '$.bag.partition_map', '{item.$: *v}', '{segment_config.$: *v}'),
    ],
    [
      'the selector of two Maps',
      twoMaps('x: &s {segment_config.$: $$.Map.Item.Value}', '$.bag.partition_map', '*s', '*s'),
    ],
    [
      'the items of a Map',
      twoMaps('x: &i $.bag.partition_map', '*i', '{a.$: $.b}', '{segment_config.$: $$.Map.Item.Value}'),
    ],
    [
      'a selector with a field, when its items are an alias',
      twoMaps(
        'x: &i $.bag.partition_map',
        '*i',
        '{a.$: $.b}',
        '{ownerId.$: $.bag.ownerId, workflow_config.$: $.bag.workflow_config}',
      ),
    ],
    [
      'the path of a condition that a part of another condition has',
      `${CHOICE}      - {Variable: &w $.bag.workflow_config, IsPresent: true, Next: B}
  B:
    Type: Choice
    Default: C
    Choices:
      - And: [{Variable: *w, IsPresent: true}, {Variable: $.bag.workflow_config.name, StringEquals: x}]
        Next: C
  C: {Type: Succeed}
`,
    ],
    [
      'all of a condition of which an alias is one part',
      `x: &w $.bag.workflow_config\n${CHOICE}      - And: [{Variable: *w, IsPresent: true}, {Variable: $.bag.partition_map, IsPresent: true}]
        Next: B
  B: {Type: Succeed}
`,
    ],
  ])('leaves %s, and says why', async (_, text) => {
    const left = await patch(text);
    expect(left.text).toBe(text);
    expect(left.hints).toContainEqual(expect.stringContaining(SHARED));
  });

  it.each<[string, string, string]>([
    [
      'in a block',
      'workflow_config.$: *w\n      ownerId.$: $.bag.ownerId\n',
      'segment_manifest_s3_path.$: $.bag.segment_manifest_s3_path\n      segment_index.$: $.bag.segment_to_run\n      ownerId.$: $.bag.ownerId\n',
    ],
    [
      'in braces, as the last member',
      '{ownerId.$: $.bag.ownerId, workflow_config.$: *w}\n',
      '{ownerId.$: $.bag.ownerId, "segment_manifest_s3_path.$": "$.bag.segment_manifest_s3_path", "segment_index.$": "$.bag.segment_to_run"}\n',
    ],
    [
      'in braces, in front of another alias',
      '{workflow_config.$: *w, ownerId.$: *o}\n',
      '{"segment_manifest_s3_path.$": "$.bag.segment_manifest_s3_path", "segment_index.$": "$.bag.segment_to_run", ownerId.$: *o}\n',
    ],
  ])('replaces a member whose value is an alias %s, and keeps the anchor', async (_, before, after) => {
    const head =
      'x: &w $.bag.workflow_config\ny: &o $.bag.ownerId\nStartAt: A\nStates:\n  A:\n    Type: Task\n    Resource: r\n    End: true\n    Parameters:\n      ';
    expect(await patch(head + before)).toEqual({ text: head + after, hints: [] });
  });

  it.each([
    ['an anchor', '&o '],
    ['a tag', '!!str '],
    ['a comment', '# the owner\n        '],
  ])('does not repeat %s of a member in what it adds in braces', async (_, mark) => {
    const head = `StartAt: A\nStates:\n  A:\n    Type: Pass\n    End: true\n    Parameters: {ownerId.$: ${mark}$.ownerId, `;
    const { text, hints } = await patch(`${head}workflow_config.$: $.workflow_config}\n`);
    expect(hints).toEqual([]);
    expect(text).toBe(`${head}"segment_manifest_s3_path.$": "$.segment_manifest_s3_path"}\n`);
  });

  it('changes a state whose retries are an alias', async () => {
    const text =
      'x: &r [{ErrorEquals: [E], MaxAttempts: 2}]\nStartAt: A\nStates:\n  A: {Type: Task, Resource: r, Retry: *r, Parameters: {ownerId.$: $.ownerId, workflow_config.$: $.workflow_config}, End: true}\n';
    const { text: patched, hints } = await patch(text);
    expect(hints).toEqual([]);
    expect(patched).toContain(
      'Retry: *r, Parameters: {ownerId.$: $.ownerId, "segment_manifest_s3_path.$": "$.segment_manifest_s3_path"',
    );
  });

  it('leaves a definition as text that two machines take', async () => {
    const json =
      '{"StartAt":"A","States":{"A":{"Type":"Pass","End":true,"Parameters":{"workflow_config.$":"$.workflow_config"}}}}';
    const text = `a:\n  DefinitionString: &d '${json}'\nb:\n  DefinitionString: *d\n`;
    const left = await patch(text);
    expect([left.text, left.hints.length]).toEqual([text, 2]);
  });
});

describe('keys of YAML', () => {
  const state = (parameters: string) =>
    `x: &k workflow_config.$\nStartAt: A\nStates:\n  A:\n    Type: Pass\n    End: true\n    Parameters:\n${parameters}`;

  it.each([
    [
      'after a question mark',
      '      ? workflow_config.$\n      : $.workflow_config\n      ? ownerId.$\n      : $.ownerId\n',
    ],
    ['after a question mark in braces', '      {? workflow_config.$ : $.workflow_config, ownerId.$: $.ownerId}\n'],
    ['with a tag', '      !!str workflow_config.$: $.workflow_config\n      ownerId.$: $.ownerId\n'],
    ['with an anchor', '      &a workflow_config.$: $.workflow_config\n      ownerId.$: $.ownerId\n'],
    ['that is an alias', '      *k : $.workflow_config\n      ownerId.$: $.ownerId\n'],
    ['of a mapping in brackets without braces', '      list: [workflow_config.$: $.workflow_config]\n'],
  ])('finds a field %s, and leaves it', async (_, parameters) => {
    const text = state(parameters);
    expect(await patch(text)).toEqual({ text, hints: [expect.stringContaining(KEY)] });
  });

  it('reads an alias of a key as the last key with that anchor', async () => {
    const text = state('      &k a: 1\n      b: {*k : $.workflow_config}\n');
    expect(await rulesIn(text)).toEqual([]);
  });

  it.each([
    ['an alias in it', 'v: &v $.bag.workflow_config\nw: &w {a.$: *v}\nu: &v $.b\n', '*w'],
    ['an anchor in it', 'w: &w {x: &v $.b}\nu: &v $.bag.workflow_config\nt: *w\n', '{a.$: *v}'],
  ])('follows an alias to the anchor before it, when what an alias stands for has %s', async (_, anchors, value) => {
    const found = await findingsIn(anchors + state(`      ${value}\n`).replace('x: &k', 'z: &k'), 'a.yaml');
    expect(found.map(({ rule }) => rule)).toEqual(['asl/reinlines-program']);
  });

  it.each([
    ['a list as a key', 'x: {[a]: 1}\n', '1:5'],
    ['a mapping as a key', 'x: {{a}}\n', '1:5'],
    ['an alias of a list as a key', 'x: &a [1]\n*a : 1\n', '2:1'],
    ['an alias of an anchor that is not there', 'x: *a\n', '1:4'],
  ])('refuses %s, as PyYAML does', async (_, before, place) => {
    const text = before + state('      a: 1\n').replace('x: &k', 'z: &k');
    expect(await rulesIn(text)).toEqual([`YAML_SYNTAX ${place}`]);
  });
});

describe('YAML that stands for much', () => {
  it.each([
    ['mappings that merge one another', (at: number) => `b${at + 1}: &b${at + 1}\n  <<: *b${at}\n  k${at}: 1\n`],
    ['lists of merged mappings', (at: number) => `b${at + 1}: &b${at + 1} {<<: [*b${at}], k${at}: 1}\n`],
  ])(
    'reads 22 steps of %s in a time that does not double with each',
    async (_, step) => {
      const steps = Array.from({ length: 22 }, (_unused, at) => step(at)).join('');
      const text = `b0: &b0 {x: 1}\n${steps}StartAt: A\nStates: {A: {Type: Succeed}}\n`;
      const start = performance.now();
      expect(await rulesIn(text)).toEqual([]);
      expect(performance.now() - start).toBeLessThan(8_000);
    },
    300_000,
  );

  it('refuses mappings that merge one another twice, as it does aliases of aliases', async () => {
    const steps = Array.from({ length: 30 }, (_, at) => `b${at + 1}: &b${at + 1} {<<: [*b${at}, *b${at}]}\n`).join('');
    expect(await rulesIn(`b0: &b0 {x: 1}\n${steps}StartAt: A\n`)).toEqual([expect.stringMatching(/^YAML_TOO_LARGE /)]);
  }, 300_000);

  it.each([
    ['question marks', '? '.repeat(20_000)],
    ['question marks in a list', `- ${'? '.repeat(20_000)}`],
    ['question marks and dashes', '- ? '.repeat(10_000)],
    ['lines that are indented further and further', indented(3_000, 'a:')],
    ['lists that are indented further and further', indented(3_000, '-')],
    ['mappings in brackets', '[{a: '.repeat(20_000)],
  ])('reports %s without end, and looks at the next file', async (_, text) => {
    expect(await rulesIn(text)).toEqual([expect.stringMatching(/^YAML_TOO_DEEP /)]);
    expect(await rulesIn(text)).toEqual([expect.stringMatching(/^YAML_TOO_DEEP /)]);
  });

  it('reads 250 levels', async () => {
    expect(await rulesIn(`${indented(250, 'a:')}\nStartAt: A\nStates: {A: {Type: Succeed}}\n`)).toEqual([]);
  });
});

/** A line for each level. */
function indented(levels: number, line: string): string {
  return Array.from({ length: levels }, (_, level) => ' '.repeat(level) + line).join('\n');
}
