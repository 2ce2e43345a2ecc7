import type { CheckedDocument, RuleDescription } from './checked-document.js';

/** What ended a run before its time. */
export interface RunFailure {
  readonly code: string;
  readonly message: string;
}

/** A file, directory or link that was not read, or in which no document is. */
export interface UnseenEntry {
  /** Such as `skipped`. */
  readonly kind: string;
  /** Path as a person in the working directory types it, or a URI. */
  readonly file: string;
  readonly code: string;
  /** A sentence. */
  readonly message: string;
}

/** What a check says at the end, besides its totals. */
export interface Conclusion {
  /** Further members of the report in the format `json`, which has the entries here. */
  readonly members?: Readonly<Record<string, unknown>>;
  /** Lines for people, such as `not proven: 2 skipped`. */
  readonly remark?: string;
  /** False when entries were not read, so that the documents are not all that was asked about. */
  readonly isComplete?: boolean;
}

/** Gives the text of one report piece by piece, so that memory does not grow with the number of documents. */
export interface FindingWriter {
  head(): string;
  document(document: CheckedDocument): string;
  /** An entry of the sources of which nothing is known. It is not a document, and in no total. */
  entry(entry: UnseenEntry): string;
  /** With a failure the report is closed all the same, and says so where its format can. */
  tail(failure?: RunFailure, conclusion?: Conclusion): string;
}

/** How a format marks text for a terminal. */
export interface FindingPaint {
  readonly bad: (text: string) => string;
  readonly faint: (text: string) => string;
}

export interface WriterContext {
  /** Name of the check, such as `statebag validate`. */
  readonly check: string;
  /** Version of this package. */
  readonly version: string;
  /** A rule that is found and not described here goes by its name alone. */
  readonly rules: readonly RuleDescription[];
  /** Absent: plain text. */
  readonly paint?: FindingPaint;
}
