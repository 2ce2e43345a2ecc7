import type { OutsideNames } from '../bag/envelope.js';
import type { PausedExecution } from '../bag/resume-rules.js';
import type { StateBagError } from '../errors/index.js';
import type { Splice } from '../json/index.js';

/** When a document goes by itself. */
export interface Deadline {
  /** RFC 3339. */
  readonly at: string;
  /** What happens then, as a clause for people. */
  readonly why: string;
}

/** What a source itself knows to be the end of a document. */
export interface Verdict {
  readonly outcome: 'unchanged' | 'quarantined';
  readonly code: string;
  readonly reason: string;
}

/** One document as it lies in its container. */
export interface SourceDocument {
  /** Stable across runs: a path, `path#L12`, `s3://bucket/key`. */
  readonly id: string;
  /** 1-based line in an NDJSON container, `undefined` for a container that is one document. */
  readonly line: number | undefined;
  /** Without the line's end. */
  readonly bytes: Uint8Array;
  /** Lower-case hex SHA-256 of the bytes, where the container has computed it anyway. */
  readonly sha256?: string;
  /** What stands around the document in its container (line ends, blank lines), to be written back as it was. */
  readonly frame?: { readonly before: Uint8Array; readonly after: Uint8Array };
  /** Says that the bytes and the frame are not read any more: their memory may serve another document. */
  readonly release?: () => void;
  readonly deadline?: Deadline;
  /** Further text of the place, in which bags and names of blobs may be. Made when it is asked for. */
  readonly beside?: () => Uint8Array;
  /** Present for a document that is not to be rewritten, whatever is in it. */
  readonly verdict?: Verdict;
  /** Present when a part of the place cannot be searched for bags and names of blobs: a gate proves nothing then. */
  readonly opaque?: { readonly code: string; readonly reason: string };
  /** What stands beside the bag in the row of a paused execution. */
  readonly row?: Omit<PausedExecution<never>, 'context'>;
  /** Ids in the attributes of the row. A bag that names others is refused. */
  readonly names?: OutsideNames;
  /** Throws `BagError` for bytes that the place would refuse; so a dry run knows it too. */
  readonly assertFits?: (bytes: Uint8Array) => void;
  /**
   * For a place that keeps values and no text: the bytes it will give back once these are written, and the splices over
   * them that give the document's bytes.
   */
  readonly keep?: (bytes: Uint8Array) => { readonly bytes: Uint8Array; readonly inverse: readonly Splice[] };
}

/**
 * The new content of a container on its way in. Documents are written in the order in which they were read; nothing
 * shows before `commit`, and `abort` leaves no trace.
 */
export interface Replacement {
  /** Keeps none of these bytes: once it resolves they may be written over. */
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
  /** Of the history of an execution: as Step Functions listed the execution, such as `RUNNING`. */
  readonly executionStatus?: string | undefined;
  /** Present when each line is a document, so that the container itself is none. */
  readonly holdsLines?: boolean;
  documents(signal?: AbortSignal): AsyncIterable<SourceDocument>;
  replace(signal?: AbortSignal): Promise<Replacement>;
  /**
   * For containers whose name may pass to another thing: throws `ConflictError` `ROW_REPLACED` unless what `documents`
   * has read is of that version.
   */
  assertSame?(version: string | undefined): void;
  /** For a directory or link that cannot be followed: why nothing is known of what is there. */
  readonly unreadable?: StateBagError;
}

/** Opens a container by the id that the journal has for it. `stop` cuts its waits short. */
export type ContainerOpener = (id: string, stop?: AbortSignal) => SourceContainer;

/** Where migrated containers go: over themselves, or to a copy. */
export interface Destination {
  /** What the journal calls the place. */
  pathOf(container: SourceContainer): string;
  /** `isWhole` is asked at the commit: whether the run took every document of the container. */
  open(container: SourceContainer, isWhole: () => boolean): Promise<Replacement>;
  /** True when unchanged documents are to be written too, because the place is a new one. */
  readonly isCopy: boolean;
}

/** What was met where documents are, and not read. */
export interface Skipped {
  readonly id: string;
  readonly code: string;
  readonly reason: string;
}

export type OnSkipped = (skipped: Skipped) => void;

/** Where documents come from. One file per kind. */
export interface DocumentSource {
  /** As the user wrote it. */
  readonly id: string;
  /**
   * It is there and may hold nothing: the executions of a state machine. For any other a missing document is a mistake.
   */
  readonly mayBeEmpty?: true;
  /** It is read once and has no place to go back to. */
  readonly isStream?: true;
  /** All containers are known once the first one is. */
  readonly isListedAtOnce?: true;
  containers(signal?: AbortSignal, onSkipped?: OnSkipped): AsyncIterable<SourceContainer>;
  /** The one name of what can have several, by any of them. Default: the name itself. */
  placeOf?(id: string): string;
  /** A container by the id it had in a listing, for `verify` and `rollback`. */
  container(id: string): SourceContainer;
}

/** A directory that cannot be listed, or a link that cannot be followed: what is there is not known. */
export class UnreadablePlace implements SourceContainer {
  readonly version = undefined;
  readonly tail = new Uint8Array();

  constructor(
    readonly id: string,
    readonly unreadable: StateBagError,
  ) {}

  async *documents(): AsyncIterable<SourceDocument> {
    yield await Promise.reject<SourceDocument>(this.unreadable);
  }

  replace(): Promise<Replacement> {
    return Promise.reject(this.unreadable);
  }
}
