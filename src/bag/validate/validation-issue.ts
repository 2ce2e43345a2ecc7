/** One broken rule of a schema, for people and for reports. */
export interface ValidationIssue {
  /**
   * Where it is, as a JSON pointer (RFC 6901) from the root of the validated value. A member that is missing has no
   * place: the pointer then names the object that should hold it.
   */
  readonly pointer: string;
  /** The keyword of JSON Schema that was broken. */
  readonly keyword: string;
  /** A sentence that says what is wrong. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
  /** Name of the member at fault, also when it is missing. */
  readonly member?: string;
}
