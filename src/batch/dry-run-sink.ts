import { LRUCache } from 'lru-cache';
import type { BlobReader } from '../bag/follow.js';
import type { BlobSink } from './transform.js';

/** Distinct addresses remembered; beyond that a blob may be counted twice. */
const REMEMBERED = 8_192;

/** Reads like the store and writes nothing: counts what a real run would write if the store were empty. */
export function dryRunSink(blobs: BlobReader): BlobReader & BlobSink {
  const seen = new LRUCache<string, true>({ max: REMEMBERED });
  return {
    bucket: blobs.bucket,
    ...(blobs.layout && { layout: blobs.layout }),
    get: (address, options) => blobs.get(address, options),
    put: (blob) => {
      const known = seen.has(blob.uri);
      seen.set(blob.uri, true);
      return Promise.resolve(known ? 'reused' : 'written');
    },
  };
}

/** Writes blobs through a store of the `store` room. */
export function storeSink(store: BlobReader & StorePut): BlobReader & BlobSink {
  return {
    bucket: store.bucket,
    ...(store.layout && { layout: store.layout }),
    get: (address, options) => store.get(address, options),
    put: ({ storeKey, bytes, sha256, contentType, metadata, addressed }, signal) =>
      store.put({ key: storeKey, bytes, sha256, contentType, metadata, addressed }, signal),
  };
}

interface StorePut {
  put(
    blob: {
      readonly key: string;
      readonly bytes: Uint8Array;
      readonly sha256: string;
      readonly contentType: string;
      readonly metadata: Readonly<Record<string, string>>;
      readonly addressed: boolean;
    },
    signal?: AbortSignal,
  ): Promise<'written' | 'reused'>;
}
