import type { Bucket } from './executions.js';

/** A store to run on. */
export interface Ground {
  /** A new, empty bucket. */
  readonly openBucket: () => Promise<Bucket>;
  readonly close: () => Promise<void>;
}
