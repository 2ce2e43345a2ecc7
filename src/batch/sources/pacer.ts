import { setTimeout as wait } from 'node:timers/promises';

/** For tests. */
export interface PacerClock {
  /** Milliseconds. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

const REAL_CLOCK: PacerClock = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) => wait(milliseconds, undefined, signal ? { signal } : {}),
};

/** Resolves once the next call may go: `perSecond` of them, after a burst of one second's worth. Callers queue in order. */
export function createPacer(perSecond: number, clock: PacerClock = REAL_CLOCK): (signal?: AbortSignal) => Promise<void> {
  const gap = 1000 / perSecond;
  const burst = gap * (Math.max(1, Math.floor(perSecond)) - 1);
  let free = -Infinity;
  return async (signal) => {
    const now = clock.now();
    free = Math.max(free + gap, now - burst);
    if (free > now) await clock.sleep(free - now, signal);
  };
}
