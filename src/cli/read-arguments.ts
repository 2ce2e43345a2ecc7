import type { AnyCommand, CommandArguments, OptionSpecs } from './command.js';
import { parsePlain } from './parse-plain.js';

/**
 * Reads a command's arguments. What is well formed needs no more than Node's own parser; whatever that refuses is read
 * again by the one that explains mistakes, which takes half as long to load as Node to start. Throws `ConfigError`
 * `USAGE`.
 */
export async function readArguments(
  name: string,
  command: AnyCommand,
  argv: readonly string[],
): Promise<CommandArguments<OptionSpecs>> {
  const plain = parsePlain(command, argv);
  if (plain) return { ...plain, given: [name, ...argv] };
  const { parseArguments } = await import('./parse-arguments.js');
  return parseArguments(name, command, argv);
}
