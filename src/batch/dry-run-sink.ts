import { LRUCache } from 'lru-cache';
import type { BlobReader, StoreReach } from '../bag/places.js';
import type { BlobSink } from './transform.js';

/** Distinct addresses remembered; beyond that a blob may be counted twice. */
const REMEMBERED = 8_192;

/** Reads like the store and writes nothing: counts what a real run would write if the store were empty. */
export function dryRunSink(blobs: BlobReader): BlobReader & BlobSink {
  const seen = new LRUCache<string, true>({ max: REMEMBERED });
  return {
    ...pickReach(blobs),
    get: (address, options) => blobs.get(address, options),
    put: (blob) => {
      const known = seen.has(blob.uri);
      seen.set(blob.uri, true);
      return Promise.resolve(known ? 'reused' : 'written');
    },
  };
}

/** Where pointers may lead, as the store says. */
function pickReach(blobs: BlobReader): StoreReach & Pick<BlobReader, 'places'> {
  const { bucket, prefix, layout, allowBuckets, allowPrefixes } = blobs;
  return {
    bucket,
    ...(blobs.places && { places: (signal) => blobs.places!(signal) }),
    ...(prefix !== undefined && { prefix }),
    ...(layout && { layout }),
    ...(allowBuckets && { allowBuckets }),
    ...(allowPrefixes && { allowPrefixes }),
  };
}

/** Writes blobs through a store of the `store` room. */
export function storeSink(store: BlobReader & StorePut): BlobReader & BlobSink {
  return {
    ...pickReach(store),
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
