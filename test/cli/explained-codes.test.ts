import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../batch/world.js';
import { statebag } from './terminal.js';

interface Sarif {
  readonly runs: readonly [{ readonly tool: { readonly driver: { readonly rules: readonly unknown[] } } }];
}

/** The rules of a report about one file. */
async function rulesOf(name: string, text: string, ...args: readonly string[]): Promise<readonly unknown[]> {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, name), text);
  const { out } = await statebag(directory, [...args, name, '--format', 'sarif']);
  return (JSON.parse(out) as Sarif).runs[0].tool.driver.rules;
}

describe('a report in the format sarif', () => {
  it('says what a code means and what to do about it when validate found one', async () => {
    expect(await rulesOf('bag.json', '{"a":}', 'validate')).toEqual([
      {
        id: 'JSON_SYNTAX',
        shortDescription: { text: 'The document is not JSON.' },
        help: {
          text: 'Look at that place. Restore a truncated copy from a backup. If the file is not a bag, leave it out with a glob.',
        },
      },
    ]);
  });

  it('says what a code means when asl check found one', async () => {
    expect(await rulesOf('machine.json', '{"StartAt":"A","States":{}}', 'asl', 'check')).toEqual([
      {
        id: 'ASL_INVALID',
        shortDescription: { text: 'A value begins like a state machine and is not one.' },
        help: { text: 'Correct it: Step Functions would refuse it too.' },
      },
    ]);
  });
});

describe('an error of a command', () => {
  it('is followed by the advice for its code when its message has none', async () => {
    const { code, err } = await statebag(temporaryDirectory(), ['inspect', 'gone.json']);
    expect(code).toBe(2);
    expect(err).toContain('statebag: SOURCE_NOT_FOUND: ');
    expect(err).toContain('\nCheck the path; a glob must be quoted, so that the shell does not expand it.\n');
  });
});
