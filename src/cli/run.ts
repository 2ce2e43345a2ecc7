import { ConfigError } from '../errors/index.js';
import { COMMANDS } from './command-list.js';
import type { ListedCommand } from './command-list.js';
import { EXIT } from './exit-code.js';
import type { CliIo } from './io.js';
import { print } from './io.js';
import { overview } from './overview.js';

/** What the script of `statebag completion` calls with the words to complete; the name is yargs's. */
const COMPLETIONS = '--get-yargs-completions';

/** Runs one command line, without the program's name. Resolves to the exit code; never throws. */
export async function run(argv: readonly string[], io: CliIo): Promise<number> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    const { reportError } = await import('./report-error.js');
    return reportError(error, io);
  }
}

async function dispatch(argv: readonly string[], io: CliIo): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help')
    return help(rest[0], name === undefined, io);
  if (name === '--version' || name === '-v') return printVersion(io);
  if (name === COMPLETIONS) return printCompletions(rest, io);
  if (asksForHelp(rest)) return help(name, false, io);
  const [{ command }, { readArguments }] = await Promise.all([
    (await findCommand(name)).load(),
    import('./read-arguments.js'),
  ]);
  return command.handler(await readArguments(name, command, rest), io);
}

/** Behind `--` everything is an argument. */
function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end < 0 ? argv : argv.slice(0, end)).some((argument) => argument === '--help' || argument === '-h');
}

/** Without any argument the help is an answer to a mistake. */
async function help(name: string | undefined, isMistake: boolean, io: CliIo): Promise<number> {
  const text = name === undefined || name.startsWith('-') ? overview() : await helpOf(name, io);
  await print(isMistake ? io.stderr : io.stdout, text);
  return isMistake ? EXIT.usage : EXIT.ok;
}

async function helpOf(name: string, { stdout }: CliIo): Promise<string> {
  const listed = await findCommand(name);
  const [{ command }, { commandHelp }] = await Promise.all([listed.load(), import('./command-help.js')]);
  return commandHelp(listed, command, stdout.columns);
}

async function printVersion(io: CliIo): Promise<number> {
  const { packageVersion } = await import('../package-version.js');
  await print(io.stdout, `${packageVersion()}\n`);
  return EXIT.ok;
}

async function printCompletions(words: readonly string[], io: CliIo): Promise<number> {
  const { completions } = await import('./completion.js');
  await print(io.stdout, await completions(words));
  return EXIT.ok;
}

async function findCommand(name: string): Promise<ListedCommand> {
  const found = COMMANDS.find((command) => command.name === name);
  if (found) return found;
  const { recommendation } = await import('./completion.js');
  const names = COMMANDS.map((command) => command.name).join(', ');
  const hint = await recommendation(name);
  throw new ConfigError(
    'COMMAND_UNKNOWN',
    `there is no command "${name}"; there are ${names}${hint === '' ? '' : `. ${hint}`}`,
  );
}
