import { StoreError } from '../errors/index.js';
import type { LambdaContext } from './options.js';

/** When the shim must be done with the store; the handler's own time is none of its business. */
export interface Deadline {
  /**
   * Aborts with a retryable `StoreError`, `STORE_TIMEOUT` or `DEADLINE_EXCEEDED`. The time runs from when it is first
   * asked for.
   */
  signal(): AbortSignal | undefined;
  dispose(): void;
}

/** All in milliseconds. */
export interface TimeLimits {
  /** How long the store may take. */
  readonly storeTimeoutMs: number;
  /** How long it may take with what an execution can do without. */
  readonly optionalTimeoutMs: number;
  /** What is left of the invocation for the answer to be written and sent. */
  readonly marginMs: number;
}

/** Node fires a longer timer at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * How long optional work is skipped after the store did not answer, in milliseconds: a hanging store costs one event in
 * half a minute its time limit, and a store that works again is noticed soon.
 */
const SKIPPED_MS = 30_000;

/** Skips optional work for a while after the store did not answer in time. One per process. */
export class CircuitBreaker {
  #openUntil = -Infinity;

  get isOpen(): boolean {
    return performance.now() < this.#openUntil;
  }

  trip(): void {
    this.#openUntil = performance.now() + SKIPPED_MS;
  }

  reset(): void {
    this.#openUntil = -Infinity;
  }
}

/**
 * The deadline of what an execution can do without. While the breaker is open its signal is aborted from the beginning,
 * with the retryable `StoreError` `CIRCUIT_OPEN`.
 */
export function startOptional(
  context: LambdaContext | undefined,
  { optionalTimeoutMs, marginMs }: TimeLimits,
  breaker: CircuitBreaker,
): Deadline {
  if (!breaker.isOpen) return startDeadline(context, { storeTimeoutMs: optionalTimeoutMs, marginMs });
  const signal = AbortSignal.abort(circuitOpen());
  return { signal: () => signal, dispose: () => undefined };
}

/** A signal that ends the wait for the store before Lambda ends the invocation. */
export function startDeadline(
  context: LambdaContext | undefined,
  limits: Pick<TimeLimits, 'storeTimeoutMs' | 'marginMs'>,
): Deadline {
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

function timeLeft(
  context: LambdaContext | undefined,
  { storeTimeoutMs, marginMs }: Pick<TimeLimits, 'storeTimeoutMs' | 'marginMs'>,
): TimeLeft {
  const remaining =
    typeof context?.getRemainingTimeInMillis === 'function' ? context.getRemainingTimeInMillis() - marginMs : Infinity;
  if (remaining > storeTimeoutMs) return { milliseconds: storeTimeoutMs, error: () => timedOut(storeTimeoutMs) };
  return { milliseconds: remaining, error: exceeded };
}

function timedOut(milliseconds: number): StoreError {
  return new StoreError('STORE_TIMEOUT', `the blob store has not answered within ${milliseconds} ms`);
}

function exceeded(): StoreError {
  return new StoreError(
    'DEADLINE_EXCEEDED',
    'the time of the invocation is nearly over and the blob store has not answered',
  );
}

function circuitOpen(): StoreError {
  return new StoreError(
    'CIRCUIT_OPEN',
    `the blob store did not answer in the last ${SKIPPED_MS / 1_000} s, so it is not asked for what the execution can do without`,
  );
}
