/** A DynamoDB attribute value, as it goes over the wire: numbers are text, and keep their spelling. */
export type Attribute =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: Uint8Array }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly M: AttributeMap }
  | { readonly L: readonly Attribute[] }
  | { readonly SS: readonly string[] }
  | { readonly NS: readonly string[] }
  | { readonly BS: readonly Uint8Array[] };

export type AttributeMap = Readonly<Record<string, Attribute>>;

/** A whole row. */
export type Row = AttributeMap;

export interface KeyAttribute {
  readonly name: string;
  readonly type: 'S' | 'N' | 'B';
}

/** What a table or an index is looked up by: the hash key, then the range key when there is one. */
export type KeySchema = readonly KeyAttribute[];

export interface TableShape {
  readonly keys: KeySchema;
  readonly indexes: ReadonlyMap<string, IndexShape>;
}

export interface IndexShape {
  readonly keys: KeySchema;
  /** False for one that holds only some attributes of its rows. */
  readonly isWhole: boolean;
}

/** One member that is to change. The ends of `path` and everything above it are maps, from the row down. */
export interface RowEdit {
  readonly path: readonly string[];
  /** What must be there; `undefined`: nothing. */
  readonly before: Attribute | undefined;
  /** What is to be there; `undefined`: nothing. */
  readonly after: Attribute | undefined;
}

export interface RowUpdate {
  readonly edits: readonly RowEdit[];
  /** What else must be as it is said here; `undefined`: absent. Top-level attributes. */
  readonly guards: ReadonlyMap<string, Attribute | undefined>;
  /** Write units it will take at most: for the pace, before the table tells. */
  readonly units: number;
}

export interface RowQuery {
  readonly index?: string;
  /** Values of the hash key and, if there is one here, the range key. */
  readonly equals: ReadonlyMap<string, Attribute>;
}

/** Capacity units taken so far, as the table tells. */
export interface Consumed {
  readonly read: number;
  readonly write: number;
}

/**
 * Rows of one table. Errors of every call: `ConfigError` `TABLE_NOT_FOUND`; `StoreError` `TABLE_DENIED` (names the IAM
 * action; expired credentials too), `TABLE_THROTTLED`, `TABLE_UNAVAILABLE`, `TABLE_TIMEOUT` (all three retryable, and
 * of a write they do not say whether it landed), `TABLE_REJECTED`.
 *
 * A signal cuts waits short: once it is aborted, a call that would have to wait for the pace or before a repetition
 * throws `StoreError` `RUN_STOPPED`, and no update is sent for the first time. What was sent is still awaited, for 4
 * seconds; pages of a scan or query are not.
 */
export interface RowTable {
  readonly name: string;
  readonly consumed: Consumed;
  shape(signal?: AbortSignal): Promise<TableShape>;
  /** Pages of one of `of` disjoint parts, which together are the table or index; `segment` counts from 0. */
  scan(part: ScanPart, signal?: AbortSignal): AsyncIterable<readonly Row[]>;
  query(query: RowQuery, signal?: AbortSignal): AsyncIterable<readonly Row[]>;
  /** The row as it is now; `undefined` when there is none. */
  get(key: Row, signal?: AbortSignal): Promise<Row | undefined>;
  /**
   * Changes a row that is there and is what `update` says, or nothing at all: then `ConflictError` `ROW_CONDITION`.
   * A row is never made.
   */
  update(key: Row, update: RowUpdate, signal?: AbortSignal): Promise<void>;
}

export interface ScanPart {
  readonly segment: number;
  readonly of: number;
  readonly index?: string;
}
