import type { Finding } from './finding.js';

/** One document that was looked at, whether something was found in it or not. */
export interface CheckedDocument {
  /** Unique in a run: the file, or the file and the number of the line. */
  readonly id: string;
  /** What an editor opens: a path as a person in the working directory types it, or a URI. */
  readonly file: string;
  readonly findings: readonly Finding[];
  /** Further members of the document in the format `json`. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What a rule is about. */
export interface RuleDescription {
  readonly id: string;
  readonly description: string;
  /** What to do about it, if that is the same in every document. */
  readonly help?: string;
}

/** A warning or a note leaves a document valid. */
export function isValid({ findings }: CheckedDocument): boolean {
  return findings.every(({ level }) => level !== 'error');
}
