/** Time for a pace; injected in tests. Milliseconds. */
export interface PaceClock {
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

/** What is left of a rate after a sign of throttling. */
const CUT = 0.5;

/** From the last sign of throttling until nothing is held back any more. Milliseconds. */
const RECOVERY_MS = 8_000;

/** What a request took is paid for within this time, so that a row of 400 units waits no longer than one of 1 unit. */
const LONGEST_DEBT_MS = 1_000;

/** A waiting request looks this often whether the rate has changed. Milliseconds. */
const TICK_MS = 100;

/** A timer that fires late loses no units up to this time. Milliseconds. */
const LATENESS_MS = 20;

/** Time over which the units that passed are averaged. Milliseconds. */
const WINDOW_MS = 1_000;

/** Units that are left of a debt only because sums of fractions are not exact. */
const NOTHING = 1e-6;

/** Units a second, so that a rate can grow again. */
const LEAST = 1;

/** A time of throttling: the rate begins at `rate` and is back at `full` after the recovery. Units a second. */
interface Incident {
  readonly at: number;
  readonly rate: number;
  readonly full: number;
}

/**
 * Keeps what is taken of a table's capacity to a number of units a second. Without a ceiling nothing is held back until
 * the table throttles. A sign of throttling halves the rate, which then grows with time, whether requests are sent or
 * not: 8 seconds after the last sign it is what it was before the first. At least one request a second passes, whatever
 * it costs, unless the ceiling is lower.
 *
 *     const takenAt = await pace.take(200, signal);
 *     // … the table refuses: nothing was used.
 *     pace.correct(-200);
 *     pace.throttled(takenAt);
 */
export class Pace {
  readonly #clock: PaceClock;
  readonly #ceiling: number | undefined;
  readonly #passed: Meter;
  #incident: Incident | undefined;
  /** Units that are not paid for, at `#settledAt`; less than nothing after a timer that was late. */
  #owed = 0;
  #settledAt: number;
  /** Units a second that pay what is owed within `LONGEST_DEBT_MS`. */
  #floor = 0;
  /** Ends when the request that came last has been let pass. */
  #line: Promise<unknown> = Promise.resolve();

  /** `ceiling`: units a second that are never exceeded. */
  constructor(clock: PaceClock, ceiling?: number) {
    this.#clock = clock;
    this.#ceiling = ceiling;
    this.#settledAt = clock.now();
    this.#passed = new Meter(this.#settledAt);
  }

  /** Units a second at present; `undefined` while nothing is held back. */
  get unitsPerSecond(): number | undefined {
    const incident = this.#incident;
    const recovered = incident ? (this.#clock.now() - incident.at) / RECOVERY_MS : 1;
    if (!incident || recovered >= 1) return this.#ceiling;
    return incident.rate * (incident.full / incident.rate) ** recovered;
  }

  /**
   * Waits in line until the units taken before are paid for, and takes these. Resolves to the time at which it took
   * them. Throws the signal's reason instead of waiting once that is aborted.
   */
  take(units: number, signal?: AbortSignal): Promise<number> {
    const turn = this.#line.then(async () => {
      await this.#untilPaid(signal);
      this.#owe(units);
      return this.#settledAt;
    });
    this.#line = turn.catch(() => undefined);
    return turn;
  }

  /** Corrects what was taken by what the table reported: more, less, or nothing when it refused. */
  correct(units: number): void {
    this.#settle();
    this.#owe(units);
  }

  /**
   * The table refused a request for want of capacity. It is a sign of the present rate only if the request was taken
   * after the last halving; the caller leaves out repetitions of a request that was refused before.
   */
  throttled(takenAt: number): void {
    if (this.#incident && takenAt <= this.#incident.at) return;
    this.#settle();
    const now = this.#settledAt;
    const running = this.#incident && now - this.#incident.at < RECOVERY_MS ? this.#incident : undefined;
    const passed = Math.max(LEAST, this.#passed.unitsPerSecond(now));
    const limit = this.unitsPerSecond ?? passed;
    // The first cut is of what passed, which may be far below a ceiling.
    const rate = Math.max(LEAST, (running ? limit : Math.min(limit, passed)) * CUT);
    this.#incident = { at: now, rate, full: running?.full ?? limit };
  }

  async #untilPaid(signal: AbortSignal | undefined): Promise<void> {
    for (let speed = this.#settle(); this.#owed > NOTHING; speed = this.#settle()) {
      signal?.throwIfAborted();
      const wait = Math.max(1, Math.ceil((this.#owed * 1_000) / speed));
      await this.#clock.sleep(Math.min(TICK_MS, wait), signal);
    }
  }

  /** Pays for the time since it was last done, at the rate of now. Resolves to that rate in units a second. */
  #settle(): number {
    const now = this.#clock.now();
    const rate = this.unitsPerSecond;
    if (rate === undefined) this.#owed = 0;
    const speed = Math.min(this.#ceiling ?? Infinity, Math.max(rate ?? Infinity, this.#floor));
    const paid = rate === undefined ? 0 : (speed * (now - this.#settledAt)) / 1_000;
    this.#owed = Math.max(this.#owed - paid, rate === undefined ? 0 : (-speed * LATENESS_MS) / 1_000);
    this.#settledAt = now;
    return speed;
  }

  #owe(units: number): void {
    this.#passed.add(units, this.#settledAt);
    this.#owed += units;
    this.#floor = (Math.max(0, this.#owed) * 1_000) / LONGEST_DEBT_MS;
  }
}

/** Units a second of the last full window or of the present one, whichever is more. */
class Meter {
  #since: number;
  #units = 0;
  #last = 0;

  constructor(now: number) {
    this.#since = now;
  }

  add(units: number, now: number): void {
    this.#roll(now);
    this.#units += units;
  }

  unitsPerSecond(now: number): number {
    this.#roll(now);
    return Math.max(0, this.#last, (this.#units * 1_000) / WINDOW_MS);
  }

  #roll(now: number): void {
    const elapsed = now - this.#since;
    if (elapsed < WINDOW_MS) return;
    this.#last = (this.#units * 1_000) / elapsed;
    this.#units = 0;
    this.#since = now;
  }
}
