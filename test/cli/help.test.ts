import { describe, expect, it } from 'vitest';
import { COMMAND_NAMES } from './command-names.js';
import type { CommandName } from './command-names.js';
import { statebag } from './terminal.js';

/** What follows the name of each command. */
const USAGES: Readonly<Record<CommandName, string>> = {
  inspect: 'SOURCE… [options]',
  migrate: 'SOURCE… --store S [options]',
  verify: '[options]',
  rollback: '[SOURCE…] [options]',
  status: '[options]',
  report: '[options]',
  'journal check': '[DIR] [options]',
  'can-contract': 'SOURCE… [options]',
  replay: 'SOURCE… [options]',
  gc: 'SOURCE… --store S [options]',
  segment: 'FILE|- [options]',
  hydrate: 'FILE|- [options]',
  adapt: '[FILE|-] --store S [options]',
  seal: '[FILE|-] --store S [options]',
  'runtime-proxy': '-- COMMAND…',
  validate: 'SOURCE… [options]',
  'asl check': 'FILE… [options]',
  'asl patch': 'FILE… [options]',
  'schema diff': 'OLD NEW [options]',
  'fleet plan': 'SOURCE… --store S [options]',
  'fleet manifest': '[SOURCE…] [options]',
  'fleet collect': '[REPORT…] --records URI --store S [options]',
  completion: '[SHELL] [options]',
};

const optionsIn = (text: string) => Array.from(text.matchAll(/^ {2}(--[a-z0-9-]+)/gm), ([, option]) => option!);

describe('the command line explains itself', () => {
  it('lists every command in the overview', async () => {
    const { code, out, err } = await statebag('/', ['--help']);
    expect([code, err]).toEqual([0, '']);
    const width = Math.max(...COMMAND_NAMES.map((name) => name.length));
    const lines = out.split('\n').filter((line) => line.startsWith('  '));
    expect(lines.map((line) => line.slice(2, 2 + width).trimEnd())).toEqual(COMMAND_NAMES);
    expect(lines.every((line) => /^\S.*\S$/.test(line.slice(4 + width)))).toBe(true);
  });

  it('answers a bare call with the overview on standard error and exit code 2', async () => {
    const { code, out, err } = await statebag('/', []);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('Usage: statebag COMMAND');
  });

  it.each(COMMAND_NAMES)('gives examples and every option in the help of %s', async (name) => {
    const words = name.split(' ');
    const { out: completions } = await statebag('/', ['--get-yargs-completions', 'statebag', ...words, '--']);
    const options = completions.split('\n').flatMap((line) => /^--[a-z0-9-]+/.exec(line)?.[0] ?? []);
    for (const args of [
      [...words, '--help'],
      ['help', ...words],
      [...words, '-h'],
      [...words, '--burn', '--help'],
    ]) {
      const { code, out } = await statebag('/', args);
      expect(code).toBe(0);
      expect(out).toContain(`statebag ${name}: `);
      expect(out).toContain(`\nUsage: statebag ${name} ${USAGES[name]}\n`);
      expect(out).toMatch(new RegExp(`Examples\n {2}# .*\n {2}.*statebag ${name}`));
      expect(optionsIn(out.split('\nExamples\n')[0]!).toSorted()).toEqual(options.toSorted());
    }
  });

  it.each([
    ['asl', ['asl check', 'asl patch']],
    ['schema', ['schema diff']],
    ['fleet', ['fleet plan', 'fleet manifest', 'fleet collect']],
  ])('lists the actions of %s, and no other command, in its help', async (group, actions) => {
    for (const args of [
      [group, '--help'],
      ['help', group],
    ]) {
      const { code, out } = await statebag('/', args);
      expect(code).toBe(0);
      expect(out).toContain(`Usage: statebag ${group} ACTION`);
      expect(Array.from(out.matchAll(/^ {2}([a-z]+ [a-z]+) {2}/gm), ([, name]) => name)).toEqual(actions);
    }
  });

  it.each([
    [['help', 'burn'], 'COMMAND_UNKNOWN'],
    [['burn', '--help'], 'COMMAND_UNKNOWN'],
  ])('has no help for a command that does not exist: %j', async (args, code) => {
    const ran = await statebag('/', args);
    expect([ran.code, ran.out]).toEqual([2, '']);
    expect(ran.err).toContain(code);
  });

  it('names values, defaults, and what may be given several times', async () => {
    const { out } = await statebag('/', ['migrate', '--help']);
    expect(out).toMatch(/^ {2}--max-failures <N\|P%> +stop when/m);
    expect(out).toMatch(/^ {2}--where <K=V>… +only bags/m);
    expect(out).toMatch(/^ {2}--apply +write; without it/m);
    expect(out).toMatch(/^ {2}--to <lean\|bridge> .* \(default lean, for rows of a table bridge\)$/m);
    expect(out).toMatch(/^ {2}--concurrency <N> .* \(default 8\)$/m);
    expect(out).not.toContain('--help ');
  });

  it('says when the exit code is 1', async () => {
    expect((await statebag('/', ['validate', '--help'])).out).toMatch(/^ {2}1 +a document is invalid/m);
  });

  it('keeps descriptions within the width of a terminal, and indents what follows', async () => {
    const { out } = await statebag('/', ['migrate', '--help'], { columns: 72 });
    const [text = '', examples = ''] = out.split('\nExamples\n');
    // A word is not broken.
    expect(text.split('\n').filter((line) => line.length > 72 && /\S \S/.test(line))).toEqual([]);
    expect(text).toContain('  --allow-bucket <NAME>…    further bucket in which pointers may lead to\n');
    expect(text).toMatch(/^ {28}the same key layouts as in that of the store$/m);
    expect(examples).toContain('--shard 1/3 --journal journal-1\n');
  });

  it('gives each description one line without a terminal', async () => {
    expect((await statebag('/', ['migrate', '--help'])).out).toMatch(
      /^ {2}SOURCE… .* \*\.ndjson and \*\.jsonl hold a document a line$/m,
    );
  });

  it.each([['--version'], ['-v'], ['version']])('prints the version of the package for %s', async (word) => {
    const { code, out } = await statebag('/', [word]);
    expect(code).toBe(0);
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('takes --help after -- for an argument', async () => {
    const { code, err } = await statebag('/', ['segment', '--', '--help']);
    expect(code).toBe(2);
    expect(err).toContain('SOURCE_NOT_FOUND');
  });
});
