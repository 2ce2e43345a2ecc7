import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/command-list.js';
import { defineCommand } from '../../src/cli/command.js';
import { parseArguments } from '../../src/cli/parse-arguments.js';
import { parsePlain } from '../../src/cli/parse-plain.js';

const command = defineCommand({
  usage: 'FILE…',
  positionals: { min: 0, max: Infinity },
  builder: {
    limit: { type: 'string', value: 'N', describe: 'a number' },
    where: { type: 'string', multiple: true, value: 'K=V', describe: 'a condition' },
    'no-color': { type: 'boolean', describe: 'a word that begins with no' },
  },
  examples: [],
  handler: () => Promise.resolve(0),
});

const parse = (...argv: string[]) => parseArguments('try', command, argv);

describe('arguments', () => {
  it('have a value for every option, given or not', () => {
    expect(parse()).toEqual({
      positionals: [],
      options: { limit: undefined, where: [], 'no-color': false },
      given: ['try'],
    });
  });

  it('stay as they were written, whatever they look like', () => {
    const { positionals, options } = parse(
      '007',
      '1e3',
      '-',
      '',
      '--limit',
      '08',
      '--where',
      'a.b=1.0',
      '--where=--x',
      '--no-color',
      '0x10',
    );
    expect(positionals).toEqual(['007', '1e3', '-', '', '0x10']);
    expect(options).toEqual({ limit: '08', where: ['a.b=1.0', '--x'], 'no-color': true });
  });

  it('give an option one value, and the last one where it counts once', () => {
    const { positionals, options } = parse('--where', 'a=1', 'file', '--limit', '1', '--limit=2', '--where', 'b=2');
    expect([positionals, options.limit, options.where]).toEqual([['file'], '2', ['a=1', 'b=2']]);
  });

  it('take a dash for a value, and everything behind two dashes for a positional', () => {
    const { positionals, options } = parse('--limit', '-', 'a', '--', '--no-color', 'help');
    expect([positionals, options.limit, options['no-color']]).toEqual([['a', '--no-color', 'help'], '-', false]);
  });

  it.each(COMMANDS.map(({ name, load }) => [name, load] as const))(
    'after two dashes are positionals in %s, for both parsers, whatever they look like',
    async (name, load) => {
      const { command: real } = await load();
      const words = [
        ...Object.keys(real.builder).flatMap((option) => [`--${option}`, `--${option}=x/a.json`]),
        '--help',
        '-h',
        '--',
        '-',
        '-x',
        '--no-such=1',
        'a.json',
      ];
      const lenient = { ...real, positionals: { min: 0, max: Infinity } };
      const { positionals, options } = parseArguments(name, lenient, ['--', ...words]);
      expect(positionals).toEqual(words);
      expect(options).toEqual(parseArguments(name, lenient, []).options);
      expect(parsePlain(lenient, ['--', ...words])).toEqual({ positionals, options });
    },
  );

  it('are not swallowed by an option without a value', () => {
    const { positionals, options } = parse('--no-color', 'false');
    expect([positionals, options['no-color']]).toEqual([['false'], true]);
    expect(() => parse('--no-color=false')).toThrow("Option '--no-color' does not take an argument");
  });

  it('are known as they were given, so that the same command can be run again', () => {
    expect(parse('--where', "a=it's", '--', '-x').given).toEqual(['try', '--where', "a=it's", '--', '-x']);
  });

  it('speak English everywhere', () => {
    const before = process.env.LC_ALL;
    process.env.LC_ALL = 'de_DE.UTF-8';
    try {
      expect(() => parse('--limit')).toThrow("Option '--limit <value>' argument missing; see `statebag try --help`");
    } finally {
      if (before === undefined) delete process.env.LC_ALL;
      else process.env.LC_ALL = before;
    }
  });
});
