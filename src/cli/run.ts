import { ConfigError } from '../errors/index.js';
import { parseArguments } from './command.js';
import type { ListedCommand } from './command.js';
import { EXIT } from './exit-code.js';
import { print, printNote } from './io.js';
import type { CliIo } from './io.js';
import { suggest } from './suggest.js';

const asl = () => import('./commands/asl.js');

/** Every command, in the order of the overview. Only the one that runs is loaded. */
export const COMMANDS: readonly ListedCommand[] = [
  {
    name: 'inspect',
    describe: 'scan documents: what they are, what a migration would save',
    load: async () => (await import('./commands/inspect.js')).command,
  },
  {
    name: 'migrate',
    describe: 'migrate state bags; a dry run unless --apply',
    load: async () => (await import('./commands/migrate.js')).command,
  },
  {
    name: 'verify',
    describe: 'check every migrated document against the journal',
    load: async () => (await import('./commands/verify.js')).command,
  },
  {
    name: 'rollback',
    describe: 'restore the original bytes; a dry run unless --apply',
    load: async () => (await import('./commands/rollback.js')).command,
  },
  {
    name: 'status',
    describe: 'print how far the migration of a journal is',
    load: async () => (await import('./commands/status.js')).command,
  },
  {
    name: 'report',
    describe: 'print the runs, outcomes by code and savings of a journal',
    load: async () => (await import('./commands/report.js')).command,
  },
  {
    name: 'journal check',
    describe: 'check every line of a journal and name the damaged ones',
    load: async () => (await import('./commands/journal.js')).check,
  },
  {
    name: 'can-contract',
    describe: 'check whether the shim can be removed, and list what still needs it',
    load: async () => (await import('./commands/can-contract.js')).command,
  },
  {
    name: 'replay',
    describe: 'check recorded executions: would the shim run the same programs?',
    load: async () => (await import('./commands/replay.js')).command,
  },
  {
    name: 'gc',
    describe: 'delete blobs that nothing points to; a dry run unless --apply',
    load: async () => (await import('./commands/gc.js')).command,
  },
  {
    name: 'segment',
    describe: 'print the segment_config that an event asks for',
    load: async () => (await import('./commands/segment.js')).command,
  },
  {
    name: 'hydrate',
    describe: 'print a document with the values that its pointers name',
    load: async () => (await import('./commands/hydrate.js')).command,
  },
  {
    name: 'adapt',
    describe: 'print an event as a wrapped runner receives it; stores the blobs',
    load: async () => (await import('./commands/adapt.js')).command,
  },
  {
    name: 'seal',
    describe: 'convert a result before it is returned; stores the blobs',
    load: async () => (await import('./commands/seal.js')).command,
  },
  {
    name: 'runtime-proxy',
    describe: 'run a proxy between Lambda and a runtime other than Node',
    load: async () => (await import('./commands/runtime-proxy.js')).command,
  },
  {
    name: 'validate',
    describe: 'validate documents against their JSON Schema',
    load: async () => (await import('./commands/validate.js')).command,
  },
  {
    name: 'asl check',
    describe: 'find states of a state machine that pass a program on',
    load: async () => (await asl()).check,
  },
  {
    name: 'asl patch',
    describe: 'rewrite these states; a dry run unless --apply',
    load: async () => (await asl()).patch,
  },
  {
    name: 'schema diff',
    describe: 'check whether a schema change breaks stored documents or readers',
    load: async () => (await import('./commands/schema.js')).diff,
  },
  {
    name: 'fleet plan',
    describe: 'estimate a migration on S3 Batch Operations or a Distributed Map',
    load: async () => (await import('./commands/fleet-plan.js')).command,
  },
  {
    name: 'fleet manifest',
    describe: 'print what a job or a Map Run is to work on, one task a line',
    load: async () => (await import('./commands/fleet-manifest.js')).command,
  },
  {
    name: 'fleet collect',
    describe: 'write a journal of what a job or a Map Run has done',
    load: async () => (await import('./commands/fleet-collect.js')).command,
  },
  {
    name: 'completion',
    describe: 'print a script that completes commands and options in a shell',
    load: async () => (await import('./commands/completion.js')).command,
  },
];

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
  const command = await listed.load();
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
  const { packageVersion } = await import('../journal/entries.js');
  await print(io.stdout, `${packageVersion()}\n`);
  return EXIT.ok;
}

async function printCompletions(words: readonly string[], io: CliIo): Promise<number> {
  // The first word is the program's name, the last one is to be completed.
  const before = words.slice(1, -1);
  const found = findCommand(before);
  const replies = found ? await completeArguments(found, words.at(-1) ?? '') : commandNames(before);
  await print(io.stdout, replies.map((reply) => `${reply}\n`).join(''));
  return EXIT.ok;
}

async function completeArguments({ listed, rest }: FoundCommand, current: string): Promise<readonly string[]> {
  const [command, { completions }] = await Promise.all([listed.load(), import('./completion.js')]);
  return completions(command, rest, current);
}

/** The first words of commands, or the actions of the group that was named. */
function commandNames(before: readonly string[]): readonly string[] {
  const [group] = before;
  if (group === undefined) return [...new Set(COMMANDS.map(({ name }) => name.split(' ')[0]!))];
  return before.length > 1 ? [] : actionsIn(group).map(({ name }) => name.slice(group.length + 1));
}

/** A command line: the command, and what follows its name. */
interface FoundCommand {
  readonly listed: ListedCommand;
  readonly rest: readonly string[];
}

/** The command that the first word, or the first two, name; `undefined` for any other words. */
function findCommand(argv: readonly string[]): FoundCommand | undefined {
  for (const words of [1, 2]) {
    const listed = COMMANDS.find(({ name }) => name === argv.slice(0, words).join(' ') && argv.length >= words);
    if (listed) return { listed, rest: argv.slice(words) };
  }
  return undefined;
}

/** The actions of a group such as `asl`; empty for any other word. */
function actionsIn(group: string): readonly ListedCommand[] {
  return COMMANDS.filter(({ name }) => name.startsWith(`${group} `));
}

/** Says which command was perhaps meant: `COMMAND_UNKNOWN`, or `USAGE` for an action of a group. */
function unknownCommand([word = '', action]: readonly string[]): ConfigError {
  const actions = actionsIn(word).map(({ name }) => name.slice(word.length + 1));
  if (actions.length > 0) {
    const list = actions.join(', ');
    if (action === undefined || action.startsWith('-'))
      return new ConfigError('USAGE', `statebag ${word} needs an action: ${list}; see \`statebag ${word} --help\``);
    return new ConfigError(
      'USAGE',
      `"${action}" is not an action of statebag ${word}: ${list}${meant(action, actions)}`,
    );
  }
  const words = [...new Set(COMMANDS.map(({ name }) => name.split(' ')[0]!))];
  return new ConfigError('COMMAND_UNKNOWN', `there is no command "${word}": ${words.join(', ')}${meant(word, words)}`);
}

function meant(word: string, known: readonly string[]): string {
  const near = suggest(word, known);
  return near === undefined ? '' : `. Did you mean ${near}?`;
}

/** What `statebag --help` prints, or `statebag asl --help` for a group. */
function overview(group?: string): string {
  const commands = group === undefined ? COMMANDS : actionsIn(group);
  const width = Math.max(...commands.map(({ name }) => name.length));
  return `${[
    'statebag: old and new state bags side by side',
    '',
    `Usage: statebag ${group === undefined ? 'COMMAND' : `${group} ACTION`} [options]`,
    '',
    ...commands.map(({ name, describe }) => `  ${name.padEnd(width)}  ${describe}`),
    '',
    'Every command has --help with examples. `statebag --version` prints the version.',
    'Exit codes: 0 success · 1 documents need attention · 2 usage or configuration · 70 an error in the tool',
  ].join('\n')}\n`;
}
