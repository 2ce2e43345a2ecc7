import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BlobStore } from 'statebag-shim';
import { fsBlobStore } from 'statebag-shim/fs';

/** The bucket that commands use in a directory, unless told otherwise. */
export const BUCKET = 'local';

/** Fixtures store objects at keys of their own: every one of the bucket may be read, but for those of other owners. */
export const ALLOWED = `s3://${BUCKET}/`;

/** The name of the store below the working directory of a command: `--store store`. */
export const STORE = 'store';

/** The options that lead a command to that store. */
export const STORE_OPTIONS = ['--store', STORE, '--allow-prefix', ALLOWED] as const;

/** A working directory with a store in it, which the library and the command line read alike. */
export interface Place {
  readonly dir: string;
  readonly store: BlobStore;
  /** `bucket/key` of every blob that the library asked for, the refused ones included. */
  readonly reads: readonly string[];
}

/** Objects by `bucket/key`: text and bytes as they are, anything else as JSON. */
export type Objects = Readonly<Record<string, unknown>>;

export interface PlaceOptions {
  readonly bucket?: string;
  /** A store that is there already, instead of one of its own. Nothing is written to it by this helper. */
  readonly root?: string;
  /** Default: the whole bucket. */
  readonly allowPrefixes?: readonly string[];
}

/** A directory of its own. It goes with the temporary files of the run. */
export function makePlace(
  objects: Objects = {},
  { bucket = BUCKET, root, allowPrefixes = [`s3://${bucket}/`] }: PlaceOptions = {},
): Place {
  const dir = mkdtempSync(join(tmpdir(), 'statebag-bag-'));
  for (const [address, content] of Object.entries(objects)) writeAt(join(dir, STORE, address), bytesOf(content));
  const reads: string[] = [];
  return {
    dir,
    reads,
    store: recording(fsBlobStore({ root: root ?? join(dir, STORE), bucket, allowPrefixes }), reads),
  };
}

function recording(store: BlobStore, reads: string[]): BlobStore {
  return {
    bucket: store.bucket,
    prefix: store.prefix,
    allowBuckets: store.allowBuckets ?? [],
    allowPrefixes: store.allowPrefixes ?? [],
    description: store.description,
    uri: (key) => store.uri(key),
    put: (blob, signal) => store.put(blob, signal),
    get: (address, options) => {
      reads.push(`${address.bucket}/${address.key}`);
      return store.get(address, options);
    },
  };
}

function writeAt(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

function bytesOf(content: unknown): Uint8Array {
  if (content instanceof Uint8Array) return content;
  return Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
}
