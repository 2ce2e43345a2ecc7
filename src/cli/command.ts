import type { CliIo } from './io.js';

/** One `--option`. Its name is its key in the table; values come as the user wrote them. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  /** It may be given several times. */
  readonly multiple?: true;
  /** What the help calls its value. */
  readonly value?: string;
  readonly describe: string;
  /** Heading in the help. */
  readonly group?: string;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type ValueOf<S extends OptionSpec> = S extends { readonly type: 'boolean' }
  ? boolean
  : S extends { readonly multiple: true }
    ? readonly string[]
    : string | undefined;

/** What was given for each option: false, an empty list or `undefined` when nothing was. */
export type OptionValues<O extends OptionSpecs> = { readonly [Name in keyof O]: ValueOf<O[Name]> };

export interface CommandArguments<O extends OptionSpecs> {
  readonly positionals: readonly string[];
  readonly options: OptionValues<O>;
  /** The command's name and its arguments as given, for messages that say how to run it again. */
  readonly given: readonly string[];
}

/** `[what it does, command line]`. */
export type Example = readonly [purpose: string, line: string];

/**
 * One command, one file below `commands/`. Its description stands in `command-list.ts`, which loads the file when it is
 * run.
 */
export interface CommandModule<O extends OptionSpecs> {
  /** Positional arguments in the help, such as `SOURCE…`. */
  readonly usage: string;
  /** How many positional arguments there may be. */
  readonly positionals: { readonly min: number; readonly max: number };
  readonly builder: O;
  readonly examples: readonly Example[];
  /** Sentences for the end of the help. */
  readonly notes?: readonly string[];
  /** Resolves to the exit code; throws what `report-error.ts` prints. */
  readonly handler: (args: CommandArguments<O>, io: CliIo) => Promise<number>;
}

/** A command whose options are nobody's business but its own. */
export type AnyCommand = CommandModule<OptionSpecs>;

/** Checks a command's table of options against its handler. */
export function defineCommand<const O extends OptionSpecs>(command: CommandModule<O>): AnyCommand {
  return command as unknown as AnyCommand;
}

/** Puts options under one heading of the help. */
export function optionGroup<const O extends OptionSpecs>(group: string, options: O): O {
  const entries = Object.entries(options).map(([name, spec]) => [name, { ...spec, group }] as const);
  return Object.fromEntries(entries) as unknown as O;
}
