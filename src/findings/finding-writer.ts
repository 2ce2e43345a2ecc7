import type { CheckedDocument, RuleDescription } from './checked-document.js';

/** What ended a run before its time. */
export interface RunFailure {
  readonly code: string;
  readonly message: string;
}

/** Gives the text of one report piece by piece, so that memory does not grow with the number of documents. */
export interface FindingWriter {
  head(): string;
  document(document: CheckedDocument): string;
  /**
   * With a failure the report is closed all the same, and says so where its format can. `members`: further members of
   * the report in the format `json`.
   */
  tail(failure?: RunFailure, members?: Readonly<Record<string, unknown>>): string;
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
