import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FLAT_PAYLOAD, machineText, taskWith } from '../asl/machines.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();
const FAT = machineText({ Run: taskWith(FLAT_PAYLOAD) });
const LEAN = machineText({ Run: taskWith({ 'segment_config.$': '$.segment' }) });
const BY_HAND = machineText({ Run: taskWith({ 'config.$': '$.bag.workflow_config' }) });

function put(name: string, content: string | Uint8Array): string {
  writeFileSync(join(scratch.dir, name), content);
  return name;
}

const read = (name: string) => readFileSync(join(scratch.dir, name), 'utf8');
const asl = (...args: readonly string[]) => statebag(scratch.dir, ['asl', ...args]);

interface Report {
  readonly documents: readonly {
    readonly file: string;
    readonly valid: boolean;
    readonly issues?: readonly unknown[];
    readonly findings?: readonly { readonly rule: string; readonly line?: number }[];
    readonly diff?: string;
    readonly applied?: boolean;
  }[];
}

async function json(...args: readonly string[]): Promise<{ readonly code: number; readonly report: Report }> {
  const { code, out } = await asl(...args, '--json');
  return { code, report: JSON.parse(out) as Report };
}

describe('statebag asl check', () => {
  it('says file, line and column of every state, and exits with 1', async () => {
    put('a.asl.json', FAT);
    put('b.asl.json', LEAN);
    const { code, out } = await asl('check', 'a.asl.json', 'b.asl.json');
    expect(code).toBe(1);
    expect(out).toMatch(/a\.asl\.json:10:11 .*passes `workflow_config` in `Parameters`/);
    expect(out).toContain('2 documents, 1 valid, 1 invalid');
    expect((await asl('check', 'b.asl.json')).code).toBe(0);
  });

  it.each([
    ['github', /::error .*file=a\.asl\.json,line=10/],
    ['sarif', /"ruleId": ?"asl\/passes-program"/],
    ['junit', /<failure/],
    ['json', /"asl\/passes-program"/],
  ])('speaks %s', async (format, pattern) => {
    put('a.asl.json', FAT);
    const { code, out } = await asl('check', 'a.asl.json', '--format', format);
    expect([code, pattern.test(out)]).toEqual([1, true]);
  });

  it('takes globs, directories and standard input, each file once', async () => {
    mkdirSync(join(scratch.dir, 'infra', 'deep'), { recursive: true });
    put('infra/a.json', FAT);
    put('infra/deep/b.yaml', 'StartAt: A\nStates: {A: {Type: Succeed}}\n');
    put('infra/package.json', '{"name": "no machine"}');
    const directory = await json('check', 'infra', 'infra/a.json');
    expect(directory.report.documents.map(({ file }) => file)).toEqual(['infra/a.json', 'infra/deep/b.yaml']);
    const glob = await json('check', 'infra/**/*.{json,yaml}');
    expect(glob.report.documents.map(({ file, valid }) => [file, valid])).toEqual([
      ['infra/a.json', false],
      ['infra/deep/b.yaml', true],
      ['infra/package.json', false],
    ]);
    expect((await statebag(scratch.dir, ['asl', 'check', '-'], { stdin: FAT })).code).toBe(1);
    expect(
      (await statebag(scratch.dir, ['asl', 'check', '-'], { stdin: 'StartAt: A\nStates: {A: {Type: Succeed}}\n' }))
        .code,
    ).toBe(0);
  });

  it.each([
    [['check', '*.asl'], 'SOURCE_EMPTY'],
    [['check', 'nowhere.json'], 'SOURCE_NOT_FOUND'],
    [['check', '-', 'a.json'], 'SOURCE_INVALID'],
    [['check'], 'FILE… is missing'],
    [['burn', 'a.json'], '"burn" is not an action of statebag asl: check, patch'],
    [['check', 'a.json', '--apply'], '--apply is not an option of statebag asl check'],
    [['patch', '-', '--apply'], '--apply writes files'],
    [['patch', 'a.json', '--speaks', 'both'], '--speaks takes lean or fat'],
    [['check', 'a.json', '--format', 'xml'], '--format takes'],
  ])('refuses %j with exit code 2', async (args, reason) => {
    put('a.json', LEAN);
    const { code, err } = await asl(...args);
    expect(code).toBe(2);
    expect(err).toContain(reason);
  });

  it('refuses a directory in which no file holds a machine', async () => {
    mkdirSync(join(scratch.dir, 'empty'));
    put('empty/a.json', '{}');
    const { code, err } = await asl('check', 'empty');
    expect([code, err]).toEqual([2, expect.stringContaining('SOURCE_EMPTY')]);
  });

  it.each<[string, string, string | Uint8Array, string, number?]>([
    ['JSON that breaks off', 'a.json', '{"StartAt": "A",\n "States": {', 'JSON_SYNTAX', 2],
    ['JSON without a machine', 'a.json', '{"hello": 1}', 'ASL_NOT_FOUND'],
    ['a list', 'a.json', '[]', 'ASL_NOT_FOUND'],
    ['states that are none', 'a.json', '{"StartAt": "A", "States": []}', 'ASL_INVALID', 1],
    [
      'a beginning that is not there',
      'a.json',
      '{"StartAt": "B",\n"States": {"A": {"Type": "Succeed"}}}',
      'ASL_INVALID',
      1,
    ],
    ['a state of an unknown type', 'a.json', '{"StartAt": "A", "States": {\n"A": {"Type": "Job"}}}', 'ASL_INVALID', 2],
    ['a state that is a text', 'a.json', '{"StartAt": "A", "States": {\n"A": "Succeed"}}', 'ASL_INVALID', 2],
    ['broken YAML', 'a.yaml', 'StartAt: A\nStates:\n  A: [\n', 'YAML_SYNTAX'],
    ['YAML within itself', 'a.yaml', 'StartAt: A\nStates: &a\n  A: {Type: Pass, b: *a}\n', 'YAML_TOO_DEEP'],
    [
      'aliases of aliases',
      'a.yaml',
      `a0: &a0 [1,1]\n${Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i},*a${i}]\n`).join('')}`,
      'YAML_TOO_LARGE',
    ],
    ['100,000 brackets', 'a.yaml', '['.repeat(100_000), 'YAML_'],
    ['100,000 brackets of JSON', 'a.json', '['.repeat(100_000), 'JSON_TOO_DEEP'],
    ['zero bytes', 'a.yaml', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 0]), 'ASL_BINARY'],
    ['bytes that are no text', 'a.yaml', Buffer.from([0x61, 0x3a, 0x20, 0xff, 0xfe]), 'INVALID_UTF8'],
    ['nothing', 'a.json', '', 'JSON_EMPTY'],
    [
      'a definition in a string that breaks off',
      'a.json',
      '{"DefinitionString": "{\\"StartAt\\": "}',
      'JSON_SYNTAX',
      1,
    ],
    ['100 MB', 'a.json', Buffer.alloc(100 * 1024 * 1024, ' '), 'ASL_TOO_LARGE'],
  ])('tells %s, and goes on with the next file', async (_, name, content, rule, line) => {
    put(name, content);
    put('z.json', LEAN);
    const { code, report } = await json('check', name, 'z.json');
    expect([code, report.documents.map(({ valid }) => valid)]).toEqual([1, [false, true]]);
    const text = JSON.stringify(report.documents[0]);
    expect(text).toContain(rule);
    if (line !== undefined) expect(text).toContain(`"line":${line}`);
  });
});

describe('statebag asl patch', () => {
  it('shows a difference that patch(1) takes, and writes nothing without --apply', async () => {
    put('a.asl.json', FAT);
    const { code, out, err } = await asl('patch', 'a.asl.json');
    expect([code, read('a.asl.json')]).toEqual([0, FAT]);
    expect(err).toContain('1 documents, 1 valid');
    const patched = spawnSync('patch', ['-p1', '--fuzz=0'], { cwd: scratch.dir, input: out, encoding: 'utf8' });
    expect(patched.stderr).toBe('');
    const byHand = read('a.asl.json');
    put('b.asl.json', FAT);
    expect((await asl('patch', 'b.asl.json', '--apply')).code).toBe(0);
    expect(read('b.asl.json')).toBe(byHand);
    expect((await asl('check', 'b.asl.json')).code).toBe(0);
  });

  it('does nothing the second time', async () => {
    put('a.asl.json', FAT);
    await asl('patch', 'a.asl.json', '--apply');
    const { code, out } = await asl('patch', 'a.asl.json', '--apply');
    expect([code, out]).toEqual([0, '']);
  });

  it('exits with 1 while something is left for a person', async () => {
    put('a.asl.json', BY_HAND);
    const { code, out, err } = await asl('patch', 'a.asl.json', '--apply');
    expect([code, out, read('a.asl.json')]).toEqual([1, '', BY_HAND]);
    expect(err).toContain('passes `workflow_config` as `config`');
  });

  it('gives one JSON document with what was changed and what is left', async () => {
    put('a.asl.json', FAT);
    put('b.asl.json', BY_HAND);
    const { code, report } = await json('patch', 'a.asl.json', 'b.asl.json', '--apply');
    expect(code).toBe(1);
    expect(report.documents).toMatchObject([
      { valid: true, applied: true, changed: true, diff: expect.stringContaining('+++ b/a.asl.json') as string },
      { valid: false, applied: false, changed: false, diff: '' },
    ]);
  });
});
