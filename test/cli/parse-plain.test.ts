import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { command } from '../../src/cli/commands/validate.js';
import { parseArguments } from '../../src/cli/parse-arguments.js';
import { parsePlain } from '../../src/cli/parse-plain.js';

const word = fc.oneof(
  fc.constantFrom(
    'a.json',
    '-',
    '--',
    '',
    '007',
    '1e3',
    '--json',
    '--no-color',
    '--schema',
    '--schema=x',
    '--allow-bucket',
    '--allow-bucket=b',
    '--max-bytes',
    '-x',
    '--nonsense',
    '--json=1',
    '--schema=',
    '--no-json',
    '-j',
    '-5',
  ),
  fc.string({ maxLength: 4 }),
);

describe('arguments that need no explaining', () => {
  it('are read as the parser reads them that explains', () => {
    let plain = 0;
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (argv) => {
        const quick = parsePlain(command, argv);
        if (!quick) return;
        plain++;
        const { positionals, options } = parseArguments('validate', command, argv);
        expect(quick).toEqual({ positionals, options });
      }),
      { numRuns: 3000 },
    );
    expect(plain).toBeGreaterThan(200);
  });

  it('are left to that parser when there is something to say of them', () => {
    for (const argv of [[], ['--nonsense', 'a'], ['a', '--schema'], ['a', '--json=yes'], ['a', '-j']])
      expect(parsePlain(command, argv)).toBeUndefined();
  });
});
