import type { Layout } from '../bag/keys.js';
import type { ManifestForm } from '../bag/manifest.js';
import type { BlobStore } from '../store/blob-store.js';

/**
 * How far the shim goes, each step safe to go back from. `observe` counts; `shadow` resolves the old and the new way,
 * compares, and changes no bag; `rewrite` repairs bags as they pass; `strict` refuses fat ones.
 */
export type Mode = 'observe' | 'shadow' | 'rewrite' | 'strict';

/**
 * What the handler expects in its bag: paths; `workflow_config` and `partition_map` inline; or, for `bridge`, legacy
 * pointers under these two names, which a handler may keep as its own data, in the row of a paused execution.
 */
export type Speech = 'lean' | 'fat' | 'bridge';

/** Whose bag it is, as the bag says; undefined when it does not. */
export interface BagIds {
  readonly ownerId: string | undefined;
  readonly workflowId: string | undefined;
}

/** How large a result may be: bytes of UTF-8 of its JSON text, as Step Functions counts. */
export interface BudgetOptions {
  /** Default 262,144: Step Functions' limit on a payload. */
  readonly limitBytes?: number;
  /** Kept free for what the state machine puts around the result. Default 8,192. */
  readonly headroomBytes?: number;
}

export interface CacheOptions {
  /**
   * Memory for blobs and known programs together, in bytes, counted as four for each byte of JSON text. Default 64 MiB.
   */
  readonly maxBytes?: number;
}

/** Which further members of a bag may leave it when a result is over budget. */
export interface OffloadOptions {
  /** Only these. Default: any object, list or text that no state machine or reader of pointers looks at. */
  readonly only?: readonly string[];
  /** Not these. */
  readonly never?: readonly string[];
  /** These before the others, in this order; then the largest first. */
  readonly first?: readonly string[];
  /** Nothing smaller, in bytes of JSON text. Default 1,024. */
  readonly minBytes?: number;
}

/** A store, or how to get one when it is first needed, so that nothing heavy loads at a cold start. */
export type StoreSource = BlobStore | (() => BlobStore | Promise<BlobStore>);

export interface ShimOptions {
  /** Where blobs lie, or how to open it when it is first needed. Only the mode `observe` does without. */
  readonly store: StoreSource;
  /**
   * Default `observe`. A function is asked once an event; `undefined` means the default. When it throws, the error is
   * the retryable `MODE_FAILED`.
   */
  readonly mode?: Mode | ((ids: BagIds) => Mode | undefined);
  /**
   * The owner that the event must belong to, where the caller knows it: from its own call, never from the bag. Asked
   * once for an event; for a result without a reading, with `undefined` as the event. Bags that name another owner are
   * the error `OWNER_MISMATCH`; a bag that names none is not given this one.
   */
  expectedOwner?(event: unknown, context: LambdaContext | undefined): string;
  /** Default `lean`. */
  readonly speaks?: Speech;
  /** How a manifest is written; readers take both. Default `list`. */
  readonly manifest?: ManifestForm;
  /** Key templates of blobs. Default: content addresses. */
  readonly layout?: Partial<Layout>;
  /** `false` holds results to no budget. */
  readonly budget?: BudgetOptions | false;
  readonly cache?: CacheOptions;
  readonly offload?: OffloadOptions;
  /** When a bag leads to no program: an error, or the event goes on without `segment_config`. Default `error`. */
  readonly onMissing?: 'error' | 'pass';
  /** Milliseconds to wait for the store on the way in, and again on the way back. Default 10,000. */
  readonly storeTimeoutMs?: number;
  /**
   * The same for what an execution can do without: storing the program of an event that carries it. At least 500,
   * default 1,000. After a store that did not answer, such work is skipped for 30 seconds.
   */
  readonly optionalTimeoutMs?: number;
  /** The store is given up this long before Lambda stops the invocation, in milliseconds. Default 500. */
  readonly deadlineMarginMs?: number;
  /** Milliseconds since 1970, for durations in messages. Default `Date.now`. */
  readonly clock?: () => number;
}

/** Options of a shim that only counts: it needs no store. */
export interface ObserveOptions extends Omit<ShimOptions, 'store' | 'mode' | 'expectedOwner'> {
  readonly store?: StoreSource;
  /** Any other mode is the error `STORE_MISSING`, at once or at the event that the function gives it for. */
  readonly mode?: 'observe' | ((ids: BagIds) => 'observe' | undefined);
  /** As in `ShimOptions`. */
  expectedOwner?(event: unknown, context: LambdaContext | undefined): string;
}

/** Options whose store may be absent. */
export type UncheckedOptions = Omit<ShimOptions, 'store'> & { readonly store?: StoreSource };

export interface WireOptions extends Omit<UncheckedOptions, 'expectedOwner'> {
  /** The owner of every event, where there is only one. */
  readonly expectedOwner?: string;
  /** False for a handler that runs no segment: its event gets no `segment_config`. Default true. */
  readonly segment?: boolean;
  /**
   * Where a bag may lie: member names from the root, joined by dots, `.` for the root itself. Bags anywhere else pass
   * untouched. Default: anywhere.
   */
  readonly envelopes?: readonly string[];
  /** What becomes of an event that is no JSON, or no object: an error, or it goes on as it is. Default `error`. */
  readonly onUnreadable?: 'error' | 'pass';
}

/** What the shim uses of Lambda's context object; any richer type fits. */
export interface LambdaContext {
  /** Milliseconds until Lambda stops the invocation. */
  getRemainingTimeInMillis?(): number;
}

/** The program of one segment, a copy of the handler's own: it may be changed. */
export type SegmentConfig = Record<string, unknown>;

/**
 * What the shim adds to the event of a runner, at its root. The program has one more member, `added_by_statebag_shim`,
 * by which a copy of it in a later event is recognised and not run. In the modes `observe` and `shadow` see
 * `docs/adapter.md`.
 */
export interface SegmentMembers<Config = SegmentConfig> {
  segment_config: Config;
}

/** The two members that a bag for a handler which speaks lean has not. */
type ProgramMember = 'workflow_config' | 'partition_map';

/** An event type without some of its members; one that allows any name stays as it is. */
type Without<E, Names extends PropertyKey> = E extends unknown ? (string extends keyof E ? E : Omit<E, Names>) : never;

/** What a handler gets for an event of the type `E`. `Config` is the type of its program. */
export type RunnerEvent<E, Config = SegmentConfig, S extends Speech = 'lean'> = (S extends 'lean'
  ? Without<E, ProgramMember>
  : E) &
  SegmentMembers<Config>;

/** An entrypoint that answers by its return value. Handlers with a callback are refused. */
export type Handler<E, R, C, Config = SegmentConfig, S extends Speech = 'lean'> = (
  event: RunnerEvent<E, Config, S>,
  context: C,
) => R | Promise<R>;

/** Event types of handlers. One that speaks lean must not read `workflow_config` and `partition_map`. */
export type GivenEvent<S extends Speech> = object &
  (S extends 'lean' ? Readonly<Partial<Record<ProgramMember, never>>> : unknown);

/** What the caller of a wrapped handler gives it: the program comes from the shim. */
export type CallerEvent<G> = 'segment_config' extends keyof G ? Without<G, 'segment_config'> : G;

/** What `runnerEvent` may be asked to leave out. */
export interface ReadOptions {
  /**
   * False for a handler that runs no segment: its event gets no `segment_config`, and none is looked for. Default true.
   */
  readonly segment?: boolean;
}
