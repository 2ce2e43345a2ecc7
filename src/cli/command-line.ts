import type { OptionSpecs } from './command.js';

/**
 * The command line that was given, quoted for a shell, with further options in front of `--`, which ends them.
 * `--apply` replaces `--dry-run`.
 */
export function formatCommandLine(given: readonly string[], ...options: readonly string[]): string {
  const end = given.includes('--') ? given.indexOf('--') : given.length;
  const kept = given.slice(0, end).filter((word) => !options.includes('--apply') || word !== '--dry-run');
  const words = [...kept, ...options, ...given.slice(end)];
  return ['statebag', ...words].map(quote).join(' ');
}

/** The words without these options and their values. */
export function dropOptions(
  given: readonly string[],
  options: OptionSpecs,
  dropped: readonly string[],
): readonly string[] {
  const end = given.includes('--') ? given.indexOf('--') : given.length;
  const kept: string[] = [];
  for (let at = 0; at < end; at++) {
    const [, name, inline] = /^--([^=]+)(=)?/.exec(given[at]!) ?? [];
    if (name === undefined || !dropped.includes(name)) kept.push(given[at]!);
    else if (inline === undefined && options[name]?.kind !== 'flag') at++;
  }
  return [...kept, ...given.slice(end)];
}

/** Quotes an argument for a shell, if it needs that. */
export function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
