/** What the shim uses of Lambda's context object; any richer type fits. */
export interface LambdaContext {
  /** Milliseconds until Lambda stops the invocation. */
  getRemainingTimeInMillis?(): number;
}

/** The program of one segment, a copy of the handler's own: it may be changed. */
export type SegmentConfig = Record<string, unknown>;

/** What the shim adds to the event of a runner, at its root. In the modes `observe` and `shadow` see `docs/adapter.md`. */
export interface SegmentMembers {
  segment_config: SegmentConfig;
  /** Position in the map; absent when the event carries its program and names no index. */
  segment_index?: number;
  /** Of the bag's own workflow; absent in the event of a branch, whose program is not in it. */
  segment_manifest_s3_path?: string;
  /** The same as `segment_manifest_s3_path`. */
  manifest_s3_path?: string;
}

export type RunnerEvent<E> = E & SegmentMembers;

/** An entrypoint that answers by its return value. Handlers with a callback are refused. */
export type Handler<E, R, C> = (event: RunnerEvent<E>, context: C) => R | Promise<R>;
