import { actionsIn, findCommand, overview, unknownCommand } from './commands.js';
import { EXIT } from './exit-code.js';
import type { CliIo } from './io.js';
import { print, printNote } from './io.js';

/** What the script of `statebag completion` calls with the words to complete. Scripts of older releases do too. */
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
  const [first, ...others] = argv;
  if (first === undefined) return printOverview(io);
  if (first === '--help' || first === '-h' || first === 'help') return printHelp(others, io);
  if (first === '--version' || first === '-v' || first === 'version') return printVersion(io);
  if (first === COMPLETIONS) return printCompletions(others, io);
  if (asksForHelp(argv)) return printHelp(argv, io);
  const found = findCommand(argv);
  if (!found) throw unknownCommand(argv);
  const { listed, rest } = found;
  const [command, { parseArguments }] = await Promise.all([listed.load(), import('./parse-arguments.js')]);
  return command.handler(parseArguments(listed.name, command, rest), io);
}

/** What follows `--` is an argument. */
function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end < 0 ? argv : argv.slice(0, end)).some((argument) => argument === '--help' || argument === '-h');
}

/** Without any argument the help is the answer to a mistake. */
async function printOverview(io: CliIo): Promise<number> {
  await printNote(io.stderr, overview());
  return EXIT.usage;
}

/** Loads the text of the help, and no command. */
async function printHelp(words: readonly string[], io: CliIo): Promise<number> {
  const [group] = words;
  const found = findCommand(words);
  if (found) {
    const { helpPage, wrapHelp } = await import('./help.js');
    await print(io.stdout, wrapHelp(helpPage(found.listed.name), io.stdout.columns));
  } else {
    const isGroup = group !== undefined && actionsIn(group).length > 0;
    if (group !== undefined && !group.startsWith('-') && !isGroup) throw unknownCommand(words);
    await print(io.stdout, overview(isGroup ? group : undefined));
  }
  return EXIT.ok;
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
