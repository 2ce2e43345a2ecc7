import { resolve } from 'node:path';
import type { Layout } from '../bag/keys.js';
import type { BlobReader } from '../bag/places.js';
import { ConfigError } from '../errors/index.js';
import { createBlobStore } from '../store/blob-store.js';
import type { BlobStore } from '../store/blob-store.js';
import type { ObjectStore } from '../store/object-store.js';
import { openObjectStore } from '../store/open.js';
import type { S3ObjectStoreOptions } from '../store/s3.js';

/** A store and how to reach it, as plain JSON. */
export interface StoreSettings {
  /** `s3://bucket[/prefix]`, or a directory that holds `<bucket>/<key>`. */
  readonly spec: string;
  /** Bucket inside a directory store. Default `local`. */
  readonly bucket?: string | undefined;
  /** Further buckets in which pointers may lead to the key layouts of the store's own bucket. */
  readonly allowBuckets?: readonly string[];
  /** Folders in which pointers may lead to any key: `s3://bucket/prefix/`, or `prefix/` in the store's bucket. */
  readonly allowPrefixes?: readonly string[];
  readonly s3?: S3ObjectStoreOptions;
  /** Key templates: pointers into them must name the owner of the bag. */
  readonly layout?: Partial<Layout>;
}

export interface OpenStore {
  /** Opens the same store from anywhere: `s3://bucket/prefix`, or an absolute path. */
  readonly spec: string;
  /** Absolute path of a directory store. */
  readonly directory: string | undefined;
  readonly objects: ObjectStore;
  readonly blobs: BlobStore;
}

export async function openStore(
  { spec, bucket: inDirectory, allowBuckets = [], allowPrefixes = [], s3 = {}, layout = {} }: StoreSettings,
  cwd: string,
): Promise<OpenStore> {
  const isPath = !/^[a-z][a-z0-9+.-]*:\/\//i.test(spec) && spec.trim() !== '';
  const directory = isPath ? resolve(cwd, spec) : undefined;
  const { objects, bucket, prefix } = await openObjectStore(directory ?? spec, {
    ...(inDirectory !== undefined && { bucket: inDirectory }),
    s3,
  });
  const blobs = createBlobStore({
    objects,
    bucket,
    prefix,
    allowBuckets,
    allowPrefixes,
    layout,
  });
  return { spec: directory ?? blobs.uri(''), directory, objects, blobs };
}

/** Stands in where no store was named: whatever must be fetched is a `ConfigError` `STORE_MISSING`. */
export function noStore(layout: Partial<Layout>, bucket = 'local'): BlobReader {
  const missing = () =>
    Promise.reject(new ConfigError('STORE_MISSING', 'the document has a pointer; following it needs --store'));
  // Where pointers may lead is not known either.
  return { bucket, layout, places: missing, get: missing };
}
