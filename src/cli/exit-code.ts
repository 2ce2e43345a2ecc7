import { ConfigError, InternalError, StateBagError } from '../errors/index.js';

/** What the process ends with. */
export const EXIT = {
  ok: 0,
  /** Some documents failed, are invalid, or were not started. */
  findings: 1,
  /** Arguments or configuration are wrong. */
  usage: 2,
  /** A defect of the tool. */
  internal: 70,
  /** A second SIGINT or SIGTERM: nothing was finished. */
  interrupted: 130,
} as const;

export function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigError) return EXIT.usage;
  return error instanceof StateBagError && !(error instanceof InternalError) ? EXIT.findings : EXIT.internal;
}
