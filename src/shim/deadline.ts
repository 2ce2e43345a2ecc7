import { StoreError } from '../errors.js';
import type { LambdaContext } from './lambda.js';

/** When the shim must be done with the store; the handler's own time is none of its business. */
export interface Deadline {
  /**
   * Aborts with a retryable `StoreError`, `STORE_TIMEOUT` or `DEADLINE_EXCEEDED`. The time runs from when it is first
   * asked for.
   */
  signal(): AbortSignal | undefined;
  dispose(): void;
}

/** Both in milliseconds. */
export interface TimeLimits {
  /** How long the store may take. */
  readonly storeTimeoutMs: number;
  /** What is left of the invocation for the answer to be written and sent. */
  readonly marginMs: number;
}

/** Node fires a longer timer at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A signal that ends the wait for the store before Lambda ends the invocation. */
export function startDeadline(context: LambdaContext | undefined, limits: TimeLimits): Deadline {
  let signal: AbortSignal | undefined;
  let timer: NodeJS.Timeout | undefined;
  return {
    signal: () => {
      if (signal) return signal;
      const controller = new AbortController();
      const { milliseconds, error } = timeLeft(context, limits);
      if (milliseconds <= 0) controller.abort(error());
      else
        timer = setTimeout(
          () => {
            controller.abort(error());
          },
          Math.min(milliseconds, LONGEST_TIMER_MS),
        );
      signal = controller.signal;
      return signal;
    },
    dispose: () => {
      clearTimeout(timer);
    },
  };
}

interface TimeLeft {
  readonly milliseconds: number;
  /** What it means when they are over. */
  readonly error: () => StoreError;
}

function timeLeft(context: LambdaContext | undefined, { storeTimeoutMs, marginMs }: TimeLimits): TimeLeft {
  const remaining =
    typeof context?.getRemainingTimeInMillis === 'function' ? context.getRemainingTimeInMillis() - marginMs : Infinity;
  if (remaining > storeTimeoutMs) return { milliseconds: storeTimeoutMs, error: () => timedOut(storeTimeoutMs) };
  return { milliseconds: remaining, error: exceeded };
}

function timedOut(milliseconds: number): StoreError {
  return new StoreError('STORE_TIMEOUT', `the blob store has not answered within ${milliseconds} ms`, {
    retryable: true,
  });
}

function exceeded(): StoreError {
  return new StoreError(
    'DEADLINE_EXCEEDED',
    'the time of the invocation is nearly over and the blob store has not answered',
    { retryable: true },
  );
}
