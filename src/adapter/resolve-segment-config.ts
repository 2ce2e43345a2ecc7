import { resolveSegment } from '../bag/resolve.js';
import { cloneJson } from './json-clone.js';
import type { SegmentConfig } from './lambda.js';
import { BlobCache } from './blob-cache.js';
import type { FoundSegment } from './bag-reading.js';
import { StoreHandle } from './store-handle.js';
import type { StoreSource } from './store-handle.js';

export interface ResolveSegmentOptions {
  /** Position in the map, instead of the one the event names. */
  readonly index?: number;
  readonly signal?: AbortSignal;
}

/**
 * The program of the segment that an event asks for, whatever form its bag has, without a shim: nothing is kept and
 * nothing rewritten. Throws typed errors, never gives another program.
 */
export async function resolveSegmentConfig(event: unknown, store: StoreSource, options: ResolveSegmentOptions = {}): Promise<FoundSegment> {
  const blobs = new BlobCache(new StoreHandle(store), 0);
  const { segmentConfig, ...found } = await resolveSegment(blobs.reader, event, blobs, options);
  return { ...found, segmentConfig: cloneJson(segmentConfig) as SegmentConfig };
}
