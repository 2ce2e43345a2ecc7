import { describe, expect, it } from 'vitest';
import { COMMAND_NAMES } from './command-names.js';
import type { CommandName } from './command-names.js';
import { statebag } from './terminal.js';

/** What follows the name of each command. */
const USAGES: Readonly<Record<CommandName, string>> = {
  inspect: 'SOURCE…',
  migrate: 'SOURCE… --store S',
  verify: '--journal DIR',
  rollback: '[SOURCE…] --journal DIR',
  status: '--journal DIR',
  report: '--journal DIR',
  journal: 'check DIR',
  'can-contract': 'SOURCE…',
  gc: '--store S SOURCE…',
  segment: 'FILE|-',
  hydrate: 'FILE|- --store S',
  adapt: '[FILE|-] --store S',
  seal: '[FILE|-] --store S',
  'runtime-proxy': '-- COMMAND…',
  validate: 'SOURCE…',
  asl: 'check|patch FILE…',
  schema: 'diff OLD NEW',
  fleet: 'plan|manifest|collect [SOURCE…|REPORT…]',
  completion: '',
};

describe('the command line explains itself', () => {
  it('lists every command in the overview', async () => {
    const { code, out, err } = await statebag('/', ['--help']);
    expect([code, err]).toEqual([0, '']);
    const lines = Array.from(out.matchAll(/^ {2}([a-z-]+) {2,}(\S.*)$/gm), ([, name, text]) => ({ name, text }));
    const listed = lines.filter(({ name }) => COMMAND_NAMES.some((known) => known === name));
    expect(listed.map(({ name }) => name)).toEqual(COMMAND_NAMES);
    const width = Math.max(...COMMAND_NAMES.map((name) => name.length));
    for (const { name, text } of listed) expect(out).toContain(`\n  ${name!.padEnd(width)}  ${text}\n`);
  });

  it('answers a bare call with the overview on standard error and exit code 2', async () => {
    const { code, out, err } = await statebag('/', []);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('Usage: statebag COMMAND');
  });

  it.each(COMMAND_NAMES)('gives examples and every option in the help of %s', async (name) => {
    const { out: completions } = await statebag('/', ['--get-yargs-completions', 'statebag', name, '--']);
    const options = completions.split('\n').flatMap((line) => /^--[a-z0-9-]+/.exec(line)?.[0] ?? []);
    for (const args of [
      [name, '--help'],
      ['help', name],
      [name, '-h'],
    ]) {
      const { code, out } = await statebag('/', args);
      expect(code).toBe(0);
      expect(out).toContain(`\nUsage: statebag ${name} ${USAGES[name]}`);
      expect(out).toMatch(new RegExp(`Examples\n {2}# .*\n {2}.*statebag ${name} `));
      expect(
        Array.from(out.split('\nExamples\n')[0]!.matchAll(/^ {2}(--[a-z0-9-]+)/gm), ([, option]) => option),
      ).toEqual(options);
    }
  });

  it('names values, and what may be given several times', async () => {
    const { out } = await statebag('/', ['migrate', '--help']);
    expect(out).toMatch(/^ {2}--max-failures {2}<N\|P%> stop when/m);
    expect(out).toMatch(/^ {2}--where +<K=V>… only bags/m);
    expect(out).toMatch(/^ {2}--apply +write; without it/m);
    expect(out).not.toContain('--help ');
  });

  it('keeps within the width of a terminal, and to one line each without one', async () => {
    const widthOf = (text: string) => Math.max(...text.split('\n').map((line) => line.length));
    expect(widthOf((await statebag('/', ['migrate', '--help'], { columns: 72 })).out)).toBeLessThanOrEqual(72);
    expect((await statebag('/', ['migrate', '--help'])).out).toContain('--shard 1/3 --journal journal-1\n');
  });

  it('prints the version of the package', async () => {
    const { code, out } = await statebag('/', ['--version']);
    expect(code).toBe(0);
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('takes --help behind -- for an argument', async () => {
    const { code, err } = await statebag('/', ['segment', '--', '--help']);
    expect(code).toBe(2);
    expect(err).toContain('SOURCE_NOT_FOUND');
  });
});
