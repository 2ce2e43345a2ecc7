import type { Generation } from '../bag/bag.js';
import type { ProgramSource } from '../bag/resolve.js';
import type { ObjectValue } from '../bag/value.js';
import type { EventReading } from './invocation.js';
import type { Mode, SegmentConfig } from './options.js';
import { cloneJson } from './plain-values.js';
import type { JsonMembers } from './plain-values.js';

/** A program as it was found. */
export interface FoundSegment {
  /** The caller's own copy. */
  readonly segmentConfig: SegmentConfig;
  /** Position in the map; `undefined` when the event carries its program and names no index. */
  readonly segmentIndex: number | undefined;
  readonly source: ProgramSource;
}

/** An event that was looked at. Nothing is followed before one of its methods is called. */
export interface BagReading {
  readonly mode: Mode;
  readonly generation: Generation;
  /** Member names from the event to its bag; empty when the event is the bag. */
  readonly envelope: readonly string[];
  readonly ownerId: string | undefined;
  readonly workflowId: string | undefined;
  /**
   * The bag as it came, the innermost one where a merge nested two; undefined when the event holds none. Not to be
   * changed.
   */
  readonly bag: JsonMembers | undefined;
  /** Throws typed errors, never gives another program; see `docs/adapter.md`. */
  segment(): Promise<FoundSegment>;
  segmentConfig(): Promise<SegmentConfig>;
  /** The event as `wrap` hands it to a handler in this mode. Made once. */
  runnerEvent(): Promise<unknown>;
  /** The event with `workflow_config`, `partition_map` and offloaded members inline. */
  hydrated(): Promise<unknown>;
}

/** An event from `JSON.parse` that was read. */
export class Reading implements BagReading {
  constructor(readonly inner: EventReading<ObjectValue>) {}

  get mode(): Mode {
    return this.inner.mode;
  }

  get ownerId(): string | undefined {
    return this.inner.ids.ownerId;
  }

  get workflowId(): string | undefined {
    return this.inner.ids.workflowId;
  }

  get generation(): Generation {
    return this.inner.document.generation;
  }

  get envelope(): readonly string[] {
    return this.inner.document.bags[0]?.path ?? [];
  }

  get bag(): JsonMembers | undefined {
    return this.inner.document.bags[0]?.value.raw as JsonMembers | undefined;
  }

  async segment(): Promise<FoundSegment> {
    const { segmentConfig, ...found } = await this.inner.resolve();
    return { ...found, segmentConfig: cloneJson(segmentConfig.raw) as SegmentConfig };
  }

  async segmentConfig(): Promise<SegmentConfig> {
    return (await this.segment()).segmentConfig;
  }

  async runnerEvent(): Promise<unknown> {
    return (await this.inner.adapt()).root.raw;
  }

  async hydrated(): Promise<unknown> {
    return (await this.inner.fill()).raw;
  }
}
