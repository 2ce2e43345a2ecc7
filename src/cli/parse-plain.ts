import { parseArgs } from 'node:util';
import type { AnyCommand, CommandArguments, OptionSpecs } from './command.js';

type Plain = Pick<CommandArguments<OptionSpecs>, 'positionals' | 'options'>;

/**
 * The arguments of a command that are plainly right; `undefined` for everything that somebody may have meant otherwise.
 */
export function parsePlain(
  { builder, positionals: { min, max } }: AnyCommand,
  argv: readonly string[],
): Plain | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: plainOptions(builder),
      allowPositionals: true,
      strict: true,
    });
    if (positionals.length < min || positionals.length > max || Object.values(values).some(holdsDash)) return undefined;
    return { positionals, options: filledIn(builder, values) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS_')) return undefined;
    throw error;
  }
}

/** A lone dash in a list may be a positional in the wrong place. */
function holdsDash(value: unknown): boolean {
  return Array.isArray(value) && value.includes('-');
}

type PlainOption = { readonly type: 'string'; readonly multiple?: boolean } | { readonly type: 'boolean' };

function plainOptions(builder: OptionSpecs): Record<string, PlainOption> {
  const options = Object.entries(builder).map(
    ([name, { type, multiple }]) =>
      [name, type === 'boolean' ? { type } : { type, multiple: multiple === true }] as const,
  );
  return Object.fromEntries(options);
}

function filledIn(builder: OptionSpecs, values: Readonly<Record<string, unknown>>): Plain['options'] {
  const given = Object.entries(builder).map(
    ([name, { type, multiple }]) =>
      [name, values[name] ?? (multiple ? [] : type === 'boolean' ? false : undefined)] as const,
  );
  return Object.fromEntries(given) as Plain['options'];
}
