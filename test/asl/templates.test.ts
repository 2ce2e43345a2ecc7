import { describe, expect, it } from 'vitest';
import { checkAll, checkFiles, findingsIn, patchDefinition } from './commands.js';

type Content = string | Uint8Array;

/** `rule line:column` of everything found. */
async function found(content: Content, file = 'template.yaml'): Promise<readonly string[]> {
  return (await findingsIn(content, file)).map(({ rule, line, column }) => `${rule} ${line}:${column}`);
}

/** A template with one state machine, whose properties these lines are. */
function template(...properties: readonly string[]): string {
  return ['Resources:', '  M:', '    Type: AWS::StepFunctions::StateMachine', '    Properties:', ...properties].join(
    '\n',
  );
}

const START = '{"StartAt":"A","States":{"A":{"Type":"Pass","End":true,"Parameters":';
const FAT = `${START}{"workflow_config.$":"$.bag.workflow_config"}}}}`;
const LEAN = `${START}{"x":1}}}}`;
const BATCH = '{"StartAt":"A","States":{"A":{"Type":"Map","End":true,"ItemBatcher":';
const CODE = 'ASL_UNREADABLE';
const FOUND = 'asl/reinlines-program';
const column = (text: string, part: string) => text.indexOf(part) + 1;

describe('definitions that a template puts together', () => {
  it('finds a field in a part of a Fn::Join, at the place of the part', async () => {
    const last = `            - '"}, "workflow_config.$":"$.bag.workflow_config"}}}}'`;
    const lines = [
      '      DefinitionString:',
      '        Fn::Join:',
      "          - ''",
      `          - - '${START}{"a":{"b":"'`,
      '            - !GetAtt F.Arn',
      last,
    ];
    expect(await found(template(...lines))).toEqual([`${FOUND} 10:${column(last, '"workflow_config.$"')}`]);
  });

  it.each<[string, string, readonly string[]]>([
    [
      'a short Join with a delimiter',
      `!Join [':', ['${START}{"a"', '1,"workflow_config.$"', '"$.x.workflow_config"}}}}']]`,
      [FOUND],
    ],
    [
      'a Join in a Join',
      `!Join ['', [!Join ['', ['${START}', '{"workflow_config.$":']], '"$.b.workflow_config"}}}}']]`,
      [FOUND],
    ],
    ['a Sub in a Join', `!Join ['', [!Sub '${FAT.slice(0, -4)}', '}}}}']]`, [FOUND]],
    ['a Sub with a list', `!Sub ['${FAT}', {Arn: !GetAtt F.Arn}]`, [FOUND]],
    [
      'a Sub whose name stands for the field',
      `!Sub ['${START}{\${P}}}}}', {P: '"workflow_config.$":"$.b.workflow_config"'}]`,
      [FOUND],
    ],
    ['the first arm of an If', `!If [C, '${FAT}', '${LEAN}']`, [FOUND]],
    ['the second arm of an If', `!If [C, '${LEAN}', !Sub '${FAT}']`, [FOUND]],
    [
      'an If in a Join',
      `!Join ['', ['${START}', !If [C, '{"x":1}', '{"workflow_config.$":"$.b.workflow_config"}'], '}}}']]`,
      [FOUND],
    ],
    [
      'an If that leaves a part out',
      `!Join ['', ['${START}{"x":1', !If [C, ',"workflow_config.$":"$.b.workflow_config"', !Ref AWS::NoValue], '}}}}']]`,
      [FOUND],
    ],
    ['a definition that Fn::Select takes', `!Select [1, ['${LEAN}', '${FAT}']]`, [FOUND]],
    ['a definition that Fn::Select leaves', `!Select [0, ['${LEAN}', '${FAT}']]`, []],
    [
      'a part that Fn::Select takes',
      `!Join ['', ['${START}', !Select ['0', ['{"workflow_config.$":"$.b.workflow_config"}']], '}}}']]`,
      [FOUND],
    ],
    ['an object in Fn::ToJsonString', `{"Fn::ToJsonString": ${FAT}}`, [FOUND]],
    [
      'Fn::ToJsonString in a Join',
      `!Join ['', ['${START}', {"Fn::ToJsonString": {"workflow_config.$": "$.b.workflow_config"}}, '}}}']]`,
      [FOUND],
    ],
    ['a number without quotes', `!Sub '${FAT.replace('"End"', '"TimeoutSeconds":${T},"End"')}'`, [FOUND]],
    ['a placeholder for a value', `!Sub '${START}\${P}}}}'`, [CODE]],
    ['a placeholder for members', `!Sub '${START}{"x":1, \${More}}}}}'`, [CODE]],
    ['a placeholder for what a batch has', `!Sub '${BATCH}{"BatchInput":\${P}}}}}'`, [CODE]],
    ['a placeholder for a batch', `!Sub '${BATCH}\${P}}}}'`, [CODE]],
    [
      'a placeholder for a rule of a Choice',
      `!Sub '{"StartAt":"A","States":{"A":{"Type":"Choice","Default":"A","Choices":[\${Rule}]}}}'`,
      [CODE],
    ],
    [
      'a placeholder for what a rule of a Choice assigns',
      `!Sub '{"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"Next":"A","Assign":\${P}}]}}}'`,
      [CODE],
    ],
    ['a placeholder for a state', `!Sub '{"StartAt":"A","States":{"A":\${A}}}'`, [CODE]],
    ['a placeholder for all states', `!Sub '{"StartAt":"A","States":\${A}}'`, [CODE]],
    ['a placeholder for states after another one', `!Sub '${LEAN.slice(0, -2)},\${More}}}'`, [CODE]],
    ['a reference', '!Ref Definition', [CODE]],
    ['a list that is a reference', "!Join ['', !Ref Parts]", [CODE]],
    ['another function', '!Select [0, [a, b]]', [CODE]],
    ['text that is not JSON', 'hello', [CODE]],
    ['JSON without states', "'{}'", [CODE]],
    ['parts that are not JSON', `!Join ['', ['{"StartAt":', '}']]`, ['JSON_SYNTAX']],
    ['parts without a program', `!Join ['', ['${LEAN.slice(0, 20)}', '${LEAN.slice(20)}']]`, []],
  ])('reads %s', async (_, value, expected) => {
    expect(
      (await findingsIn(template(`      DefinitionString: ${value}`), 'template.yaml')).map(({ rule }) => rule),
    ).toEqual(expected);
  });

  it('reads what the CDK writes: a Fn::Join in JSON, next to a machine that is in order', async () => {
    const parts = [START + '{"r":"', { 'Fn::GetAtt': ['F', 'Arn'] }, '","workflow_config.$":"$.b.workflow_config"}}}}'];
    const machine = (definition: unknown) => ({
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: { DefinitionString: definition },
    });
    const text = JSON.stringify({ Resources: { A: machine(LEAN), B: machine({ 'Fn::Join': ['', parts] }) } });
    const at = column(text, '\\"workflow_config.$');
    expect(await found(text, 'x.template.json')).toEqual([`${FOUND} 1:${at}`]);
  });

  it('reads an object whose members have functions, both arms of each If', async () => {
    const lines = [
      '      Definition:',
      '        StartAt: A',
      '        States:',
      '          A:',
      '            Type: Task',
      '            Resource: !GetAtt F.Arn',
      '            Parameters: !If',
      '              - C',
      '              - {"workflow_config.$": !Sub "$.bag.workflow_config"}',
      '              - {"partition_map.$": !Join [".", [$, bag, partition_map]], x: !Ref AWS::NoValue}',
      '            Next: B',
      '          B: !If [C, {Type: Succeed}, !Ref AWS::NoValue]',
    ];
    expect(await found(template(...lines))).toEqual(['asl/passes-program 13:18', 'asl/passes-program 14:18']);
  });

  it('reports a state machine without a definition, and one that is stored elsewhere', async () => {
    expect(await found(template('      RoleArn: x'))).toEqual([`${CODE} 3:5`]);
    expect(await found(template('      DefinitionS3Location: {Bucket: a, Key: b}'))).toEqual([`${CODE} 5:29`]);
    expect(await found(template('      DefinitionUri: s3://bucket/key'))).toEqual([`${CODE} 5:22`]);
  });

  it('does not take the type of a connector for a state machine', async () => {
    const text = `${template(`      DefinitionString: '${LEAN}'`)}\n  C:\n    Type: AWS::Serverless::Connector\n    Properties:\n      Source: {Type: AWS::StepFunctions::StateMachine, Arn: x}\n`;
    expect(await found(text)).toEqual([]);
  });

  it('reports a field in what a name of the definition stands for', async () => {
    const text = template(
      '      DefinitionUri: a.asl.json',
      '      DefinitionSubstitutions: {P: $.bag.workflow_config, T: 5}',
    );
    const all = await checkAll({ 'template.yaml': text, 'a.asl.json': LEAN });
    expect(all.get('template.yaml')!.map(({ rule, line, column: at }) => [rule, line, at])).toEqual([[CODE, 6, 36]]);
  });

  it('reports state machines of the Serverless Framework that are in another file, beside one that is here', async () => {
    const machines = (text: string) => `stepFunctions:\n  stateMachines:${text}`;
    const one = '\n    a:\n      definition: {StartAt: A, States: {A: {Type: Succeed}}}\n    b: ${file(b.yml):b}\n';
    expect(await found(machines(one), 'serverless.yml')).toEqual([`${CODE} 5:8`]);
    expect(await found(machines(' ${file(b.yml)}\n'), 'serverless.yml')).toEqual([`${CODE} 2:18`]);
  });

  it.each([
    ['DefinitionString', `!If [C, '${LEAN}', !Ref AWS::NoValue]`, []],
    ['DefinitionString', `!If [C, '${FAT}', !Ref AWS::NoValue]`, [FOUND]],
    ['DefinitionUri', "!If [C, 's3://b/k', !Ref AWS::NoValue]", [CODE]],
  ])('reads two definitions of which each deployment has one: %s: %s', async (name, value, rules) => {
    const other = `      Definition: !If [C, !Ref AWS::NoValue, {StartAt: A, States: {A: {Type: Succeed}}}]`;
    const text = template(`      ${name}: ${value}`, other);
    expect((await found(text)).map((each) => each.split(' ')[0])).toEqual(rules);
  });

  it('reports a resource whose only definition is not there under a condition', async () => {
    const text = template(`      DefinitionString: !If [C, '${LEAN}', !Ref AWS::NoValue]`);
    expect((await found(text)).map((each) => each.split(' ')[0])).toEqual([CODE]);
  });

  it('reports a definition of the Serverless Framework that is in another file', async () => {
    const text = 'stepFunctions:\n  stateMachines:\n    m:\n      definition: ${file(machine.yml)}\n';
    expect(await found(text, 'serverless.yml')).toEqual([`${CODE} 4:19`]);
  });

  it('patches an object with references, and not one with text that is put together', async () => {
    const machine = (path: unknown) => ({
      Resources: {
        M: {
          Type: 'AWS::Serverless::StateMachine',
          Properties: {
            Definition: {
              StartAt: 'A',
              States: {
                A: { Type: 'Pass', Comment: { Ref: 'X' }, Parameters: { 'workflow_config.$': path }, End: true },
              },
            },
          },
        },
      },
    });
    const text = JSON.stringify(machine('$.bag.workflow_config'));
    const { patched, findings } = await patchDefinition(text, 'template.json');
    expect(findings).toEqual([]);
    expect(patched.toString()).toBe(
      text.replace(
        '"workflow_config.$":"$.bag.workflow_config"',
        '"segment_manifest_s3_path.$":"$.bag.segment_manifest_s3_path"',
      ),
    );
    const joined = JSON.stringify(machine({ 'Fn::Sub': '$.${Bag}.workflow_config' }));
    const left = await patchDefinition(joined, 'template.json');
    expect([left.patched.toString(), left.findings.length]).toEqual([joined, 1]);
    const yaml = template(
      '      Definition: {StartAt: A, States: {A: {Type: Pass, End: true, Parameters: {workflow_config.$: !Sub "$.${Bag}.workflow_config"}}}}',
    );
    expect((await patchDefinition(yaml, 'template.yaml')).patched.toString()).toBe(yaml);
  });

  it('patches the text of a long Fn::Sub in place', async () => {
    const text = template('      DefinitionString:', `        Fn::Sub: '${FAT}'`);
    const { patched, findings } = await patchDefinition(text, 'template.yaml');
    expect(findings).toEqual([]);
    expect(patched.toString()).toContain('"segment_manifest_s3_path.$":"$.bag.segment_manifest_s3_path"');
  });

  it('goes on with the other machines of a template when one cannot be read', async () => {
    const both = `${template(`      DefinitionString: '{'`)}\n  N:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      DefinitionString: '${FAT}'`;
    expect((await findingsIn(both, 'template.yaml')).map(({ rule }) => rule)).toEqual(['JSON_SYNTAX', FOUND]);
  });

  it('reads the file of a DefinitionUri as a part of the template', async () => {
    const text = template('      DefinitionUri: sm/a.asl.json', '      DefinitionSubstitutions: {T: 5}');
    const inner = FAT.replace('"End"', '"TimeoutSeconds": ${T}, "End"');
    const { documents } = await checkFiles({ 'template.yaml': text, 'sm/a.asl.json': inner }, ['template.yaml']);
    expect(documents).toEqual([
      ['template.yaml', [['asl/reinlines-program', 'sm/a.asl.json', column(inner, '"workflow_config.$"')]]],
    ]);
  });

  it('reports a DefinitionUri whose file is not there, at its place in the template', async () => {
    const [finding, ...others] = await findingsIn(template('      DefinitionUri: gone.json'), 'template.yaml');
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ rule: CODE, file: 'template.yaml', line: 5, column: 22 });
    expect(finding!.message).toContain('gone.json');
  });

  it('reports a DefinitionUri that names a device, which has no end', async () => {
    const found = await findingsIn(template('      DefinitionUri: /dev/zero'), 'template.yaml');
    expect(found.map(({ rule, file, line }) => [rule, file, line])).toEqual([[CODE, 'template.yaml', 5]]);
  });

  it('reports the file of a DefinitionUri once when it is checked on its own', async () => {
    const all = await checkAll({ 'template.yaml': template('      DefinitionUri: a.asl.json'), 'a.asl.json': FAT });
    expect([...all].map(([file, findings]) => [file, findings.length])).toEqual([
      ['template.yaml', 0],
      ['a.asl.json', 1],
    ]);
  });

  it('leaves a joined definition when it patches, and says so', async () => {
    const text = template(`      DefinitionString: !Join ['', ['${FAT.slice(0, 30)}', '${FAT.slice(30)}']]`);
    const { patched, findings } = await patchDefinition(text, 'template.yaml');
    expect(patched.toString()).toBe(text);
    expect(findings[0]!.hint).toContain('the template puts this definition together');
  });

  it('patches a definition with placeholders, and keeps them', async () => {
    const text = `${START}{"workflow_config.$":"$.bag.workflow_config"},"TimeoutSeconds":\${T}}}}`;
    const { patched, findings } = await patchDefinition(text, 'a.asl.json');
    expect(findings).toEqual([]);
    expect(patched.toString()).toBe(
      text.replace(
        '"workflow_config.$":"$.bag.workflow_config"',
        '"segment_manifest_s3_path.$":"$.bag.segment_manifest_s3_path"',
      ),
    );
  });
});
