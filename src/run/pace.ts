/** More documents than this are never in hand, whatever a run is asked for. */
export const MAX_CONCURRENCY = 1_024;

/** How fast a run goes on. */
export interface PaceState {
  /** A paused run finishes the documents in hand and takes no further one. */
  readonly isPaused: boolean;
  /** Documents in hand at a time, at least 1. */
  readonly concurrency: number;
}

/**
 * The pace of a run, which may change while the run goes on.
 *
 * @example
 * const pace = new Pace(8);
 * const running = migrate({ sources: ['bags/'], store: './store', apply: true }, { pace });
 * pace.set({ isPaused: true });
 * pace.set({ isPaused: false, concurrency: 2 });
 */
export class Pace {
  private state: PaceState;
  private inHand = 0;
  private isEnding = false;
  private readonly turns: (() => void)[] = [];
  private readonly pauses: (() => void)[] = [];
  private readonly listeners = new Set<(state: PaceState) => void>();

  constructor(concurrency: number) {
    this.state = { isPaused: false, concurrency: withinRange(concurrency) };
  }

  get concurrency(): number {
    return this.state.concurrency;
  }

  get isPaused(): boolean {
    return this.state.isPaused;
  }

  set(change: Partial<PaceState>): void {
    const { isPaused, concurrency } = { ...this.state, ...change };
    if (isPaused === this.isPaused && concurrency === this.concurrency) return;
    this.state = { isPaused, concurrency: withinRange(concurrency) };
    for (const listener of this.listeners) listener(this.state);
    this.admit();
  }

  /** Calls back after every change. Returns what ends that. */
  onChange(listener: (state: PaceState) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Resolves when one more may be taken in hand; `release` gives the turn back. */
  async turn(): Promise<void> {
    if (!this.isOpen) await new Promise<void>((resolve) => this.turns.push(resolve));
    else this.inHand++;
  }

  /** Yields each item when its turn has come. */
  async *inTurn<T>(items: Iterable<T>): AsyncIterable<T> {
    for (const item of items) {
      await this.turn();
      yield item;
    }
  }

  release(): void {
    this.inHand--;
    this.admit();
  }

  /** Resolves at once unless the run is paused. For what is in hand already and has parts. */
  async resumed(): Promise<void> {
    if (this.isPaused && !this.isEnding) await new Promise<void>((resolve) => this.pauses.push(resolve));
  }

  /**
   * A run that is to end waits for nothing any more: it counts what it does not take. Returns what ends that: a signal
   * may outlive many runs.
   */
  endWith(stop: AbortSignal | undefined): () => void {
    const end = (): void => {
      this.isEnding = true;
      this.admit();
    };
    if (stop?.aborted === true) end();
    else stop?.addEventListener('abort', end, { once: true });
    return () => stop?.removeEventListener('abort', end);
  }

  private get isOpen(): boolean {
    return this.isEnding || (!this.isPaused && this.inHand < this.concurrency);
  }

  private admit(): void {
    for (; this.turns.length > 0 && this.isOpen; this.inHand++) this.turns.shift()?.();
    if (!this.isPaused || this.isEnding) for (const resume of this.pauses.splice(0)) resume();
  }
}

function withinRange(concurrency: number): number {
  return Math.min(MAX_CONCURRENCY, Math.max(1, Math.floor(concurrency)));
}
