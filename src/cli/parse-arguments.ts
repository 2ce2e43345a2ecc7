import { parseArgs } from 'node:util';
import { ConfigError, messageOf } from '../errors.js';
import type { AnyCommand, CommandArguments, OptionSpecs } from './command.js';

/** Reads a command's arguments. Throws `ConfigError` `USAGE` for what the command does not know. */
export function parseArguments(name: string, command: AnyCommand, argv: readonly string[]): CommandArguments<OptionSpecs> {
  const { values, positionals } = parse(name, command, argv);
  const { min, max } = command.positionals;
  if (positionals.length < min) throw usage(name, `${command.usage} is missing`);
  if (positionals.length > max) throw usage(name, `"${positionals[max] ?? ''}" is one argument too many`);
  const given = Object.entries(command.builder).map(([option, spec]) => [option, values[option] ?? nothing(spec)]);
  return { positionals, options: Object.fromEntries(given) as CommandArguments<OptionSpecs>['options'], given: [name, ...argv] };
}

function nothing({ type, multiple }: OptionSpecs[string]): boolean | readonly string[] | undefined {
  if (type === 'boolean') return false;
  return multiple ? [] : undefined;
}

function parse(name: string, command: AnyCommand, argv: readonly string[]) {
  const options = Object.entries(command.builder).map(([option, { type, multiple }]) => [option, { type, multiple: multiple ?? false }] as const);
  try {
    return parseArgs({ args: [...argv], options: Object.fromEntries(options), allowPositionals: true, strict: true });
  } catch (error) {
    throw usage(name, firstSentence(messageOf(error)), error);
  }
}

/** Node goes on to explain how to write a positional that looks like an option; that leads people astray here. */
function firstSentence(message: string): string {
  return message.split('. ')[0]!.replaceAll('\n', ' ').replace(/\.$/, '');
}

function usage(name: string, message: string, cause?: unknown): ConfigError {
  return new ConfigError('USAGE', `${message}; see \`statebag ${name} --help\``, { cause });
}
