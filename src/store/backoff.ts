import { setTimeout as wait } from 'node:timers/promises';

/** How often and how patiently a call is repeated; `sleep` and `random` are for tests. */
export interface Backoff {
  /** Calls in all, the first included. */
  readonly attempts: number;
  /** Milliseconds; must reject with the signal's reason when it aborts. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

export const DEFAULT_BACKOFF: Backoff = { attempts: 5, sleep: sleepFor, random: Math.random };

/** "Full jitter": anything up to a bound that doubles, so that writers who met once do not meet again. */
export function pauseBefore(attempt: number, random: () => number): number {
  return random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1));
}

/** Rejects with the signal's reason. */
export async function sleepFor(milliseconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await wait(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
