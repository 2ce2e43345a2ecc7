/** Time for a pace; injected in tests. Milliseconds. */
export interface PaceClock {
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

/** A rate is never lowered below this many units a second, or a run would never end. */
const LEAST = 1;

/** What is left of a rate after throttling, and what is added to it per second that goes well. */
const CUT = 0.5;
const GROWTH = 0.1;

/** Throttled calls that were sent together are one sign, not many. Milliseconds. */
const ONE_SIGN = 500;

/**
 * Keeps what is taken of a table's capacity to a number of units a second. Without a ceiling nothing is held back
 * until the table throttles; from then on the rate is halved at each sign of throttling and grows slowly in between.
 */
export class Pace {
  private rate: number | undefined;
  /** When what was taken so far is paid for. */
  private paidAt: number;
  private readonly startedAt: number;
  private taken = 0;
  private cutAt = -Infinity;
  private grownAt: number;

  constructor(
    private readonly clock: PaceClock,
    /** Units a second that are never exceeded. */
    private readonly ceiling?: number,
  ) {
    this.rate = ceiling;
    this.startedAt = this.paidAt = this.grownAt = clock.now();
  }

  /** Units a second at present; `undefined` while nothing is held back. */
  get unitsPerSecond(): number | undefined {
    return this.rate;
  }

  /** Waits until the units taken before are paid for, and takes these. */
  async take(units: number, signal?: AbortSignal): Promise<void> {
    this.grow();
    const start = Math.max(this.paidAt, this.clock.now());
    this.add(units, start);
    const wait = start - this.clock.now();
    if (this.rate !== undefined && wait > 0) await this.clock.sleep(wait, signal);
  }

  /** Corrects what was taken by what the table told: more, or less. */
  correct(units: number): void {
    this.add(units, this.paidAt);
  }

  /** The table refused for want of capacity. */
  throttled(): void {
    const now = this.clock.now();
    if (now - this.cutAt < ONE_SIGN) return;
    this.cutAt = this.grownAt = now;
    const seconds = Math.max(1, (now - this.startedAt) / 1000);
    this.rate = Math.max(LEAST, (this.rate ?? this.taken / seconds) * CUT);
    this.paidAt = Math.max(this.paidAt, now);
  }

  private add(units: number, from: number): void {
    this.taken += units;
    if (this.rate !== undefined) this.paidAt = from + (units * 1000) / this.rate;
  }

  private grow(): void {
    if (this.rate === undefined || this.cutAt === -Infinity) return;
    const now = this.clock.now();
    const grown = this.rate * (1 + GROWTH) ** ((now - this.grownAt) / 1000);
    this.grownAt = now;
    this.rate = Math.min(this.ceiling ?? Infinity, grown);
  }
}
