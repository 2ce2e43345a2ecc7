/** One broken rule, as the compiled validators report it. */
export interface SchemaFault {
  /** JSON pointer (RFC 6901) of the value at fault. */
  readonly instancePath: string;
  /** Place of the rule in its schema. */
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Compiled ahead from one schema. False leaves the faults in `errors`, until the next call. */
export interface CompiledValidator {
  (value: unknown): boolean;
  errors?: readonly SchemaFault[] | null;
}
