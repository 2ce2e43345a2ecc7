import type { RunClock } from '../journal/session.js';
import type { Surroundings } from '../sources/open.js';

/** Everything that a run takes from the process, so that a program or a test can replace it. */
export interface RunContext extends Surroundings, RunClock {
  /** Receives the documents of `out: '-'`. */
  readonly stdout: NodeJS.WritableStream;
}
