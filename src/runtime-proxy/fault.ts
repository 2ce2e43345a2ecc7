import { nameForStateMachine } from '../shim/error-name.js';
import type { RawHeaders } from './headers.js';

/** An error as a runtime reports it to the service. */
export interface Fault {
  readonly headers: RawHeaders;
  readonly body: Buffer;
}

/**
 * Errors of the shim are named for a state machine, as the adapter names them. By the invocation id the service refuses
 * a report that comes too late.
 */
export function faultOf(error: unknown, invocationId?: string): Fault {
  const named = nameForStateMachine(error);
  const { name, message } = named instanceof Error ? named : new Error(String(named));
  const body = Buffer.from(JSON.stringify({ errorMessage: message, errorType: name, stackTrace: [] }));
  return {
    headers: [
      'Content-Type',
      'application/json',
      'Lambda-Runtime-Function-Error-Type',
      name,
      'Content-Length',
      String(body.length),
      ...(invocationId === undefined ? [] : ['Lambda-Runtime-Invocation-Id', invocationId]),
    ],
    body,
  };
}
