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
export interface SegmentMembers {
  segment_config: SegmentConfig;
}

export type RunnerEvent<E> = E & SegmentMembers;

/** An entrypoint that answers by its return value. Handlers with a callback are refused. */
export type Handler<E, R, C> = (event: RunnerEvent<E>, context: C) => R | Promise<R>;
