import type { Blob, BlobStore } from './blob-store.js';

/** What a store must have to be read. */
export type ReadableStore = Pick<BlobStore, 'bucket' | 'prefix' | 'layout' | 'allowBuckets' | 'allowPrefixes' | 'get'>;

/** A store that keeps what is put into it in memory. */
export interface OverlayStore extends BlobStore {
  /** Forgets what was put. */
  clear(): void;
}

/**
 * A store over another one, which is only read: what is put is kept in memory and found there. So code that stores
 * blobs and reads them again runs without a write.
 */
export function overlayStore(store: ReadableStore): OverlayStore {
  const { bucket, prefix, layout, allowBuckets, allowPrefixes } = store;
  const put = new Map<string, Blob>();
  return {
    bucket,
    prefix,
    ...(layout && { layout }),
    ...(allowBuckets && { allowBuckets }),
    ...(allowPrefixes && { allowPrefixes }),
    description: 'a store that is not written to',
    uri: (key) => `s3://${bucket}/${prefix}${key}`,
    put: (blob) => {
      put.set(prefix + blob.key, blob);
      return Promise.resolve('written');
    },
    get: (address, options) => {
      const blob = address.bucket === bucket ? put.get(address.key) : undefined;
      return blob === undefined ? store.get(address, options) : Promise.resolve(blob.bytes);
    },
    clear: () => {
      put.clear();
    },
  };
}
