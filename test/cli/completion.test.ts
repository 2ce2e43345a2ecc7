import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
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
  it.each([
    [['completion'], {}, 'complete -o bashdefault -o default -F _statebag_completions statebag'],
    [['completion'], { SHELL: '/bin/sh' }, '-F _statebag_completions statebag'],
    [['completion'], { SHELL: '/usr/bin/zsh' }, 'compdef _statebag_completions statebag'],
    [['completion', 'bash'], { SHELL: '/usr/bin/zsh' }, 'SHELL=bash statebag --get-yargs-completions'],
    [['completion', 'zsh'], { SHELL: '/bin/bash' }, 'SHELL=zsh statebag --get-yargs-completions'],
    [['completion', 'fish'], {}, 'complete -c statebag'],
  ])('prints the script of the shell that is named, or else of $SHELL: %j %j', async (args, env, line) => {
    const { code, out, err } = await statebag('/', args, { env });
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain(line);
  });

  it('knows the commands by their first words', async () => {
    const words = [...new Set(COMMAND_NAMES.map((name) => name.split(' ')[0]!))];
    expect(await complete('mi')).toEqual(words);
    expect(await complete('')).toEqual(words);
  });

  it('knows the actions of a group', async () => {
    expect(await complete('asl', '')).toEqual(['check', 'patch']);
    expect(await complete('fleet', 'p')).toEqual(['plan', 'manifest', 'collect']);
  });

  it('knows the options of a command that are not given yet, and only those', async () => {
    const options = await complete('migrate', '--apply', '--');
    expect(options).toEqual(expect.arrayContaining(['--store', '--max-failures', '--no-color']));
    expect(options).not.toContain('--apply');
    expect(options).not.toContain('--schema');
    expect(options.filter((option) => option.startsWith('--no-'))).toEqual(['--no-color']);
  });

  it('knows the options of an action', async () => {
    expect(await complete('asl', 'patch', '--')).toContain('--apply');
    expect(await complete('asl', 'check', '--')).not.toContain('--apply');
  });

  it.each([
    [
      ['migrate', '--to', ''],
      ['lean', 'bridge'],
    ],
    [['migrate', 'bags', '--to', 'br'], ['bridge']],
    [
      ['validate', '--format', ''],
      ['pretty', 'json', 'github', 'sarif', 'junit'],
    ],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
  ])('knows the values of a choice: %j', async (words, values) => {
    expect(await complete(...words)).toEqual(values);
  });

  it.each([
    [['migrate', '']],
    [['migrate', '--store', '']],
    [['migrate', '--apply', 'ba']],
    [['migrate', '--', '--']],
    [['burn', '--']],
    [['asl', 'burn', '--']],
  ])('leaves files to the shell, and unknown commands alone: %j', async (words) => {
    expect(await complete(...words)).toEqual([]);
  });
});

describe.runIf(existsSync('/bin/bash'))('the script for bash', () => {
  /** What bash would offer for the last word, with a function in the place of the program. */
  async function offered(replies: string, ...words: readonly string[]): Promise<readonly string[]> {
    const { out: script } = await statebag('/', ['completion', 'bash']);
    const program = `
      statebag() { [[ $SHELL = bash && "$(printf '%s|' "$@")" = "$EXPECTED" ]] && printf '%s\\n' ${replies}; }
      ${script}
      COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')} 'later'); COMP_CWORD=${words.length - 1}
      _statebag_completions; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const env = { EXPECTED: ['--get-yargs-completions', ...words, ''].join('|') };
    return execFileSync('/bin/bash', ['--norc', '-c', program], { env, encoding: 'utf8' })
      .split('\n')
      .filter((line) => line !== '');
  }

  it('asks the program with the words up to the cursor, and offers what begins as typed', async () => {
    expect(await offered('--to --apply --allow-bucket', 'statebag', 'migrate', '--a')).toEqual([
      '--apply',
      '--allow-bucket',
    ]);
    expect(await offered('lean bridge', 'statebag', 'migrate', '--to', '')).toEqual(['lean', 'bridge']);
  });
});
