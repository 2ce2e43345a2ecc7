import type { Generation } from '../bag/bag.js';
import type { ObjectValue } from '../bag/value.js';
import type { BagReading, FoundSegment } from './bag-reading.js';
import type { EventReading } from './invocation.js';
import { cloneJson } from './json-clone.js';
import type { JsonMembers } from './json-members.js';
import type { SegmentConfig } from './lambda.js';
import type { Mode } from './options.js';

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
