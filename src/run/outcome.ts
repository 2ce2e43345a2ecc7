import type { Generation } from '../bag/bag.js';
import { BagError, messageOf, StateBagError } from '../errors/index.js';
import { addMigratedBytes } from '../journal/entries.js';

/** What became of a document in a run. `rolled-back` appears in journals only. */
export type Outcome = 'migrated' | 'unchanged' | 'quarantined' | 'failed' | 'not-started';

export interface DocumentOutcome {
  readonly id: string;
  /**
   * Present for what is no document itself. `container`: a file or object of lines that failed or was not started as a
   * whole. `place`: a directory, link or source of which it is not known what is in it; no total counts it.
   */
  readonly subject?: 'container' | 'place';
  readonly outcome: Outcome;
  readonly generation: Generation | 'unknown';
  /** Bytes. */
  readonly bytesBefore: number;
  /** Bytes; the same as before unless the document was, or in a dry run would be, migrated. */
  readonly bytesAfter: number;
  readonly blobsWritten: number;
  readonly blobsReused: number;
  /** Stable; present when there is something to say. */
  readonly code?: string;
  /** A sentence a person can act on. */
  readonly reason?: string;
  /** Present where the very same task may go well later. */
  readonly isRetryable?: true;
}

export interface Totals {
  documents: number;
  migrated: number;
  unchanged: number;
  quarantined: number;
  failed: number;
  notStarted: number;
  /** Files and objects of lines that could not be read or replaced. Each of their lines that was read is a document. */
  containersFailed: number;
  /** Files and objects of lines that the run did not get to. */
  containersNotStarted: number;
  /** Bytes of the documents that were, or would be, migrated. An inspection counts those of all documents. */
  bytesBefore: number;
  bytesAfter: number;
  blobsWritten: number;
  blobsReused: number;
}

export function emptyTotals(): Totals {
  return {
    documents: 0,
    migrated: 0,
    unchanged: 0,
    quarantined: 0,
    failed: 0,
    notStarted: 0,
    containersFailed: 0,
    containersNotStarted: 0,
    bytesBefore: 0,
    bytesAfter: 0,
    blobsWritten: 0,
    blobsReused: 0,
  };
}

const COUNTER = {
  migrated: 'migrated',
  unchanged: 'unchanged',
  quarantined: 'quarantined',
  failed: 'failed',
  'not-started': 'notStarted',
} as const satisfies Record<Outcome, keyof Totals>;

/** Adds one document, or one container of lines. A place that could not be read is counted by the inventory alone. */
export function addToTotals(totals: Totals, outcome: DocumentOutcome): void {
  if (outcome.subject === 'place') return;
  if (outcome.subject === 'container') {
    totals[outcome.outcome === 'not-started' ? 'containersNotStarted' : 'containersFailed']++;
    return;
  }
  totals.documents++;
  totals[COUNTER[outcome.outcome]]++;
  addMigratedBytes(totals, outcome);
  totals.blobsWritten += outcome.blobsWritten;
  totals.blobsReused += outcome.blobsReused;
}

/** Figures of something that was not read, or of which nothing has become. */
export const NOTHING_DONE = {
  generation: 'unknown',
  bytesBefore: 0,
  bytesAfter: 0,
  blobsWritten: 0,
  blobsReused: 0,
} as const;

/** A document that the run did not get to. */
export function notStarted(id: string, bytes: number): DocumentOutcome {
  return {
    id,
    outcome: 'not-started',
    generation: 'unknown',
    bytesBefore: bytes,
    bytesAfter: bytes,
    blobsWritten: 0,
    blobsReused: 0,
    code: 'RUN_STOPPED',
    reason: 'the run was stopped before this document; run it again to go on',
  };
}

/** Nothing is where documents are expected. */
export function isEmptySource(error: unknown): boolean {
  return error instanceof StateBagError && error.code === 'SOURCE_EMPTY';
}

/** The execution has gone on meanwhile: nothing has failed, and there is nothing left to do. */
export function hasLivedOn(error: unknown): boolean {
  return error instanceof StateBagError && (error.code === 'ROW_GONE' || error.code === 'ROW_REPLACED');
}

interface Failure {
  readonly outcome: 'failed' | 'quarantined' | 'unchanged' | 'not-started';
  readonly code: string;
  readonly reason: string;
  readonly isRetryable?: true;
}

/** True for errors that the same call may not meet again; a document that moved is read again then. */
export function isRetryable(error: unknown): boolean {
  return error instanceof StateBagError && (error.retryable || error.code === 'DOCUMENT_MOVED');
}

/** The run ended before anything was written: the document is taken by the next one. */
export function isStopped(error: unknown): boolean {
  return error instanceof StateBagError && error.code === 'RUN_STOPPED';
}

/** What an error at reading or committing makes of a document. */
export function failureOf(error: unknown): Failure {
  const code = error instanceof StateBagError ? error.code : 'UNEXPECTED';
  if (isStopped(error)) return { outcome: 'not-started', code, reason: messageOf(error) };
  const outcome = hasLivedOn(error) ? 'unchanged' : error instanceof BagError ? 'quarantined' : 'failed';
  return { outcome, code, reason: messageOf(error), ...(isRetryable(error) && { isRetryable: true }) };
}

/** Exit code 1: a document needs attention. */
export function needsAttention(totals: Totals): boolean {
  const { quarantined, failed, notStarted, containersFailed, containersNotStarted } = totals;
  return quarantined + failed + notStarted + containersFailed + containersNotStarted > 0;
}
