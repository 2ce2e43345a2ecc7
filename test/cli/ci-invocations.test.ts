import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { action, stepEnvironment } from '../recipes/action.js';
import { leanBag, without } from '../validate/lean-bag.js';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();
const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const put = (name: string, data: string) => {
  mkdirSync(join(scratch.dir, name, '..'), { recursive: true });
  writeFileSync(join(scratch.dir, name), data);
};

/** The arguments that the step of the Action gives to the command line: a tool in its place prints them. */
function actionArguments(inputs: Readonly<Record<string, string>>): readonly string[] {
  put('action/dist/cli/statebag.cjs', 'process.stdout.write(JSON.stringify(process.argv.slice(2)))');
  const env = { GITHUB_ACTION_PATH: join(scratch.dir, 'action'), GITHUB_OUTPUT: 'output', RUNNER_TEMP: scratch.dir };
  const script = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', action.runs.steps[0].run];
  const out = execFileSync('bash', script, {
    cwd: scratch.dir,
    encoding: 'utf8',
    env: { ...process.env, ...stepEnvironment(inputs), ...env },
  });
  return JSON.parse(out) as string[];
}

const [hook] = parse(read('.pre-commit-hooks.yaml')) as [{ readonly entry: string; readonly files: string }];
const hookArguments = (...files: readonly string[]) => [...hook.entry.split(' ').slice(1), ...files];

const lean = JSON.stringify(leanBag);
const unstamped = JSON.stringify({ ...without(leanBag, 'state_bag_version'), workflow_config: { nodes: [] } });

describe('the GitHub Action with no input but its paths', () => {
  it('requires lean bags in so many words, and takes paths for paths', () => {
    expect(actionArguments({ paths: 'd\n\n--expect=invalid\n' })).toEqual([
      ...['validate', '--format', 'github', '--expect', 'valid', '--schema', 'lean'],
      ...['--', 'd', '--expect=invalid'],
    ]);
  });

  it('hands each line of ignore on as a glob, and allow-empty as the option', () => {
    const inputs = { paths: 'd', ignore: '**/*.md\n-x y*\n', 'allow-empty': 'true' };
    expect(actionArguments(inputs).slice(7)).toEqual([
      ...['--allow-empty', '--ignore=**/*.md', '--ignore=-x y*'],
      ...['--', 'd'],
    ]);
  });

  it.each([
    ['a lean bag', { 'd/a.json': lean }, 0, '1 documents, 1 valid, 0 invalid\n'],
    ['an old bag', { 'd/a.json': smallBag() }, 1, 'title=not /workflow_config::'],
    ['a bag that went fat and lost its stamp', { 'd/a.json': unstamped }, 1, 'title=not /workflow_config::'],
    ['a fat bag over the limit', { 'd/a.json': smallBag({ x: 'x'.repeat(300_000) }) }, 1, 'title=maxBytes::'],
    ['text that is not JSON', { 'd/a.json': '{' }, 1, 'title=JSON_SYNTAX::'],
    ['a file of another name', { 'd/a.json': lean, 'd/b.yaml': '' }, 1, 'file=d/b.yaml,title=NAME_SKIPPED::'],
    ['a file without lines', { 'd/a.json': lean, 'd/b.ndjson': '' }, 1, 'file=d/b.ndjson,title=FILE_EMPTY::'],
    ['nothing but an empty file', { 'd/b.ndjson': '' }, 2, '::error title=SOURCE_EMPTY::'],
  ])('gives the answer of a gate to %s', async (_, files, code, text) => {
    for (const [name, data] of Object.entries(files)) put(name, data);
    const ran = await statebag(scratch.dir, actionArguments({ paths: 'd' }));
    expect([ran.code, ran.out]).toEqual([code, expect.stringContaining(text)]);
  });
});

describe('the pre-commit hook', () => {
  it.each([
    ['a lean bag', lean, 0],
    ['an old bag', smallBag(), 1],
    ['a bag that went fat and lost its stamp', unstamped, 1],
    ['text that is not JSON', '{', 1],
    ['no bytes', '', 1],
  ])('gives the answer of a gate to a file with %s', async (_, data, code) => {
    put('bags/a.json', data);
    expect((await statebag(scratch.dir, hookArguments('bags/a.json'))).code).toBe(code);
  });

  it('ends with exit code 2 for a file without lines', async () => {
    put('bags/a.ndjson', '');
    expect((await statebag(scratch.dir, hookArguments('bags/a.ndjson'))).code).toBe(2);
  });

  it('takes every name that a directory is searched for', () => {
    const files = new RegExp(hook.files);
    for (const name of ['a.json', 'A.JSON', 'b.NdJson', 'c.jsonl', 'd.json.gz', 'e.ndjson.GZ'])
      expect([name, files.test(`x/bags/${name}`)]).toEqual([name, true]);
    for (const name of ['a.txt', 'a.json.bak', 'json', 'a.gz']) expect(files.test(`bags/${name}`)).toBe(false);
  });
});
