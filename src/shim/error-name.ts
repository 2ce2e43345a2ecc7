import { StateBagError } from '../errors/index.js';

/** What a state machine retries: the same call may succeed. */
export const RETRYABLE_ERROR = 'StateBagRetryableError';

/** What a state machine catches: the result fits no payload, and trying again does not make it smaller. */
export const PAYLOAD_TOO_LARGE_ERROR = 'StateBagPayloadTooLargeError';

/**
 * Names an error for a state machine, which knows an error by `name` alone (Lambda reports it as `errorType`) and shows
 * people its message: retryable ones get one name for one `Retry`, and every message begins with the stable code.
 * Anything that is not the shim's own stays as it is. Naming twice changes nothing.
 */
export function nameForStateMachine(error: unknown): unknown {
  if (!(error instanceof StateBagError)) return error;
  const prefix = `${error.code}: `;
  if (!error.message.startsWith(prefix)) define(error, 'message', prefix + error.message);
  if (error.retryable) define(error, 'name', RETRYABLE_ERROR);
  if (error.code === 'PAYLOAD_TOO_LARGE') define(error, 'name', PAYLOAD_TOO_LARGE_ERROR);
  return error;
}

function define(error: Error, name: 'name' | 'message', value: string): void {
  Object.defineProperty(error, name, { value, writable: true, configurable: true, enumerable: false });
}
