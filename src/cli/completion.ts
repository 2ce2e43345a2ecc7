import type { Options } from 'yargs';
import type { AnyCommand, Option } from './command.js';

/**
 * Choices of the option in front of the word, names of options for a word that begins with a dash, and choices of a
 * positional. Nothing where a file or another text is expected: then the shell completes files.
 */
export async function completions(
  { options, positionals }: AnyCommand,
  before: readonly string[],
  current: string,
): Promise<readonly string[]> {
  if (before.includes('--')) return [];
  const option = /^--(.+)$/.exec(before.at(-1) ?? '')?.[1];
  const asked = option !== undefined && Object.hasOwn(options, option) ? options[option]! : undefined;
  if (asked && asked.kind !== 'flag' && !asked.choices) return [];
  if (asked?.choices || current.startsWith('-')) return ask(options, [...before, current]);
  return positionals[before.length]?.choices ?? [];
}

/** The parser neither exits nor prints, and changes no word: no numbers, no `a.b`, no `--no-` of its own. */
async function ask(options: AnyCommand['options'], words: readonly string[]): Promise<readonly string[]> {
  const { default: yargs } = await import('yargs');
  const described = Object.entries(options).map(([name, option]) => [name, yargsOption(option)] as const);
  return yargs([])
    .scriptName('statebag')
    .exitProcess(false)
    .help(false)
    .version(false)
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .options(Object.fromEntries(described))
    .getCompletion([...words]);
}

function yargsOption({ kind, describe, choices, isList }: Option<unknown>): Options {
  return kind === 'flag'
    ? { describe, type: 'boolean', nargs: 0 }
    : { describe, type: 'string', array: isList === true, ...(choices && { choices }) };
}
