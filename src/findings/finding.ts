export type FindingLevel = 'error' | 'warning' | 'note';

/** Something a person should see in a file, in the words and at the place that every output format can show. */
export interface Finding {
  /** Stable name of what was found: a keyword of JSON Schema, an error code, or a rule of a check. */
  readonly rule: string;
  readonly level: FindingLevel;
  /** A sentence. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
  /** Path as a person in the working directory types it, or a URI. */
  readonly file: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based, counted in Unicode code points. */
  readonly column?: number;
  /** JSON pointer (RFC 6901) from the root of the document. */
  readonly pointer?: string;
}
