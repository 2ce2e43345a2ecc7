import { ConfigError } from '../../errors/index.js';

/** A whole number of at least `least`. Throws `ConfigError` `USAGE`. */
export function parseWhole(option: string, text: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw new ConfigError('USAGE', `--${option} takes a whole number of at least ${least}, not "${text}"`);
}

/** One of a few words. Throws `ConfigError` `USAGE`. */
export function parseChoice<const T extends string>(option: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((known) => known === text);
  if (choice !== undefined) return choice;
  throw new ConfigError('USAGE', `--${option} takes ${choices.join(' or ')}, not "${text}"`);
}
