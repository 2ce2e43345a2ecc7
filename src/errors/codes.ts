export type ErrorClassName =
  | 'StateBagError'
  | 'BagError'
  | 'PointerError'
  | 'IntegrityError'
  | 'SchemaError'
  | 'ConflictError'
  | 'StoreError'
  | 'ConfigError'
  | 'InternalError';

/** What a program can know of a code. */
export interface CodeFacts {
  /** The classes of its errors: more than one where the same fault is corrected in different places. */
  readonly classes: readonly [ErrorClassName, ...ErrorClassName[]];
  /** Whether the very same call may succeed later. `sometimes`: the error itself says so. */
  readonly retryable: boolean | 'sometimes';
}

const BAG = { classes: ['BagError'], retryable: false } as const satisfies CodeFacts;
const POINTER = { classes: ['PointerError'], retryable: false } as const satisfies CodeFacts;
/** `BagError`: a migration cannot follow the path of a manifest, and nothing else in the bag gives segments. */
const TARGET = { classes: ['PointerError', 'BagError'], retryable: false } as const satisfies CodeFacts;
const INTEGRITY = { classes: ['IntegrityError'], retryable: false } as const satisfies CodeFacts;
const SCHEMA = { classes: ['SchemaError'], retryable: false } as const satisfies CodeFacts;
const CONFLICT = { classes: ['ConflictError'], retryable: false } as const satisfies CodeFacts;
const PASSING_CONFLICT = { classes: ['ConflictError'], retryable: true } as const satisfies CodeFacts;
const STORE = { classes: ['StoreError'], retryable: false } as const satisfies CodeFacts;
const PASSING_STORE = { classes: ['StoreError'], retryable: true } as const satisfies CodeFacts;
const CONFIG = { classes: ['ConfigError'], retryable: false } as const satisfies CodeFacts;
const INTERNAL = { classes: ['InternalError'], retryable: false } as const satisfies CodeFacts;

/**
 * Every code of an error that this package makes: the one place that decides class and retryability. What each code
 * means and what to do about it is in `src/explanations`, which a wrapped handler does not load.
 */
export const CODES = {
  // A document or bag.
  JSON_SYNTAX: BAG,
  JSON_EMPTY: BAG,
  JSON_BOM: BAG,
  JSON_TOO_DEEP: BAG,
  JSON_TOO_LARGE: BAG,
  JSON_NONFINITE: BAG,
  INVALID_UTF8: BAG,
  EMBEDDED_NOT_UTF8: BAG,
  EMBEDDED_INEXACT: BAG,
  NOT_AN_OBJECT: BAG,
  CONFIG_INVALID: BAG,
  MAP_INVALID: BAG,
  MAP_NOT_POSITIONAL: BAG,
  MAP_HAS_NULLS: BAG,
  MAP_IS_USER_DATA: BAG,
  FLAT_ERA_BAG: BAG,
  BAG_VERSION_UNKNOWN: BAG,
  SEGMENT_INVALID: BAG,
  PROGRAM_MUTABLE: BAG,
  BAG_INVALID: SCHEMA,
  OWNER_MISMATCH: BAG,
  ID_INVALID: BAG,
  WORKFLOW_INVALID: BAG,
  WORKFLOW_CYCLE: BAG,
  WORKFLOW_TOO_DEEP: BAG,
  WORKFLOW_TOO_LARGE: BAG,
  WORKFLOW_WALK_LIMIT: BAG,

  // A pointer or a stored object.
  POINTER_DANGLING: TARGET,
  POINTER_INVALID: TARGET,
  POINTER_CHAIN: TARGET,
  POINTER_TARGET_INVALID: TARGET,
  POINTER_FOREIGN_OWNER: TARGET,
  POINTER_NOT_ALLOWED: TARGET,
  POINTER_TARGET_TOO_LARGE: TARGET,
  POINTER_MIXED: POINTER,
  URI_INVALID: POINTER,
  PREFIX_INVALID: CONFIG,
  CHECKSUM_MISMATCH: INTEGRITY,
  DIGEST_MISMATCH: INTEGRITY,
  BLOB_MISMATCH: INTEGRITY,
  WOULD_OVERWRITE: CONFLICT,

  // An event, a segment, or the shim in a handler.
  SEGMENT_NOT_FOUND: BAG,
  SEGMENT_IS_COPY: BAG,
  SEGMENT_CONTRADICTORY: BAG,
  SEGMENT_OUT_OF_RANGE: BAG,
  SEGMENT_INDEX_INVALID: BAG,
  SEGMENT_DIFFERS: INTEGRITY,
  BRANCH_NOT_FOUND: BAG,
  /** `ConfigError`: a function of a fleet was called with another event than it takes. */
  EVENT_INVALID: { classes: ['BagError', 'ConfigError'], retryable: false },
  FAT_BAG: BAG,
  PAYLOAD_TOO_LARGE: BAG,
  DEADLINE_EXCEEDED: PASSING_STORE,
  NOT_JSON: BAG,
  HANDLER_INVALID: CONFIG,
  STORE_OPEN_FAILED: PASSING_STORE,
  STORE_FAILED: PASSING_STORE,
  CIRCUIT_OPEN: PASSING_STORE,
  MODE_FAILED: { classes: ['StateBagError'], retryable: true },
  OPTION_INVALID: CONFIG,
  OPTION_UNKNOWN: CONFIG,

  // Two programs at the same document.
  DOCUMENT_MOVED: CONFLICT,
  DOCUMENT_LOCKED: PASSING_CONFLICT,
  TEMPORARY_FILE_REPLACED: PASSING_CONFLICT,
  PRECONDITION_FAILED: CONFLICT,
  WRITE_CONFLICT: PASSING_CONFLICT,
  ROW_GONE: CONFLICT,
  ROW_REPLACED: CONFLICT,
  ROW_CONDITION: CONFLICT,
  NOT_MIGRATED: CONFLICT,

  // Rows of a table.
  TABLE_NOT_FOUND: CONFIG,
  TABLE_DENIED: STORE,
  JOURNAL_LOST: STORE,
  RUN_STOPPED: PASSING_STORE,
  TABLE_THROTTLED: PASSING_STORE,
  TABLE_UNAVAILABLE: PASSING_STORE,
  TABLE_TIMEOUT: PASSING_STORE,
  TABLE_REJECTED: STORE,
  INDEX_NOT_FOUND: CONFIG,
  NUMBER_NOT_STORABLE: BAG,
  ROW_TOO_LARGE: BAG,
  ROW_TOO_DEEP: BAG,

  // Stores, disks and sources.
  STORE_UNAVAILABLE: PASSING_STORE,
  STORE_TIMEOUT: PASSING_STORE,
  /** Expired credentials are renewed; a missing permission stays missing. */
  STORE_DENIED: { classes: ['StoreError'], retryable: 'sometimes' },
  STORE_REJECTED: STORE,
  /** `ConfigError`: a run that writes is refused before its first write. */
  STORE_UNSUPPORTED: { classes: ['StoreError', 'ConfigError'], retryable: false },
  ETAG_WEAK: STORE,
  CONDITIONS_IGNORED: CONFIG,
  BLOBS_EXPIRE: CONFIG,
  STORE_FULL: STORE,
  STORE_MISSING: CONFIG,
  STORE_INVALID: CONFIG,
  STORE_ROOT_EMPTY: CONFIG,
  BUCKET_MISSING: CONFIG,
  BUCKET_NOT_FOUND: STORE,
  REGION_MISSING: CONFIG,
  OBJECT_NOT_FOUND: STORE,
  OBJECT_TOO_LARGE: STORE,
  OBJECT_ARCHIVED: STORE,
  BODY_TRUNCATED: PASSING_STORE,
  KEY_INVALID: STORE,
  DISK_FULL: PASSING_STORE,
  DISK_BUSY: PASSING_STORE,
  DISK_ERROR: STORE,
  FILE_NOT_FOUND: STORE,
  FILE_DENIED: STORE,
  FILE_INVALID: STORE,
  LINK_DANGLING: STORE,
  NAME_NOT_UTF8: STORE,
  GZIP_INVALID: STORE,
  SOURCE_INVALID: CONFIG,
  SOURCE_NOT_FOUND: CONFIG,
  SOURCE_IS_RECORD: CONFIG,
  SOURCE_EMPTY: CONFIG,
  SOURCE_READ_ONLY: CONFIG,
  SOURCE_COMPRESSED: BAG,
  STATE_TRUNCATED: BAG,
  HISTORY_INVALID: BAG,
  HISTORY_INCOMPLETE: BAG,
  HISTORY_WITHOUT_DATA: BAG,

  // Journals, plans and the command line.
  JOURNAL_MISSING: CONFIG,
  JOURNAL_NEEDED: CONFIG,
  JOURNAL_EMPTY: CONFIG,
  JOURNAL_LOCKED: CONFIG,
  JOURNAL_MISMATCH: CONFIG,
  JOURNAL_VERSION: CONFIG,
  JOURNAL_INVALID: CONFIG,
  JOURNAL_CORRUPT: INTEGRITY,
  PLAN_INVALID: CONFIG,
  PLAN_VERSION: CONFIG,
  PLAN_MISMATCH: CONFIG,
  PLAN_BROKEN: CONFIG,
  PLAN_DOCUMENT_MOVED: CONFLICT,
  PLAN_DIFFERS: CONFLICT,
  RESTORE_MISMATCH: INTEGRITY,
  OUTPUT_FAILED: CONFIG,
  STDOUT_GONE: CONFIG,
  STDIN_GONE: CONFIG,
  OUT_EXISTS: CONFLICT,
  OUT_INVALID: CONFIG,
  OUT_MISSING: CONFIG,
  USAGE: CONFIG,
  COMMAND_UNKNOWN: CONFIG,
  LAYOUT_INVALID: CONFIG,
  MAX_FAILURES_INVALID: CONFIG,
  SHARD_INVALID: CONFIG,
  TTL_TOO_SHORT: CONFIG,
  SCHEMA_NOT_FOUND: CONFIG,
  SCHEMA_INVALID: CONFIG,
  SCHEMA_UNSUPPORTED: CONFIG,
  SCHEMA_TOO_LARGE: CONFIG,
  SCHEMA_REMOTE: CONFIG,
  SCHEMA_OUTSIDE: CONFIG,

  // A fleet.
  RECORDS_MISSING: CONFIG,
  RECORD_CORRUPT: INTEGRITY,
  ITEM_INVALID: CONFIG,
  VERSION_SUPERSEDED: CONFLICT,
  REPORT_INVALID: CONFIG,
  INVENTORY_INVALID: CONFIG,
  CENSUS_INVALID: CONFIG,
  MANIFEST_EMPTY: CONFIG,
  MANIFEST_FORMAT: CONFIG,
  RATES_INVALID: CONFIG,
  WORKER_LOST: PASSING_STORE,

  // State machines.
  ASL_NOT_FOUND: SCHEMA,
  ASL_INVALID: SCHEMA,
  ASL_UNREADABLE: BAG,
  ASL_BINARY: BAG,
  ASL_TOO_LARGE: BAG,
  YAML_SYNTAX: BAG,
  YAML_TOO_DEEP: BAG,
  YAML_TOO_LARGE: BAG,

  // The runtime proxy and the filters.
  VARIABLE_UNKNOWN: CONFIG,
  VARIABLE_INVALID: CONFIG,
  RUNTIME_API_INVALID: CONFIG,
  COMMAND_MISSING: CONFIG,
  PAIR_INVALID: BAG,

  // Defects of the tool.
  INVERSE_BROKEN: INTERNAL,
  MEMBER_ABSENT: INTERNAL,
  MEMBERS_NOT_RECORDED: INTERNAL,
  MIGRATION_PATH_AMBIGUOUS: INTERNAL,
  MIGRATION_PATH_MISSING: INTERNAL,
  WRONG_KIND: INTERNAL,
  SPLICE_ORDER: INTERNAL,
  SPLICE_IN_CHARACTER: INTERNAL,
  EDITS_MISMATCH: INTERNAL,
  EDIT_WITHOUT_PATH: INTERNAL,
  EDIT_THROUGH_SCALAR: INTERNAL,
  RAW_IN_OUTLINE: INTERNAL,
} as const satisfies Readonly<Record<string, CodeFacts>>;

/** The code of an error that this package makes. */
export type ErrorCode = keyof typeof CODES;

/** The codes that errors of one class have. */
export type CodeFor<Class extends ErrorClassName> = {
  [Code in ErrorCode]: Class extends (typeof CODES)[Code]['classes'][number] ? Code : never;
}[ErrorCode];

/** Whether an error with this code is retryable when nothing else says so. False for a code of another package. */
export function isRetryable(code: string): boolean {
  return Object.hasOwn(CODES, code) && CODES[code as ErrorCode].retryable === true;
}
