import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { leanBag } from '../validate/lean-bag.js';
import { COMMAND_NAMES } from './command-names.js';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();
const run = (...argv: readonly string[]) => statebag(scratch.dir, argv);
const put = (name: string, text: string) => {
  writeFileSync(join(scratch.dir, name), text);
};
const isThere = (name: string) => existsSync(join(scratch.dir, name));

/** The files that a command line names to `validate`: all of them are valid. */
async function validated(...argv: readonly string[]): Promise<readonly string[]> {
  const { code, out, err } = await run('validate', ...argv);
  expect([code, err]).toEqual([0, '']);
  const { documents } = JSON.parse(out) as { readonly documents: readonly { readonly file: string }[] };
  return documents.map(({ file }) => file);
}

const FILES = ['a.json', '007', '1e3', '0x10', '--json', '--no-color', '--schema=x', '-x', '-5', 'help', 'false'];

describe('arguments', () => {
  beforeEach(() => {
    for (const name of FILES) put(name, JSON.stringify(leanBag));
  });

  it('that are not given have a value all the same', async () => {
    expect(await run('validate', 'a.json')).toMatchObject({
      code: 0,
      out: expect.stringContaining('1 valid') as string,
    });
  });

  it.each<[argv: readonly string[], files: readonly string[]]>([
    [['a.json', '--json'], ['a.json']],
    [['--json', 'a.json'], ['a.json']],
    [
      ['--json', '007', '1e3', '0x10'],
      ['007', '1e3', '0x10'],
    ],
    [
      ['--json', '--', '--json', '--no-color', '--schema=x', '-x', '-5'],
      ['--json', '--no-color', '--schema=x', '-x', '-5'],
    ],
    [
      ['--json', 'a.json', '--', '-x', 'help'],
      ['a.json', '-x', 'help'],
    ],
    [
      ['a.json', '--no-color', 'false', '--json'],
      ['a.json', 'false'],
    ],
    [['--schema', 'lean', 'a.json', '--json'], ['a.json']],
    [['--schema=lean', 'a.json', '--json'], ['a.json']],
    [['--schema', 'fat', 'a.json', '--schema=lean', '--json'], ['a.json']],
    [['--allow-bucket', 'b', '--allow-bucket=c', 'a.json', '--json'], ['a.json']],
    [['--max-bytes', '0300000', 'a.json', '--json'], ['a.json']],
    [['--json', '--json', 'a.json'], ['a.json']],
    [['help', '--json'], ['help']],
    // A negative number is no option.
    [['-5', '--json'], ['-5']],
  ])('stay as they were written, whatever they look like: %j', async (argv, files) => {
    expect(await validated(...argv)).toEqual(files);
  });

  it.each<[argv: readonly string[], reason: string]>([
    [[], 'SOURCE… is missing'],
    [['--json'], 'SOURCE… is missing'],
    [['--'], 'SOURCE… is missing'],
    [['--nonsense', 'a.json'], '--nonsense is not an option of statebag validate; see `statebag validate --help`'],
    [['--nonsense=1', 'a.json'], '--nonsense is not an option of statebag validate'],
    [['a.json', '---json'], '---json is not an option'],
    [['a.json', '--=x'], '-- is not an option'],
    [['a.json', '-x'], '-x is not an option'],
    [['a.json', '-j'], '-j is not an option'],
    [['a.json', '--no-json'], '--no-json is not an option'],
    [['a.json', '--constructor'], '--constructor is not an option'],
    [['a.json', '--schema'], '--schema needs a value: NAME|ID|FILE'],
    [['a.json', '--schema', '--json'], '--schema needs a value'],
    [['--schema', '--', 'a.json'], '--schema needs a value'],
    [['a.json', '--expect', '--json'], '--expect needs a value: valid or invalid'],
    [['a.json', '--max-bytes'], '--max-bytes needs a value: N'],
    // A dash is standard input, which an option cannot take.
    [['--allow-bucket', '-', 'a.json'], '--allow-bucket needs a value'],
    [['a.json', '--json=yes'], '--json takes no value'],
    [['a.json', '--json=1'], '--json takes no value'],
    [['a.json', '--no-color=false'], '--no-color takes no value'],
    [['a.json', '--max-bytes', '-5'], '--max-bytes takes a whole number of at least 1, not "-5"'],
    [['a.json', '--schema='], 'SCHEMA_NOT_FOUND'],
    [['a.json', '--schema=x'], 'SCHEMA_NOT_FOUND'],
    [['a.json', '--max-bytes', '1e3'], '--max-bytes takes'],
    [['nowhere.json', '--json'], 'SOURCE_NOT_FOUND'],
    [[''], 'SOURCE_INVALID'],
  ])('that are wrong are refused with a reason: %j', async (argv, reason) => {
    const { code, out, err } = await run('validate', ...argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(reason);
  });

  it('speak English everywhere', async () => {
    const before = process.env.LC_ALL;
    process.env.LC_ALL = 'de_DE.UTF-8';
    try {
      expect((await run('migrate', '--limit')).err).toContain(
        '--limit needs a value: N; see `statebag migrate --help`',
      );
    } finally {
      if (before === undefined) delete process.env.LC_ALL;
      else process.env.LC_ALL = before;
    }
  });
});

describe('values of options', () => {
  beforeEach(() => {
    put('bag.json', smallBag());
  });

  it('stay as they were written, whatever they look like', async () => {
    const { code } = await run('migrate', 'bag.json', '--store', '08', '--apply', '--out', '0x10');
    expect(code).toBe(0);
    expect([isThere('08'), isThere('8'), isThere('0x10'), isThere('16')]).toEqual([true, false, true, false]);
  });

  it('are the last one where an option counts once', async () => {
    const { code } = await run('migrate', '--store', 'first', 'bag.json', '--store=second', '--apply');
    expect(code).toBe(0);
    expect([isThere('first'), isThere('second')]).toEqual([false, true]);
  });

  it.each([
    [['ownerId=owner-1'], 1],
    [['ownerId=owner-1', 'workflowId=wf-1'], 1],
    [['ownerId=owner-1', 'workflowId=another'], 0],
    [['a.b=1.0'], 0],
    [['--a=b'], 0],
  ])('count together where an option may be given several times: %j', async (where, count) => {
    const { out } = await run('inspect', 'bag.json', '--json', ...where.map((one) => `--where=${one}`));
    const { documents } = JSON.parse(out) as { readonly documents: readonly { readonly outcome: string }[] };
    expect(documents).toHaveLength(count);
  });

  it('may be a dash', async () => {
    const { code, out } = await run('migrate', 'bag.json', '--store', 's', '--apply', '--out', '-');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ state_bag_version: 2 });
  });

  it('are named as they were given, so that the same command can be run again', async () => {
    const bag = JSON.parse(readFileSync(join(scratch.dir, 'bag.json'), 'utf8')) as object;
    put('-x', JSON.stringify({ ...bag, ownerId: "it's" }));
    const { code, err } = await run('migrate', '--store', 's', '--where', "ownerId=it's", '--', '-x');
    expect(code).toBe(0);
    expect(err).toContain(`to write: statebag migrate --store s --where 'ownerId=it'\\''s' --apply -- -x\n`);
  });

  it('are checked before anything is read', async () => {
    const { err } = await run('migrate', 'nowhere', '--store', 's', '--max-failures', 'half');
    expect(err).toContain('MAX_FAILURES_INVALID: --max-failures takes a number or a percentage, not "half"');
  });
});

// runtime-proxy hands what follows two dashes to the process of a runtime; see test/runtime-proxy.
describe.each(COMMAND_NAMES.filter((name) => name !== 'runtime-proxy'))('after two dashes %s takes', (name) => {
  it('no word for an option, whatever it looks like', async () => {
    const { out: help } = await run(...name.split(' '), '--help');
    const options = Array.from(help.matchAll(/^ {2}(--[a-z0-9-]+)/gm), ([, option]) => option!);
    expect(options).toContain('--dry-run');
    const words = [
      ...options,
      ...options.slice(0, 2).map((option) => `${option}=x/a.json`),
      '--help',
      '-h',
      '--',
      '-x',
      '--no-such=1',
    ];
    for (const word of words) {
      const { code, out, err } = await run(...name.split(' '), '--', word);
      expect([code, out]).toEqual([2, '']);
      expect(err).not.toMatch(/is not an option|takes no value|needs a value/);
      expect(err).toMatch(/^statebag: [A-Z_]+: /);
    }
  });
});
