import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/command-list.js';
import { statebag } from './terminal.js';

describe('the command line explains itself', () => {
  it('lists every command in the overview', async () => {
    const { code, out, err } = await statebag('/', ['--help']);
    expect([code, err]).toEqual([0, '']);
    const width = Math.max(...COMMANDS.map(({ name }) => name.length));
    for (const { name, describe: text } of COMMANDS) expect(out).toContain(`  ${name.padEnd(width)}  ${text}\n`);
  });

  it('answers a bare call with the overview on standard error and exit code 2', async () => {
    const { code, out, err } = await statebag('/', []);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('Usage: statebag COMMAND');
  });

  it.each(COMMANDS.map(({ name }) => [name]))('gives examples and every option in the help of %s', async (name) => {
    const { command } = await COMMANDS.find((listed) => listed.name === name)!.load();
    for (const args of [
      [name, '--help'],
      ['help', name],
      [name, '-h'],
    ]) {
      const { code, out } = await statebag('/', args);
      expect(code).toBe(0);
      expect(out).toContain(`Usage: statebag ${name} ${command.usage}`);
      expect(out).toMatch(new RegExp(`Examples\n {2}# .*\n {2}.*statebag ${name} `));
      for (const option of Object.keys(command.builder)) expect(out).toContain(`--${option}`);
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
