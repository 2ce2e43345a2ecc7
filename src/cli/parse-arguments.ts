import { ConfigError, messageOf } from '../errors/index.js';
import type { AnyCommand, CommandArguments, OptionSpec, OptionSpecs } from './command.js';
import { commandParser } from './parser.js';

type Values = Readonly<Record<string, unknown>>;

/** Reads a command's arguments. Throws `ConfigError` `USAGE` for what the command does not know. */
export function parseArguments(
  name: string,
  command: AnyCommand,
  argv: readonly string[],
): CommandArguments<OptionSpecs> {
  const { min, max } = command.positionals;
  const parser = commandParser(command)
    .strictOptions()
    .fail((message: string | null, error: unknown) => {
      throw usage(name, message ?? messageOf(error), error);
    });
  const { _: positionals, ...values } = parser.parseSync([...argv]);
  // Counted here, because yargs counts before it looks at the options, and an unknown one may have taken a positional
  // for its value.
  if (positionals.length < min) throw usage(name, `${command.usage} is missing`);
  if (positionals.length > max) throw usage(name, `"${positionals[max] ?? ''}" is one argument too many`);
  return {
    positionals: positionals.map(String),
    options: optionValues(command.builder, values),
    given: [name, ...argv],
  };
}

function optionValues(builder: OptionSpecs, values: Values): CommandArguments<OptionSpecs>['options'] {
  const given = Object.entries(builder).map(([option, spec]) => [option, valueOf(spec, values[option])] as const);
  return Object.fromEntries(given) as CommandArguments<OptionSpecs>['options'];
}

/** Of an option that counts once, the last one given counts. */
function valueOf({ type, multiple }: OptionSpec, value: unknown): unknown {
  if (multiple) return value ?? [];
  const last: unknown = Array.isArray(value) ? value.at(-1) : value;
  return type === 'boolean' ? last === true : last;
}

function usage(name: string, message: string, cause?: unknown): ConfigError {
  const told = message.replace(
    /^Unknown arguments?: ([^,]+).*$/s,
    (_, option: string) => `Unknown option '${option.length > 1 ? '--' : '-'}${option}'`,
  );
  return new ConfigError('USAGE', `${told}; see \`statebag ${name} --help\``, { cause });
}
