import { ConfigError } from '../errors/index.js';
import type { CodeFor } from '../errors/index.js';
import type { CliIo } from './io.js';
import { suggest } from './suggest.js';

/** What the value of an option is. Help, completion and the reference show it. */
export type OptionKind =
  'flag' | 'text' | 'whole number' | 'number or percentage' | 'time' | 'choice' | 'file' | 'directory';

/** Heading in the help. Options that most people never need come last. */
export interface OptionGroup {
  readonly title: string;
  readonly isRare: boolean;
}

/** An option without which the command does not start. */
export interface Requirement {
  readonly code: CodeFor<'ConfigError'>;
  /** What to give. */
  readonly hint: string;
  /** With this other option it is not needed. */
  readonly unless?: string;
}

/** Other options by name, and why: `{ apply: 'it reads what --apply has written' }`. */
export type Relations = Readonly<Record<string, string>>;

/**
 * One `--option`; its name is its key in the table of a command. Parsing, help, completion, suggestions and
 * `docs/reference/cli.md` read this description and no other. `T` is the type of the value that the command gets.
 */
export interface Option<T> {
  readonly kind: OptionKind;
  readonly describe: string;
  /** Placeholder of the value, such as `N`; a flag has none. */
  readonly value?: string;
  readonly choices?: readonly string[];
  /** The default in words, for people. */
  readonly otherwise?: string;
  /** It may be given several times. */
  readonly isList?: true;
  readonly required?: Requirement;
  readonly conflicts?: Relations;
  readonly requires?: Relations;
  readonly group?: OptionGroup;
  /** Makes the value of the texts that were given, in their order. Throws `ConfigError`. */
  readonly read: (given: readonly string[], name: string) => T;
}

export type OptionSpecs = Readonly<Record<string, Option<unknown>>>;

/** The values of a table of options, typed by their descriptions. */
export type OptionValues<O extends OptionSpecs> = {
  readonly [Name in keyof O]: O[Name] extends Option<infer T> ? T : never;
};

/** One positional argument. */
export interface Positional {
  /** As the usage line shows it: `FILE`, `[FILE|-]` when it may be missing, `SOURCE…` when there may be several. */
  readonly usage: string;
  readonly describe: string;
  readonly choices?: readonly string[];
}

export interface CommandArguments<O extends OptionSpecs> {
  readonly positionals: readonly string[];
  readonly options: OptionValues<O>;
  /** The words of the command and its arguments as given, for messages that say how to run it again. */
  readonly given: readonly string[];
}

/** `[what it does, command line]`. */
export type Example = readonly [purpose: string, line: string];

/** One command. Its name and a line about it are in `run.ts`, which loads the file when the command is run. */
export interface CommandModule<O extends OptionSpecs> {
  readonly positionals: readonly Positional[];
  readonly options: O;
  readonly examples: readonly Example[];
  /** Sentences for the end of the help. */
  readonly notes?: readonly string[];
  /** When the exit code is 1, as the end of a sentence: `a document failed`. */
  readonly findings?: string;
  /** Resolves to the exit code; throws what `report-error.ts` prints. */
  readonly handler: (args: CommandArguments<O>, io: CliIo) => Promise<number>;
}

/** A command whose options only its own file knows. */
export type AnyCommand = CommandModule<OptionSpecs>;

/** A command in the list of all. */
export interface ListedCommand {
  /** One word, or two for an action of a group: `asl check`. */
  readonly name: string;
  readonly describe: string;
  readonly load: () => Promise<AnyCommand>;
}

/** Checks the options of a command against its handler, and lets it take `--dry-run` when it has none of its own. */
export function defineCommand<const O extends OptionSpecs>(command: CommandModule<O>): AnyCommand {
  const options = { ...command.options, ...('dry-run' in command.options ? {} : DRY_RUN) };
  return { ...command, options } as unknown as AnyCommand;
}

/** The same for a command that is about the process itself, and takes no options. */
export function defineProcessCommand(command: AnyCommand): AnyCommand {
  return command;
}

type Relation = Pick<Option<unknown>, 'otherwise' | 'conflicts' | 'requires'>;

/** True when it was given. */
export function flag(describe: string, relation: Relation = {}): Option<boolean> {
  return { kind: 'flag', describe, ...relation, read: (given) => given.length > 0 };
}

/** The last text given. */
export function text(value: string, describe: string, relation: Relation = {}): Option<string | undefined> {
  return parsed('text', value, (given) => given, describe, relation);
}

/** A path as the user wrote it; the command resolves it. */
export function path(
  kind: 'file' | 'directory',
  value: string,
  describe: string,
  relation: Relation = {},
): Option<string | undefined> {
  return parsed(kind, value, (given) => given, describe, relation);
}

/** A whole number of at least `least`. */
export function whole(value: string, describe: string, least = 1, relation: Relation = {}): Option<number | undefined> {
  const read = (given: string, name: string): number => {
    const number = Number(given);
    if (/^\d+$/.test(given) && Number.isSafeInteger(number) && number >= least) return number;
    throw new ConfigError('USAGE', `--${name} takes a whole number of at least ${least}, not "${given}"`);
  };
  return parsed('whole number', value, read, describe, relation);
}

/** One of a few words. */
export function choice<const T extends string>(
  choices: readonly T[],
  describe: string,
  relation: Relation = {},
): Option<T | undefined> {
  const read = (given: string, name: string): T => {
    const chosen = choices.find((known) => known === given);
    if (chosen !== undefined) return chosen;
    throw new ConfigError('USAGE', `--${name} takes ${choices.join(' or ')}, not "${given}"`);
  };
  return { ...parsed('choice', choices.join('|'), read, describe, relation), choices };
}

/** What a function makes of the text. It throws `ConfigError` for a text that it does not take. */
export function parsed<T>(
  kind: OptionKind,
  value: string,
  parse: (text: string, name: string) => T,
  describe: string,
  relation: Relation = {},
): Option<T | undefined> {
  const read = (given: readonly string[], name: string) => {
    const last = given.at(-1);
    return last === undefined ? undefined : parse(last, name);
  };
  return { kind, value, describe, ...relation, read };
}

/** Has this value when it is not given. */
export function withDefault<T>(option: Option<T | undefined>, value: T, otherwise = String(value)): Option<T> {
  return { ...option, otherwise, read: (given, name) => option.read(given, name) ?? value };
}

/** May be given several times. */
export function list<T>(option: Option<T | undefined>): Option<readonly T[]> {
  const read = (given: readonly string[], name: string) => given.map((one) => option.read([one], name) as T);
  return { ...option, isList: true, read };
}

/** Must be given. */
export function required<T>(option: Option<T | undefined>, code: CodeFor<'ConfigError'>, hint: string): Option<T> {
  return { ...option, required: { code, hint }, read: (given, name) => option.read(given, name) as T };
}

/** Must be given, unless another option is. */
export function requiredUnless<T>(
  option: Option<T>,
  code: CodeFor<'ConfigError'>,
  hint: string,
  unless: string,
): Option<T> {
  return { ...option, required: { code, hint, unless } };
}

/** Puts options under one heading of the help. */
export function optionGroup<const O extends OptionSpecs>(title: string, options: O): O {
  return grouped({ title, isRare: false }, options);
}

/** The same for options that are seldom needed. */
export function rareGroup<const O extends OptionSpecs>(title: string, options: O): O {
  return grouped({ title, isRare: true }, options);
}

function grouped<const O extends OptionSpecs>(group: OptionGroup, options: O): O {
  const entries = Object.entries(options).map(([name, option]) => [name, { ...option, group }] as const);
  return Object.fromEntries(entries) as unknown as O;
}

/** Of commands that only read: who types it to be safe gets no error. */
const DRY_RUN = optionGroup('Every command', {
  'dry-run': flag('change nothing; this command changes nothing without it either'),
});

/** The texts that were given for each option. */
type Given = ReadonlyMap<string, readonly string[]>;

/**
 * Reads the arguments of a command, whose name has one word or two. Throws `ConfigError`: `USAGE`, or the code of an
 * option that is missing or has a wrong value.
 */
export function parseArguments(
  name: string,
  { positionals: expected, options }: AnyCommand,
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
