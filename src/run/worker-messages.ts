import type { JournalEntry } from '../journal/entries.js';
import type { DocumentOutcome } from './outcome.js';
import type { PaceState } from './pace.js';
import type { CompleteRequest } from './request.js';
import type { RunReport } from './run.js';

/** What the process with the journal sends to a worker. */
export type ToWorker =
  | {
      readonly kind: 'start';
      /** The worker's share of the run. */
      readonly request: CompleteRequest;
      readonly cwd: string;
      readonly runId: string;
    }
  /** The entries that were sent last are on the disk. */
  | { readonly kind: 'flushed' }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** Go on at another pace. */
  | ({ readonly kind: 'pace' } & PaceState)
  /** Finish the documents in hand. */
  | { readonly kind: 'stop' };

/** What a worker says of its shard in the end. */
export type WorkerEnd = Pick<RunReport, 'complete' | 'notStarted' | 'inventory'>;

/** What a worker sends. */
export type FromWorker =
  | { readonly kind: 'outcomes'; readonly outcomes: readonly DocumentOutcome[] }
  /** Entries to be written, and to be answered when they are on the disk; no further ones come before that. */
  | { readonly kind: 'entries'; readonly entries: readonly JournalEntry[] }
  | ({ readonly kind: 'done' } & WorkerEnd)
  | { readonly kind: 'broken'; readonly code: string; readonly message: string; readonly isUsage: boolean };
