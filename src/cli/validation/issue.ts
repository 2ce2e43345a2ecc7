import type { FindingLevel } from '../../findings/finding.js';

/** What is wrong at a place of a document. */
export interface Issue {
  /** JSON pointer (RFC 6901) from the root of the document. */
  readonly pointer: string;
  /** Keyword of a schema, or code of an error. */
  readonly rule: string;
  readonly level: FindingLevel;
  readonly message: string;
  readonly hint?: string;
}

/** An issue with its place in the file; a line of NDJSON counts as itself. */
export interface LocatedIssue extends Issue {
  /** 1-based; columns count characters. */
  readonly line: number;
  readonly column: number;
}

/** What was found in one document. */
export interface Found {
  /** Schemas it was held against, innermost bag first; empty when none recognised it. */
  readonly schemas: readonly string[];
  readonly issues: readonly LocatedIssue[];
}
