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
  /** Byte of the document, for what the pointer alone does not name. */
  readonly offset?: number;
}

/** An issue with its place in the file; a line of NDJSON counts as itself. */
export interface LocatedIssue extends Omit<Issue, 'offset'> {
  /** 1-based; columns count characters. */
  readonly line: number;
  readonly column: number;
}

/** True for a rule that says that a schema of the user did not decide a document: neither yes nor no. */
export function isUndecided(rule: string): boolean {
  return rule === 'SCHEMA_TIMEOUT' || rule === 'SCHEMA_LIMIT' || rule === 'SCHEMA_FAILED';
}

/** What a document was taken for. */
export interface Taken {
  /** Schemas it was held against, innermost bag first; empty when none recognised it. */
  readonly schemas: readonly string[];
  /** True when a bag was looked for and is there, whatever its members made the schema. */
  readonly holdsBag: boolean;
}

/** What was found in one document. */
export interface Found extends Taken {
  readonly issues: readonly LocatedIssue[];
}
