import { ConfigError } from '../errors.js';
import { COMMANDS } from './command-list.js';
import { EXIT } from './exit-code.js';
import { commandHelp, overview } from './help.js';
import type { CliIo } from './io.js';
import { print } from './io.js';

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
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') return help(rest[0], name === undefined, io);
  if (name === '--version' || name === '-v') return printVersion(io);
  if (asksForHelp(rest)) return help(name, false, io);
  const { command } = await findCommand(name).load();
  const { parseArguments } = await import('./parse-arguments.js');
  return command.handler(parseArguments(name, command, rest), io);
}

/** Behind `--` everything is an argument. */
function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end < 0 ? argv : argv.slice(0, end)).some((argument) => argument === '--help' || argument === '-h');
}

/** Without any argument the help is an answer to a mistake. */
async function help(name: string | undefined, isMistake: boolean, io: CliIo): Promise<number> {
  const listed = name === undefined || name.startsWith('-') ? undefined : findCommand(name);
  const text = listed ? commandHelp(listed, (await listed.load()).command) : overview();
  await print(isMistake ? io.stderr : io.stdout, text);
  return isMistake ? EXIT.usage : EXIT.ok;
}

async function printVersion(io: CliIo): Promise<number> {
  const { packageVersion } = await import('./version.js');
  await print(io.stdout, `${packageVersion()}\n`);
  return EXIT.ok;
}

function findCommand(name: string): (typeof COMMANDS)[number] {
  const found = COMMANDS.find((command) => command.name === name);
  if (found) return found;
  const names = COMMANDS.map((command) => command.name).join(', ');
  throw new ConfigError('COMMAND_UNKNOWN', `there is no command "${name}"; there are ${names}`);
}
