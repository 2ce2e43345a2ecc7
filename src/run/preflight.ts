import type { ObjectAddress } from '../store/object-store.js';
import { openObjectStore } from '../store/open.js';
import { proveReplacement } from '../store/prove-conditions.js';
import type { Unproven } from '../store/prove-conditions.js';
import type { S3ObjectStoreOptions } from '../store/s3.js';
import { blobKeysOf } from './blob-keys.js';
import type { OpenMigration } from './open-migration.js';

/** A bucket of which it is not known whether its server honours `If-Match`, and why. */
export interface UnprovenBucket extends Unproven {
  readonly bucket: string;
}

/**
 * Where a migration writes to S3: the first folder of documents in each bucket, and the first folder of blobs when the
 * store is in a bucket of its own. A role that may write there may write the object of the check.
 */
export function listWrittenFolders({ request, store, sources, place }: OpenMigration): readonly ObjectAddress[] {
  const documents = place.kind === 'in-place' ? sources.flatMap(({ source }) => parseFolder(source.id)) : [];
  const { bucket, prefix } = store.blobs;
  const [folder = ''] = blobKeysOf(request.layout).folders;
  return [...documents, ...(store.directory === undefined ? [{ bucket, key: prefix + folder }] : [])];
}

/** The folders of these objects. Ids of files and rows are left out. */
export function listFolders(ids: Iterable<string>): readonly ObjectAddress[] {
  const folders = new Set(Array.from(ids, (id) => id.slice(0, id.lastIndexOf('/') + 1)));
  return [...folders].flatMap(parseFolder);
}

function parseFolder(uri: string): readonly ObjectAddress[] {
  const [, bucket, key = ''] = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(uri) ?? [];
  return bucket === undefined ? [] : [{ bucket, key }];
}

/**
 * Proves, with one request for each bucket, that its server honours `If-Match`. Throws `ConfigError`
 * `CONDITIONS_IGNORED` or `STORE_UNSUPPORTED` before anything is written. Resolves to the buckets without a proof.
 */
export async function proveConditions(
  folders: readonly ObjectAddress[],
  s3: S3ObjectStoreOptions | undefined,
  signal?: AbortSignal,
): Promise<readonly UnprovenBucket[]> {
  const firsts = new Map([...folders].reverse().map((folder) => [folder.bucket, folder]));
  const unproven: UnprovenBucket[] = [];
  for (const [bucket, folder] of firsts) {
    const { objects } = await openObjectStore(`s3://${bucket}`, s3 ? { s3 } : {});
    const reason = await proveReplacement(objects, folder, signal);
    if (reason) unproven.push({ bucket, ...reason });
  }
  return unproven;
}
