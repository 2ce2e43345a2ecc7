/** When a document goes by itself. */
export interface Deadline {
  /** RFC 3339. */
  readonly at: string;
  /** What happens then, as a clause for people. */
  readonly why: string;
}

/** One document as it lies in its container. */
export interface SourceDocument {
  /** Stable across runs: a path, `path#L12`, `s3://bucket/key`. */
  readonly id: string;
  /** 1-based line in an NDJSON container, `undefined` for a container that is one document. */
  readonly line: number | undefined;
  /** Without the line's end. */
  readonly bytes: Uint8Array;
  /** What stands around the document in its container (line ends, blank lines), to be written back as it was. */
  readonly frame?: { readonly before: Uint8Array; readonly after: Uint8Array };
  readonly deadline?: Deadline;
}

/**
 * The new content of a container on its way in. Documents are written in the order in which they were read; nothing
 * shows before `commit`, and `abort` leaves no trace.
 */
export interface Replacement {
  write(document: SourceDocument, bytes: Uint8Array): Promise<void>;
  /**
   * Compare-and-swap: the container must still be what was read. `tail` goes behind the last document. Resolves to the
   * new version. Throws `ConflictError` `DOCUMENT_MOVED` when it is not, else what the disk or store says.
   */
  commit(tail: Uint8Array): Promise<string>;
  abort(): Promise<void>;
}

/** What is read and replaced as a whole: a file, an object. It holds one document, or one a line. */
export interface SourceContainer {
  readonly id: string;
  /** Version of what `documents` has read: for messages and plans. Known once reading has begun. */
  readonly version: string | undefined;
  /** What follows the last document: blank lines. Known once `documents` has come to its end. */
  readonly tail: Uint8Array;
  documents(signal?: AbortSignal): AsyncIterable<SourceDocument>;
  replace(signal?: AbortSignal): Promise<Replacement>;
}

/** Where documents come from. One file per kind. */
export interface DocumentSource {
  /** As the user wrote it. */
  readonly id: string;
  containers(signal?: AbortSignal): AsyncIterable<SourceContainer>;
  /** A container by the id it had in a listing, for `verify` and `rollback`. */
  container(id: string): SourceContainer;
}
