import type { ResultEntry } from './entries.js';

/** What a journal says of a document in the end. The intent itself stays in the file: it may be large. */
export interface DocumentState {
  /** Of a line, with the number at which a run has last found it. */
  doc: string;
  readonly container: string;
  /** 1-based. Changes with `doc`. */
  line: number | undefined;
  /** The run that migrated it. */
  readonly run: string;
  /** Where the intent of the migration is in the file, in bytes. */
  readonly intent: { readonly offset: number; readonly length: number };
  readonly before: string;
  readonly after: string;
  readonly bytesBefore: number;
  /** The migration that left the bytes which this one rewrote. A rollback undoes both. */
  readonly earlier: DocumentState | undefined;
  /** What the journal said of this name before the intent. It holds again when the intent is voided. */
  previous: DocumentState | undefined;
  /** What it said of these bytes at another line. It holds again when the intent is voided. */
  moved: DocumentState | undefined;
  fate: IntentFate;
  /** The last word on the document; `undefined` while its intent has no result. */
  result: ResultEntry | undefined;
  /** The result that `fate` comes from. */
  decided: ResultEntry | undefined;
  /**
   * Another line has its name, and it may never have been migrated, or be the same document as one that a later run has
   * migrated. It counts once its bytes are found.
   */
  isDoubtful: boolean;
  /** The last rollback that meant to restore it, and the digest of the bytes that it meant to write. */
  restoring: { readonly run: string; readonly after: string } | undefined;
}

/**
 * What became of an intent. `pending`: only the document can tell. The run ended in between, or the write failed in a
 * way that does not say whether it was stored, such as a reply that never came.
 */
type IntentFate = 'pending' | 'migrated' | 'rolled-back';

/** Every migration of the document that was not rolled back, newest first. */
export function migrationsIn(state: DocumentState): readonly DocumentState[] {
  return state.earlier ? [state, ...migrationsIn(state.earlier)] : [state];
}

/** True for the digest of what the document was before or after one of its migrations. */
export function hasDigest(state: DocumentState, sha256: string): boolean {
  return migrationsIn(state).some(({ before, after }) => before === sha256 || after === sha256);
}

/** `path` for the line `path#L12`; the document itself when it is not a line. */
export function containerOf(doc: string): string {
  return doc.replace(/#L\d+$/, '');
}

/** 12 for `path#L12`. */
export function lineOf(doc: string): number | undefined {
  const number = /#L(\d+)$/.exec(doc)?.[1];
  return number === undefined ? undefined : Number(number);
}

/** True for the result of a document that failed or was quarantined. */
export function isFailure(result: ResultEntry | undefined): result is ResultEntry {
  return result?.outcome === 'failed' || result?.outcome === 'quarantined';
}
