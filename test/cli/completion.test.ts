import { describe, expect, it } from 'vitest';
import { COMMAND_NAMES } from './command-names.js';
import { statebag } from './terminal.js';

async function complete(...words: string[]): Promise<readonly string[]> {
  const { code, out, err } = await statebag('/', ['--get-yargs-completions', 'statebag', ...words]);
  expect([code, err]).toEqual([0, '']);
  // In zsh and fish descriptions follow.
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(/[:\t]/)[0]!);
}

describe('completion', () => {
  it('prints a script that asks this program', async () => {
    const { code, out, err } = await statebag('/', ['completion']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('statebag --get-yargs-completions');
  });

  it('knows the commands', async () => {
    expect(await complete('mi')).toEqual(COMMAND_NAMES);
  });

  it('knows the options of a command that are not given yet, and only those', async () => {
    const options = await complete('migrate', '--apply', '--');
    expect(options).toEqual(expect.arrayContaining(['--store', '--max-failures', '--no-color']));
    expect(options).not.toContain('--apply');
    expect(options).not.toContain('--schema');
    expect(options.filter((option) => option.startsWith('--no-'))).toEqual(['--no-color']);
  });

  it('has nothing to say of a command that does not exist', async () => {
    expect(await complete('burn', '--')).toEqual([]);
  });
});
