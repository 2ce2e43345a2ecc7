import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FLAT_PAYLOAD, machineText, taskWith } from '../asl/machines.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();
const FAT = machineText({ Run: taskWith(FLAT_PAYLOAD) });
const LEAN = machineText({ Run: taskWith({ 'segment_config.$': '$.segment' }) });

function put(name: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(scratch.dir, name)), { recursive: true });
  writeFileSync(join(scratch.dir, name), content);
}

async function check(...args: readonly string[]) {
  const { code, out, err } = await statebag(scratch.dir, ['asl', 'check', ...args, '--json']);
  if (out === '') return { code, err, files: [], skipped: {} };
  const report = JSON.parse(out) as {
    readonly documents: readonly { readonly file: string; readonly valid: boolean }[];
    readonly skipped: Readonly<Record<string, number>>;
  };
  return { code, err, skipped: report.skipped, files: report.documents.map(({ file, valid }) => [file, valid]) };
}

describe('statebag asl check of a directory', () => {
  it.each<[string, string, string | Uint8Array, 'other' | 'unreadable']>([
    ['JSON with comments', 'tsconfig.json', '{\n// comment\n"a": {}}', 'unreadable'],
    ['a Helm template', 'chart/t.yaml', 'a:\n{{- range .Values.x }}\n  - {{ . }}\n{{- end }}', 'unreadable'],
    [
      'a dashboard with a text that is called a definition',
      'dash.json',
      '{"definition": "{__name__=~\\"up.*\\"}"}',
      'other',
    ],
    ['YAML with a text that is called a definition', 'd.yaml', 'definition: "{a"\n', 'other'],
    ['an empty file', 'e.json', '', 'unreadable'],
    ['a binary file', 'b.yaml', Buffer.from([1, 0, 2]), 'unreadable'],
    ['a file of 17 MB', 'big.json', Buffer.alloc(17_000_000, ' '), 'unreadable'],
    ['JSON without a machine', 'p.json', '{"name": "x"}', 'other'],
  ])('skips and counts %s', async (_, name, content, kind) => {
    put('d/a.asl.json', LEAN);
    put(`d/${name}`, content);
    const { code, files, skipped } = await check('d');
    expect([code, files]).toEqual([0, [['d/a.asl.json', true]]]);
    expect(skipped).toEqual({ other: 0, unreadable: 0, terraform: 0, [kind]: 1 });
    const { out } = await statebag(scratch.dir, ['asl', 'check', 'd']);
    expect(out).toContain('skipped: 1 files');
  });

  it.each<[string, string, string | Uint8Array]>([
    ['a definition by its name', 'b.asl.json', '{'],
    ['a definition by its name that has no states', 'c.asl.yaml', 'a: 1'],
    ['a broken file with the words of a machine', 'b.json', '{"StartAt": "A", "States": '],
    ['a broken template with a state machine', 'b.yaml', 'Resources:\n  M: {Type: AWS::Serverless::StateMachine\n'],
    ['a machine in UTF-16', 'u.json', Buffer.from(FAT, 'utf16le')],
    [
      'a template whose definition is a reference',
      't.yaml',
      'A:\n  Type: AWS::StepFunctions::StateMachine\n  Properties: {DefinitionString: !Ref X}\n',
    ],
  ])('reports %s that cannot be read', async (_, name, content) => {
    put('d/a.asl.json', LEAN);
    put(`d/${name}`, content);
    const { code, files } = await check('d');
    expect([code, files]).toEqual([
      1,
      [
        ['d/a.asl.json', true],
        [`d/${name}`, false],
      ].sort(),
    ]);
  });

  it('reports a link to a device, which it cannot read', async () => {
    put('d/a.asl.json', LEAN);
    mkdirSync(join(scratch.dir, 'd/folder.json'));
    symlinkSync('/dev/zero', join(scratch.dir, 'd/zero.json'));
    const { code, files } = await check('d');
    expect([code, files]).toEqual([
      1,
      [
        ['d/a.asl.json', true],
        ['d/zero.json', false],
      ],
    ]);
  });

  it.each(['M.JSON', 'm.YAML', 'm.yml', 'm.template', 'm.jsonc', 'm.asl', 'm.Asl.Json'])(
    'looks at %s',
    async (name) => {
      put(`d/${name}`, FAT);
      expect(await check('d')).toMatchObject({ code: 1, files: [[`d/${name}`, false]] });
    },
  );

  it('reads comments and a last comma in .jsonc, and leaves such a file when it patches', async () => {
    const text = FAT.replace('{', '{ // it is "fat"\n').replace(/\}$/, ', /* { */ }');
    put('m.jsonc', text);
    expect(await check('m.jsonc')).toMatchObject({ code: 1, files: [['m.jsonc', false]] });
    const { code, out } = await statebag(scratch.dir, ['asl', 'patch', 'm.jsonc']);
    expect([code, out]).toEqual([1, '']);
  });

  it('says that Terraform is not read, for a file and for a directory', async () => {
    put('d/main.tf', 'resource "aws_sfn_state_machine" "m" { definition = jsonencode({}) }');
    expect((await check('d')).err).toContain('1 Terraform files (.tf) are not read');
    put('d/a.asl.json', LEAN);
    expect(await check('d')).toMatchObject({ code: 0, skipped: { other: 0, unreadable: 0, terraform: 1 } });
    const { code, out } = await statebag(scratch.dir, ['asl', 'check', 'd/main.tf']);
    expect([code, out]).toEqual([1, expect.stringContaining('a Terraform file, which statebag does not read')]);
  });

  it('goes on with the other files when one cannot be looked at to its end', async () => {
    put('d/a.asl.json', LEAN);
    put(
      'd/deep.asl.json',
      `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"x.$": "${'$.a'.repeat(9)}"}, "Next": ${'['.repeat(300)}${']'.repeat(300)}}}}`,
    );
    put('d/z.asl.json', FAT);
    expect(await check('d')).toMatchObject({
      code: 1,
      files: [
        ['d/a.asl.json', true],
        ['d/deep.asl.json', false],
        ['d/z.asl.json', false],
      ],
    });
  });
});
