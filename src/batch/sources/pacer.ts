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

/** A small part of what AWS allows at once. */
const BURST = 10;

/** Resolves once the next call may go: `perSecond` of them, after a burst of ten. Callers queue in order. */
export function createPacer(
  perSecond: number,
  clock: PacerClock = REAL_CLOCK,
): (signal?: AbortSignal) => Promise<void> {
  const gap = 1000 / perSecond;
  const burst = gap * (BURST - 1);
  let free = -Infinity;
  return async (signal) => {
    const now = clock.now();
    free = Math.max(free + gap, now - burst);
    if (free > now) await clock.sleep(free - now, signal);
  };
}
