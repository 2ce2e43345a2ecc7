import type { AnyCommand } from './command.js';
import type { ListedCommand } from './command-list.js';
import { commandParser } from './parser.js';

/** What `statebag COMMAND --help` prints, no wider than `columns`; as wide as it gets without them. */
export async function commandHelp(
  { name, describe }: ListedCommand,
  command: AnyCommand,
  columns: number | undefined,
): Promise<string> {
  const parser = commandParser(command)
    .usage(`$0 ${name}: ${describe}\n\nUsage: $0 ${name} ${command.usage} [options]`)
    .wrap(columns ?? null);
  for (const [purpose, line] of command.examples) parser.example(`# ${purpose}`, '').example(line, '');
  if (command.notes?.length) parser.epilogue(['Notes', ...command.notes.map((note) => `  ${note}`)].join('\n'));
  return `${await parser.getHelp()}\n`;
}
