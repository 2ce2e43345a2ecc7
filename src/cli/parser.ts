import yargs from 'yargs';
import type { Argv, Options } from 'yargs';
import type { AnyCommand, OptionSpec } from './command.js';

/** Wordings of our own for what yargs says. */
const STRINGS = {
  'Examples:': 'Examples',
  'Not enough arguments following: %s': "Option '--%s <value>' argument missing",
  'Argument unexpected for: %s': "Option '--%s' does not take an argument",
};

/**
 * Values stay as the user wrote them, and an option means one thing: no numbers, no `a.b`, no aliases in camel case, no
 * `--no-` of its own.
 */
const GRAMMAR = {
  'boolean-negation': false,
  'camel-case-expansion': false,
  'dot-notation': false,
  'greedy-arrays': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
};

/** In `@types/yargs` it is missing. */
interface WithUsageConfiguration {
  usageConfiguration(settings: Readonly<Record<'hide-types', boolean>>): Argv;
}

/**
 * A parser that touches nothing of the process: it neither exits, nor prints, nor goes by the locale. Help and version
 * are asked for elsewhere.
 */
export function bareParser(argv: readonly string[] = []): Argv {
  const parser = yargs([...argv])
    .scriptName('statebag')
    .exitProcess(false)
    .help(false)
    .version(false);
  const english = parser.locale('en').updateStrings(STRINGS).parserConfiguration(GRAMMAR);
  return (english as Argv & WithUsageConfiguration).usageConfiguration({ 'hide-types': true });
}

/** A parser that knows the options of one command. */
export function commandParser({ builder }: AnyCommand): Argv {
  const options = Object.entries(builder).map(([name, spec]) => [name, yargsOption(spec)] as const);
  return bareParser().options(Object.fromEntries(options));
}

function yargsOption({ type, multiple, value, describe, group }: OptionSpec): Options {
  const shared = {
    describe: value === undefined ? describe : `<${value}>${multiple ? '…' : ''} ${describe}`,
    ...(group !== undefined && { group }),
  };
  // Zero arguments, lest a file named "true" behind --json be taken for its value.
  return type === 'boolean'
    ? { ...shared, type, nargs: 0 }
    : { ...shared, type, requiresArg: true, array: multiple === true };
}
