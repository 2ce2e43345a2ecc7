import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ConfigError } from '../errors/index.js';
import { createBlobStore } from './blob-store.js';
import type { BlobStore, BlobStoreOptions } from './blob-store.js';
import { fsObjectStore } from './fs.js';
import type { ObjectStore } from './object-store.js';
import type { S3ObjectStoreOptions } from './s3.js';

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
  readonly layout?: BlobStoreOptions['layout'];
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
  /** What is put between a bucket and its users. A directory honours conditions by itself. */
  wrap: (objects: ObjectStore) => ObjectStore = (objects) => objects,
): Promise<OpenStore> {
  const isPath = !SCHEME.test(spec) && spec.trim() !== '';
  const directory = isPath ? resolve(cwd, spec) : undefined;
  const opened = await openObjectStore(directory ?? spec, {
    ...(inDirectory !== undefined && { bucket: inDirectory }),
    s3,
  });
  const { bucket, prefix } = opened;
  const objects = directory === undefined ? wrap(opened.objects) : opened.objects;
  const blobs = createBlobStore({ objects, bucket, prefix, allowBuckets, allowPrefixes, layout });
  return { spec: directory ?? blobs.uri(''), directory, objects, blobs };
}

/** Stands in where no store was named: whatever must be fetched is a `ConfigError` `STORE_MISSING`. */
export function noStore(layout: BlobStoreOptions['layout'] = {}, bucket = DEFAULT_BUCKET) {
  const missing = () =>
    Promise.reject(new ConfigError('STORE_MISSING', 'the document has a pointer; following it needs --store'));
  // Where pointers may lead is not known either.
  return { bucket, layout, places: missing, get: missing };
}

export interface OpenStoreOptions {
  /** Bucket inside a local directory. Default `local`. With `s3://` it may only repeat the bucket of the spec. */
  readonly bucket?: string;
  readonly s3?: S3ObjectStoreOptions;
}

/** Objects, and where among them a store is. */
interface StorePlace {
  readonly objects: ObjectStore;
  readonly bucket: string;
  /** Empty, or what the `s3://` spec names after its bucket. */
  readonly prefix: string;
}

const DEFAULT_BUCKET = 'local';

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * The store a user names on the command line: `s3://bucket[/prefix]`, or a local directory (made on the first write).
 * Throws `ConfigError` for anything else. The S3 driver and its SDK are loaded only for `s3://`.
 */
export async function openObjectStore(spec: string, options: OpenStoreOptions = {}): Promise<StorePlace> {
  if (spec.trim() === '') throw invalid(spec, 'it is empty');
  if (spec.startsWith('s3://')) return openS3(spec, options);
  if (SCHEME.test(spec)) throw invalid(spec, 'no store of this kind can hold blobs');
  if (spec.includes('\0')) throw invalid(spec, 'it holds NUL');
  await assertDirectory(spec);
  return { objects: fsObjectStore({ root: spec }), bucket: options.bucket ?? DEFAULT_BUCKET, prefix: '' };
}

async function openS3(spec: string, options: OpenStoreOptions): Promise<StorePlace> {
  const [bucket = '', ...rest] = spec.slice('s3://'.length).split('/');
  if (bucket === '') throw invalid(spec, 'the bucket is empty');
  if (options.bucket !== undefined && options.bucket !== bucket)
    throw invalid(spec, `the bucket option says ${options.bucket}`);
  const { s3ObjectStore } = await import('./s3.js');
  return { objects: s3ObjectStore(options.s3), bucket, prefix: rest.join('/') };
}

async function assertDirectory(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined && !found.isDirectory()) throw invalid(path, 'a file lies there, not a directory');
}

function invalid(spec: string, flaw: string): ConfigError {
  const shown = JSON.stringify(spec.slice(0, 200));
  return new ConfigError(
    'STORE_INVALID',
    `${shown} names no store: ${flaw}. Give s3://bucket[/prefix] or a local directory.`,
  );
}
