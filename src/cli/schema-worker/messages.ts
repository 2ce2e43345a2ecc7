import type { ValidationIssue } from '../../validate/issue.js';
import type { RefusalCode } from './refusal.js';

/** What a worker is started with. */
export interface SchemaRequest {
  /** Absolute path of the file; what the schema refers to is found in its folder. */
  readonly path: string;
  /** Text of the schema. */
  readonly bytes: Uint8Array;
  /** Schemas of the project, which may be referred to by `$id`. */
  readonly published: readonly Readonly<Record<string, unknown>>[];
}

/**
 * What a worker answers: once when the schema is ready or refused, then once for each document. `inexact` says which
 * number of a valid schema a double does not keep; documents cannot be checked by such a schema.
 */
export type SchemaAnswer =
  | { readonly kind: 'ready'; readonly inexact?: string }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly message: string }
  | { readonly kind: 'checked'; readonly issues: readonly ValidationIssue[] };
