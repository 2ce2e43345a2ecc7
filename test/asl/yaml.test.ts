import { describe, expect, it } from 'vitest';
import { findingsIn, patchDefinition } from './commands.js';

/** `rule line:column` of everything found. */
async function found(content: string, file = 'template.yaml'): Promise<readonly string[]> {
  return (await findingsIn(content, file)).map(({ rule, line, column }) => `${rule} ${line}:${column}`);
}

/** A machine after some other YAML; its field is at line 7, column 22, without what is in front. */
const MACHINE = `StartAt: A
States:
  A:
    Type: Pass
    End: true
    Parameters:
      workflow_config.$: $.bag.workflow_config
`;
const FIELD = 'asl/reinlines-program';

describe('YAML as PyYAML reads it', () => {
  it.each<[string, string]>([
    ['a closing brace to the left of its key', 'x:\n  k: {\n    "a": 1\n}\n'],
    ['a closing bracket in a list, and a comment in it', "x:\n  - a: [\n  # it's {\n  1,\n2]\n  - b\n"],
    ['a text in double quotes that goes on without indentation', 'x:\n  k: "{\n  a\n}"\n'],
    ['a text in single quotes that goes on without indentation', "x:\n  k: 'it''s\n\nb'\n  c: 1\n"],
    ['a text in quotes that goes on inside of braces', 'x:\n  k: {"a": "b\n  c"\n  }\n'],
    ['brackets and quotes in a text in lines of its own', 'y: |\n  {"x": "\n  [\nx: {\n}\n'],
    ['a comment without a space before it', 'x: "a"#c\ny: {a: 1}#c\n'],
  ])('reads %s', async (_, before) => {
    const line = before.split('\n').length + 6;
    expect(await found(before + MACHINE)).toEqual([`${FIELD} ${line}:7`]);
  });

  it('says the place of a field in braces that are not indented', async () => {
    const text =
      'StartAt: A\nStates:\n  A: {\n"Type": "Pass", "End": true,\n "Parameters": {"workflow_config.$": "$.bag.workflow_config"}\n  }\n';
    expect(await found(text)).toEqual([`${FIELD} 5:17`]);
    const { patched, findings } = await patchDefinition(text, 'a.yaml');
    expect(findings).toEqual([]);
    expect(patched.toString()).toBe(
      text.replace(
        '"workflow_config.$": "$.bag.workflow_config"',
        '"segment_manifest_s3_path.$": "$.bag.segment_manifest_s3_path"',
      ),
    );
  });

  it('reports YAML that PyYAML refuses too', async () => {
    expect(await found(`x: "a\n${MACHINE}`)).toEqual([expect.stringMatching(/^YAML_SYNTAX /)]);
    expect(await found(`x: @a\n${MACHINE}`)).toEqual(['YAML_SYNTAX 1:4']);
  });

  it.each([
    ['brackets', '['.repeat(100_000)],
    ['braces in a text that is not closed', `x: {"a": ${'{"a": '.repeat(50_000)}`],
    ['dashes', `${'- '.repeat(50_000)}a`],
  ])('reports %s without end, and does not parse them', async (_, text) => {
    expect((await findingsIn(text, 'a.yaml')).map(({ rule }) => rule)).toEqual(['YAML_TOO_DEEP']);
  });

  it('follows a merge key, and lets the own member count', async () => {
    const common = `x: &a\n  Type: Pass\n  Parameters:\n    workflow_config.$: $.bag.workflow_config\n`;
    const states =
      'StartAt: A\nStates:\n  A:\n    <<: *a\n    Next: B\n  B:\n    <<: [*a]\n    Parameters: {x: 1}\n    End: true\n';
    expect(await found(common + states)).toEqual([`${FIELD} 4:5`]);
  });

  it('lets the first one of several merged mappings count', async () => {
    const text = `x: &x {Parameters: {a: 1}}\ny: &y {Parameters: {workflow_config.$: $.bag.workflow_config}}\nStartAt: A\nStates:\n  A: {<<: [*x, *y], Type: Pass, Next: B}\n  B: {<<: [*y, *x], Type: Pass, End: true}\n`;
    expect((await findingsIn(text, 'a.yaml')).map(({ message }) => message)).toEqual([
      'state "B" re-inlines `workflow_config` in `Parameters`',
    ]);
  });

  it('leaves a state with merged members when it patches, and says so', async () => {
    const text = `x: &a {Type: Pass, Parameters: {workflow_config.$: $.bag.workflow_config}}\nStartAt: A\nStates:\n  A: {<<: *a, End: true}\n`;
    const { patched, findings } = await patchDefinition(text, 'a.yaml');
    expect([patched.toString(), findings[0]!.hint]).toEqual([text, expect.stringContaining('change it by hand')]);
  });

  it.each(['a.json', 'a.asl.json', 'a.asl', 'a.template'])('reads JSON after a byte order mark in %s', async (name) => {
    const text =
      '\uFEFF{"StartAt":"A","States":{"A":{"Type":"Pass","End":true,"Parameters":{"workflow_config.$":"$.bag.workflow_config"}}}}';
    expect(await found(text, name)).toEqual([`${FIELD} 1:${text.indexOf('"workflow_config.$"') + 1}`]);
  });

  it('reads YAML after a byte order mark', async () => {
    expect(await found(`\uFEFF${MACHINE}`)).toEqual([`${FIELD} 7:7`]);
  });

  it('takes placeholders as the type of a state, its timeout and its beginning', async () => {
    const text = MACHINE.replace('Pass', '${Type}\n    TimeoutSeconds: ${T}').replace(
      'StartAt: A',
      'StartAt: ${Start}',
    );
    expect((await findingsIn(text, 'a.yaml')).map(({ rule }) => rule)).toEqual(['asl/passes-program']);
  });
});
