/** What is wrong with a schema. It crosses from one thread to the other as a code and a sentence. */
export type RefusalCode =
  'SCHEMA_INVALID' | 'SCHEMA_UNSUPPORTED' | 'SCHEMA_TOO_LARGE' | 'SCHEMA_REMOTE' | 'SCHEMA_OUTSIDE';

/** Thrown while a schema is prepared. */
export class Refusal extends Error {
  constructor(
    readonly code: RefusalCode,
    message: string,
  ) {
    super(message);
  }
}
