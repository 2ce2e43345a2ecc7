import { ConfigError, messageOf } from '../errors/index.js';

/** Node's error about standard output as `ConfigError` `OUTPUT_FAILED`. What did not come from the system passes. */
export function outputError(error: Error): Error {
  if (!('syscall' in error)) return error;
  return new ConfigError('OUTPUT_FAILED', `standard output cannot be written: ${messageOf(error)}`, { cause: error });
}
