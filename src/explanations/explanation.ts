import type { Hazard } from '../bag/hazards.js';
import type { ResumeRefusalCode } from '../bag/resume-rules.js';
import type { ErrorCode } from '../errors/index.js';

/** A code of an outcome or a finding that no error has. */
export type ResultCode =
  | 'ALREADY_ORIGINAL'
  | 'ATTRIBUTE_NOT_JSON'
  | 'BAG_BRIDGE'
  | 'BAG_FAT'
  | 'BAG_HIDDEN'
  | 'BAG_MUTABLE'
  | 'BAG_OUTDATED'
  | 'BLOB_RENEWED'
  | 'CHILD_UNREAD'
  | 'CONTAINER_FAILED'
  | 'DIRECTORY_SKIPPED'
  | 'DISTRIBUTED_TOKEN'
  | 'DUPLICATE_MEMBER'
  | 'ERA_NOT_REPLAYED'
  | 'EVENT_UNKNOWN'
  | 'EXPECTED_INVALID'
  | 'FILE_EMPTY'
  | 'HISTORY_OPEN'
  | 'INTENT_LOST'
  | 'JOURNAL_INCOMPLETE'
  | 'JOURNAL_OPEN'
  | 'NAME_SKIPPED'
  | 'NOT_A_BAG'
  | 'NOT_A_FILE'
  | 'OLD_PROGRAM_DIFFERS'
  | 'OLD_RUNNER_DROPS'
  | 'OLD_RUNNER_FAILS'
  | 'OLD_RUNS_POINTER'
  | 'OLD_RUNS_WHOLE_CONFIG'
  | 'PLAN_DOCUMENT_MISSING'
  | 'PROGRAM_MISSING'
  | 'RECOVERED'
  | 'ROW_WITHOUT_BAG'
  | 'SCHEMA_FAILED'
  | 'SCHEMA_LIMIT'
  | 'SCHEMA_TIMEOUT'
  | 'SCHEMA_UNKNOWN'
  | 'SOURCE_OVERWRITTEN'
  | 'STEP_UNKNOWN'
  | 'STORED_BY_DIGEST'
  | 'STRAY_BAG'
  | 'TASK_FAILED'
  | 'UNEXPECTED';

/** Every code that a user can meet. */
export type Code = ErrorCode | ResultCode | Hazard | ResumeRefusalCode;

/** What a code means. Plain text; names and commands are in backticks. */
export interface Explanation {
  /** One sentence: what has happened. */
  readonly title: string;
  /** More about it. */
  readonly detail?: string;
  /** What to do next. */
  readonly advice: string;
  /** A page in `docs/` with more, and its section. */
  readonly see?: string;
}

/** The codes of one subject, in the order in which `docs/errors.md` has them. */
export interface Section {
  readonly heading: string;
  /** Paragraphs of Markdown before the table. */
  readonly intro?: string;
  /** Titles of the two columns of text. Default: what has happened, what to do. */
  readonly columns?: readonly [title: string, advice: string];
  readonly codes: Readonly<Partial<Record<Code, Explanation>>>;
  /** Paragraphs of Markdown after the table. */
  readonly outro?: string;
}
