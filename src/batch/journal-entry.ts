import type { Generation } from '../bag/bag.js';
import type { DocumentFacts } from './document-facts.js';

/** Version of the journal's wire format; a reader refuses any other. Schema: `schemas/journal.v1.json`. */
export const JOURNAL_VERSION = 1;

interface Stamped {
  /** Identifies the run. */
  readonly run: string;
  /** RFC 3339. */
  readonly at: string;
}

export interface RunEntry extends Stamped {
  readonly kind: 'run';
  readonly v: typeof JOURNAL_VERSION;
  readonly tool: string;
  readonly command: 'migrate' | 'rollback';
  readonly target: 'lean' | 'bridge';
  /** How to open the store again: `s3://bucket/prefix` or a directory. */
  readonly store: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly sources: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** Written and synced before a document is touched: enough to finish, verify or undo what follows. */
export interface IntentEntry extends Stamped {
  readonly kind: 'intent';
  readonly doc: string;
  /** Where the rewritten document goes: the container it came from, or its copy under `--out`. */
  readonly container: string;
  /** 1-based line in an NDJSON container. */
  readonly line?: number;
  /** Lower-case hex SHA-256. */
  readonly before: string;
  readonly after: string;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly version?: string;
  readonly blobs: readonly { readonly uri: string; readonly sha256: string; readonly bytes: number }[];
  readonly inverse: readonly InverseSplice[];
}

/** Replaces bytes `[start, end)` of the rewritten document by the pieces, one behind the other. */
export interface InverseSplice {
  readonly start: number;
  readonly end: number;
  readonly pieces: readonly InversePiece[];
}

/** Base64 of the bytes, base64 of their raw deflate, or the blob that holds them. */
export type InversePiece =
  { readonly text: string } | { readonly deflate: string } | { readonly blob: string; readonly sha256: string };

export interface ResultEntry extends Stamped, DocumentFacts {
  readonly kind: 'result';
  readonly doc: string;
  readonly outcome: 'migrated' | 'unchanged' | 'quarantined' | 'failed' | 'rolled-back';
  readonly generation: Generation | 'unknown';
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly code?: string;
  readonly reason?: string;
  readonly blobsWritten?: number;
  readonly blobsReused?: number;
}

export interface EndEntry extends Stamped {
  readonly kind: 'end';
  readonly totals: Readonly<Record<string, number>>;
  /** False when the run left something that it was about: it was stopped, or reached its limit. */
  readonly complete: boolean;
  /** What it left. Absent in entries of releases that did not count it. */
  readonly notStarted?: NotStarted;
}

/** What a run was about and did not take. */
export interface NotStarted {
  /** Documents of files and objects that were read. */
  readonly documents: number;
  /** Files, objects and rows that were not read. */
  readonly containers: number;
  /** Directories and links that could not be followed. */
  readonly unread: number;
  /** The sources were not listed to their end, so there may be more. */
  readonly unlisted: boolean;
}

export type JournalEntry = RunEntry | IntentEntry | ResultEntry | EndEntry;
