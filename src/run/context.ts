import type { RunClock } from '../journal/session.js';
import type { Surroundings } from '../sources/open.js';

/** Everything that a run takes from the process, so that a program or a test can replace it. */
export interface RunContext extends Surroundings, RunClock {
  /** Receives the documents of `out: '-'`. */
  readonly stdout: NodeJS.WritableStream;
}

/** What a caller passes to a run beside its request. */
export interface RunPorts<Outcome> {
  /** Default: this process. */
  readonly context?: RunContext;
  /** Ends the run after the documents in hand. */
  readonly stop?: AbortSignal;
  /** Called once for every document, when it is settled. What it throws ends the run. */
  readonly onOutcome?: (outcome: Outcome) => void | Promise<void>;
  /**
   * Called once, before the first document. `measure` resolves to the bytes of all documents, or to `undefined` where
   * that is not known before they are read.
   */
  readonly onBegin?: (measure: () => Promise<number | undefined>) => void | Promise<void>;
}

/** The real process. */
export function processContext(): RunContext {
  return {
    cwd: process.cwd(),
    // A getter: reading `process.stdin` opens it.
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    now: () => new Date(),
    newRunId: () => crypto.randomUUID(),
  };
}
