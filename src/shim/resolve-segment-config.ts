import { parseLayout } from '../bag/keys.js';
import type { Layout } from '../bag/keys.js';
import { ObjectValue } from '../bag/value.js';
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
  /** Key templates of the shim that wrote the bags, when they are not the default ones. */
  readonly layout?: Partial<Layout>;
}

/**
 * The program of the segment that an event asks for, whatever form its bag has, without a shim: nothing is kept and
 * nothing rewritten. Never gives another program. Throws what `read` of a shim throws: `BagError` (`EVENT_INVALID`,
 * `OWNER_MISMATCH`, `SEGMENT_*`, …), `PointerError`, `IntegrityError`, `StoreError`.
 *
 * @example
 *     const { segmentConfig, segmentIndex, source } = await resolveSegmentConfig(event, store);
 */
export async function resolveSegmentConfig(
  event: unknown,
  store: StoreSource,
  { layout, ...options }: ResolveSegmentOptions = {},
): Promise<FoundSegment> {
  const blobs = new BlobCache(new StoreHandle(store), 0, parseLayout(layout));
  const { segmentConfig, ...found } = await resolveSegment(new ObjectValue(event), blobs, options);
  return { ...found, segmentConfig: cloneJson(segmentConfig.raw) as SegmentConfig };
}
