import type { ValidationIssue } from '../../bag/validate/validation-issue.js';

/** An issue with its place in the file; a line of NDJSON counts as itself. */
export interface LocatedIssue extends ValidationIssue {
  /** 1-based; columns count characters. */
  readonly line: number;
  readonly column: number;
}

/** What is to be said of one document. */
export interface Verdict {
  readonly id: string;
  /** The file of the document: what an editor opens. */
  readonly file: string;
  /** Schemas it was held against, innermost bag first; empty when none recognised it. */
  readonly schemas: readonly string[];
  readonly valid: boolean;
  readonly issues: readonly LocatedIssue[];
}
