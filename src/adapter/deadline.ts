import { StoreError } from '../errors.js';
import type { LambdaContext } from './lambda.js';

/** When the shim must be done with the store; the handler's own time is none of its business. */
export interface Deadline {
  /** Aborts a margin before Lambda stops the invocation, with `StoreError` `DEADLINE_EXCEEDED`; made when first asked for. */
  signal(): AbortSignal | undefined;
  dispose(): void;
}

/** `marginMs` in milliseconds: what is left for the answer to be written and sent. No deadline without a clock in the context. */
export function startDeadline(context: LambdaContext | undefined, marginMs: number): Deadline {
  if (typeof context?.getRemainingTimeInMillis !== 'function') return NO_DEADLINE;
  const remaining = context.getRemainingTimeInMillis.bind(context);
  let signal: AbortSignal | undefined;
  let timer: NodeJS.Timeout | undefined;
  return {
    signal: () => {
      if (signal) return signal;
      const controller = new AbortController();
      signal = controller.signal;
      const left = remaining() - marginMs;
      if (left <= 0) controller.abort(exceeded());
      else timer = setTimeout(() => { controller.abort(exceeded()); }, left).unref();
      return signal;
    },
    dispose: () => { clearTimeout(timer); },
  };
}

const NO_DEADLINE: Deadline = { signal: () => undefined, dispose: () => undefined };

function exceeded(): StoreError {
  return new StoreError('DEADLINE_EXCEEDED', 'the time of the invocation is nearly over and the blob store has not answered', { retryable: true });
}
