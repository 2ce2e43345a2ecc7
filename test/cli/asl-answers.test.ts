import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();

const START = '{"StartAt":"A","States":{"A":{"Type":"Pass","End":true,"Parameters":';
const FAT = '{"workflow_config.$":"$.bag.workflow_config"}';
const LEAN = '{"x":1}';

const machine = (members: string) => `${START}${members}}}}`;
const yaml = (...properties: readonly string[]) =>
  ['Resources:', '  M:', '    Type: AWS::Serverless::StateMachine', '    Properties:', ...properties, ''].join('\n');
const string = (value: string) => yaml(`      DefinitionString: ${value}`);
const object = (parameters: string) =>
  yaml(`      Definition: {StartAt: A, States: {A: {Type: Pass, End: true, Parameters: ${parameters}}}}`);

/** A template, by what the page says its definition is; the program, or what is there instead, is in the members. */
const TEMPLATES: Readonly<Record<string, (members: string) => string>> = {
  'an object': (members) => object(members),
  text: (members) => string(`'${machine(members)}'`),
  '`!Sub` with text': (members) => string(`!Sub '${machine(members)}'`),
  '`!Sub` with a list': (members) => string(`!Sub ['${machine('${P}')}', {P: '${members}'}]`),
  '`Fn::Join` of parts and references': (members) =>
    string(`{"Fn::Join": ['', ['${START}{"r":"', {Ref: R}, '","p":', '${members}', '}}}}']]}`),
  '`Fn::Join` in a `Fn::Join`': (members) => string(`!Join ['', ['${START}', !Join ['', ['${members}', '}}']], '}']]`),
  'one arm of `!If`': (members) => string(`!If [C, '${machine('{"y":1}')}', '${machine(members)}']`),
  '`Fn::ToJsonString`': (members) => string(`{"Fn::ToJsonString": ${machine(members)}}`),
  'an object with functions in its members': (members) =>
    object(members.replace('"$.bag.workflow_config"', '!Join [".", ["$.bag", workflow_config]]')),
  'an object with `!If` around a field of a state': (members) => object(`!If [C, {y: 1}, ${members}]`),
  'text with a number as a placeholder: `"TimeoutSeconds": ${Timeout}`': (members) =>
    string(`'${machine(members).replace('"End"', '"TimeoutSeconds": ${Timeout}, "End"')}'`),
  'a file that `DefinitionUri` names': (members) => {
    writeFileSync(join(scratch.dir, 'd/machine.json'), machine(members));
    return yaml('      DefinitionUri: d/machine.json');
  },
  'a file that `DefinitionUri` names and that is not there': () => yaml('      DefinitionUri: d/gone.json'),
  '`DefinitionUri` or `DefinitionS3Location` in S3': () => yaml('      DefinitionUri: s3://bucket/key'),
  'a reference: `!Ref Definition`': () => string('!Ref Definition'),
  'text with a placeholder for members, a state or a field of a state': () => string(`'${machine('${P}')}'`),
  'parts that are not JSON together': (members) => string(`!Join ['', ['${START}', '${members}}}']]`),
  'not there': () => yaml('      Role: x'),
};

/** The cells of each row of the first table of the page. */
function rows(): readonly (readonly string[])[] {
  const [table] = readFileSync('docs/asl.md', 'utf8').match(/(?:^\|.*\n)+/gm)!;
  const [, , ...lines] = table.trim().split('\n');
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

async function answer(template: string): Promise<string> {
  writeFileSync(join(scratch.dir, 'template.yaml'), template);
  const { code, out } = await statebag(scratch.dir, ['asl', 'check', 'template.yaml', '--json']);
  const { documents } = JSON.parse(out) as {
    readonly documents: readonly { readonly issues: readonly { readonly rule: string }[] }[];
  };
  const [rule, ...others] = documents.flatMap(({ issues }) => issues).map((issue) => issue.rule);
  expect(others).toEqual([]);
  if (rule === undefined) return `valid, ${code}`;
  return `${rule === 'asl/reinlines-program' ? 'found' : `\`${rule}\``}, ${code}`;
}

describe('docs/asl.md', () => {
  it('has a row for each template that is checked here', () => {
    expect(rows().map(([name]) => name)).toEqual(Object.keys(TEMPLATES));
  });

  it.each(rows())('says what the answer is when a definition is %s', async (name, fat, lean) => {
    mkdirSync(join(scratch.dir, 'd'));
    const make = TEMPLATES[name]!;
    expect([await answer(make(FAT)), await answer(make(LEAN))]).toEqual([fat, lean]);
  });
});
