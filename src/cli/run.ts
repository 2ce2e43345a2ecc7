import { ConfigError } from '../errors/index.js';
import type { CodeFor } from '../errors/index.js';
import type { AnyCommand, CommandArguments, Option, OptionSpecs, Positional } from './command.js';
import { actionsIn, findCommand, overview, unknownCommand } from './commands.js';
import { EXIT } from './exit-code.js';
import { print, printNote } from './io.js';
import type { CliIo } from './io.js';
import { suggest } from './suggest.js';

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
  const { packageVersion } = await import('../package-version.js');
  await print(io.stdout, `${packageVersion()}\n`);
  return EXIT.ok;
}

async function printCompletions(words: readonly string[], io: CliIo): Promise<number> {
  const { completions } = await import('./completion.js');
  await print(io.stdout, await completions(words));
  return EXIT.ok;
}

type Described = Pick<AnyCommand, 'positionals' | 'options'>;

/** The texts that were given for each option. */
type Given = ReadonlyMap<string, readonly string[]>;

/**
 * Reads the arguments of a command, whose name has one word or two. Throws `ConfigError`: `USAGE`, or the code of an
 * option that is missing or has a wrong value.
 */
function parseArguments(
  name: string,
  { positionals: expected, options }: Described,
  argv: readonly string[],
): CommandArguments<OptionSpecs> {
  const { positionals, given } = splitWords(name, options, argv);
  refuseMissing(name, missingPositionals(expected, positionals), missingOptions(options, given));
  refuseSurplus(name, expected, positionals);
  refuseContradictions(name, options, given);
  const values = Object.entries(options).map(
    ([option, { read }]) => [option, read(given.get(option) ?? [], option)] as const,
  );
  return { positionals, options: Object.fromEntries(values), given: [...name.split(' '), ...argv] };
}

/** A lone dash is standard input, and `-5` a file. */
const OPTION = /^-(?!$|\d)-?([^=]*)(?:=(.*))?$/s;

function splitWords(
  name: string,
  options: OptionSpecs,
  argv: readonly string[],
): { readonly positionals: readonly string[]; readonly given: Given } {
  const [positionals, given] = [[] as string[], new Map<string, string[]>()];
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  for (let at = 0; at < end; at++) {
    const word = argv[at]!;
    const [, option, inline] = OPTION.exec(word) ?? [];
    if (option === undefined) {
      positionals.push(word);
      continue;
    }
    const spec = findOption(name, options, word, option);
    const following = spec.kind === 'flag' ? inline : (inline ?? valueIn(argv[at + 1], spec));
    if (spec.kind === 'flag' && following !== undefined) throw usage(name, `--${option} takes no value`);
    if (spec.kind !== 'flag' && following === undefined)
      throw usage(name, `--${option} needs a value: ${wanted(spec)}`);
    if (spec.kind !== 'flag' && inline === undefined) at++;
    given.set(option, [...(given.get(option) ?? []), following ?? '']);
  }
  return { positionals: [...positionals, ...argv.slice(end + 1)], given };
}

function findOption(name: string, options: OptionSpecs, word: string, option: string): Option<unknown> {
  const spec = word.startsWith('--') && Object.hasOwn(options, option) ? options[option] : undefined;
  if (spec) return spec;
  const near = suggest(option, Object.keys(options));
  const hint = near === undefined ? '' : `; did you mean --${near}?`;
  throw usage(name, `${word.split('=')[0]} is not an option of statebag ${name}${hint}`);
}

/** The next word, unless it looks like an option. In a list, a lone dash is a source in the wrong place. */
function valueIn(word: string | undefined, { isList }: Option<unknown>): string | undefined {
  return word === undefined || OPTION.test(word) || word === '--' || (isList && word === '-') ? undefined : word;
}

function wanted({ choices, value = '' }: Option<unknown>): string {
  return choices?.join(' or ') ?? value;
}

function missingPositionals(expected: readonly Positional[], positionals: readonly string[]): readonly string[] {
  return expected
    .slice(positionals.length)
    .filter(({ usage }) => !usage.startsWith('['))
    .map(({ usage }) => usage);
}

function missingOptions(options: OptionSpecs, given: Given): readonly (readonly [string, Option<unknown>])[] {
  return Object.entries(options).filter(
    ([option, { required }]) =>
      required && !given.has(option) && (required.unless === undefined || !given.has(required.unless)),
  );
}

/** Names what is missing and nothing else. */
function refuseMissing(
  name: string,
  positionals: readonly string[],
  options: readonly (readonly [string, Option<unknown>])[],
): void {
  const missing = [...positionals, ...options.map(([option, { value = '' }]) => `--${option} ${value}`)];
  if (missing.length === 0) return;
  const hints = options.flatMap(([, { required }]) => required?.hint ?? []);
  const message = `${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} missing`;
  const code = positionals.length === 0 ? options[0]?.[1].required?.code : undefined;
  throw usage(name, hints.length === 0 ? message : `${message}: ${hints.join('; ')}`, code);
}

function refuseSurplus(name: string, expected: readonly Positional[], positionals: readonly string[]): void {
  const surplus = expected.some(({ usage }) => usage.includes('…')) ? undefined : positionals[expected.length];
  if (surplus !== undefined) throw usage(name, `"${surplus}" is one argument too many`);
}

function refuseContradictions(name: string, options: OptionSpecs, given: Given): void {
  for (const option of given.keys()) {
    const { conflicts = {}, requires = {} } = options[option]!;
    for (const [other, reason] of Object.entries(conflicts))
      if (given.has(other)) throw usage(name, `--${option} and --${other} exclude each other: ${reason}`);
    for (const [other, reason] of Object.entries(requires))
      if (!given.has(other)) throw usage(name, `--${option} needs --${other}: ${reason}`);
  }
}

function usage(name: string, message: string, code: CodeFor<'ConfigError'> = 'USAGE'): ConfigError {
  return new ConfigError(code, `${message}; see \`statebag ${name} --help\``);
}
