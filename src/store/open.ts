import { stat } from 'node:fs/promises';
import { ConfigError } from '../errors/index.js';
import { fsObjectStore } from './fs.js';
import type { ObjectStore } from './object-store.js';
import type { S3ObjectStoreOptions } from './s3.js';

export interface OpenStoreOptions {
  /** Bucket inside a local directory. Default `local`. With `s3://` it may only repeat the bucket of the spec. */
  readonly bucket?: string;
  readonly s3?: S3ObjectStoreOptions;
}

export interface OpenedStore {
  readonly objects: ObjectStore;
  readonly bucket: string;
  /** Empty, or what the `s3://` spec names after its bucket. */
  readonly prefix: string;
}

const DEFAULT_BUCKET = 'local';

/**
 * The store a user names on the command line: `s3://bucket[/prefix]`, or a local directory (made on the first write).
 * Throws `ConfigError` for anything else. The S3 driver and its SDK are loaded only for `s3://`.
 */
export async function openObjectStore(spec: string, options: OpenStoreOptions = {}): Promise<OpenedStore> {
  if (spec.trim() === '') throw invalid(spec, 'it is empty');
  if (spec.startsWith('s3://')) return openS3(spec, options);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(spec)) throw invalid(spec, 'no store of this kind can hold blobs');
  if (spec.includes('\0')) throw invalid(spec, 'it holds NUL');
  await assertDirectory(spec);
  return { objects: fsObjectStore({ root: spec }), bucket: options.bucket ?? DEFAULT_BUCKET, prefix: '' };
}

async function openS3(spec: string, options: OpenStoreOptions): Promise<OpenedStore> {
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
