import { ConflictError, IntegrityError, StateBagError } from '../errors/index.js';
import { pauseBefore } from './backoff.js';
import type { Backoff } from './backoff.js';
import { sha256Hex } from './address.js';
import type { ObjectAddress, ObjectAttributes, ObjectStore, PutRequest, StoredObject } from './object-store.js';
import { storeErrorOf } from './store-errors.js';

/** A blob on its way to one address. `addressed` says that the key holds the digest. */
interface BlobWrite {
  readonly address: ObjectAddress;
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly addressed: boolean;
  readonly attributes: ObjectAttributes;
}

/** When a blob that is written again is old enough to be written anew. */
export interface Renewal {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds. */
  readonly after: number;
}

/**
 * Creates the object, or finds that it is there with the very same bytes. A write whose reply was lost and which the
 * SDK then repeated shows as "already there" too, so that answer is settled by reading back, never by guessing.
 *
 * An old blob is written again, with the same bytes: a collector of garbage tells by the time of the last write that
 * somebody is about to point to it.
 */
export async function writeOnce(
  objects: ObjectStore,
  write: BlobWrite,
  { backoff, renewal }: Patience,
  signal?: AbortSignal,
): Promise<'written' | 'reused'> {
  for (let attempt = 1; ; attempt += 1) {
    const refusal = await tryCreate(objects, write, signal);
    if (refusal === undefined) return 'written';
    const last = attempt >= backoff.attempts;
    // While another writer is at it (409) there may be nothing to read yet: ask the store again first.
    const settled = refusal.code === 'PRECONDITION_FAILED' || last;
    const found = settled ? await sameBytes(objects, write, signal) : undefined;
    if (found !== undefined) {
      if (write.addressed && isOld(found, renewal)) await renew(objects, write, found, signal);
      return 'reused';
    }
    if (last) throw unsettled(write, refusal);
    await backoff.sleep(pauseBefore(attempt, backoff.random), signal);
  }
}

interface Patience {
  readonly backoff: Backoff;
  readonly renewal: Renewal;
}

function isOld({ lastModified }: StoredObject, { now, after }: Renewal): boolean {
  return now() - lastModified.getTime() > after;
}

/** Without a condition: should the blob have gone since, it is there again. */
async function renew(
  objects: ObjectStore,
  { address, bytes, sha256 }: BlobWrite,
  { version, attributes }: StoredObject,
  signal?: AbortSignal,
): Promise<void> {
  await objects.put(address, bytes, {
    attributes,
    sha256,
    unlike: version,
    ...(signal === undefined ? {} : { signal }),
  });
}

async function tryCreate(
  objects: ObjectStore,
  write: BlobWrite,
  signal?: AbortSignal,
): Promise<ConflictError | undefined> {
  const { attributes, sha256 } = write;
  const request: PutRequest = { ifAbsent: true, attributes, sha256, ...(signal === undefined ? {} : { signal }) };
  try {
    await objects.put(write.address, write.bytes, request);
    return undefined;
  } catch (error) {
    if (error instanceof ConflictError) return error;
    throw error;
  }
}

/** Told to be there and then found missing, again and again: whoever calls later may find it settled. */
function unsettled({ address }: BlobWrite, refusal: ConflictError): Error {
  return storeErrorOf(
    'WRITE_CONFLICT',
    `Other writers kept changing key ${address.key} of bucket ${address.bucket}.`,
    address,
    refusal,
  );
}

/** Undefined when the object has gone meanwhile. Throws when it holds something else. */
async function sameBytes(
  objects: ObjectStore,
  write: BlobWrite,
  signal?: AbortSignal,
): Promise<StoredObject | undefined> {
  try {
    const found = await objects.get(write.address, signal === undefined ? {} : { signal });
    const digest = sha256Hex(found.bytes);
    if (digest !== write.sha256) throw holdsOther(write, digest);
    return found;
  } catch (error) {
    if (error instanceof StateBagError && error.code === 'OBJECT_NOT_FOUND') return undefined;
    throw error;
  }
}

function holdsOther(write: BlobWrite, found: string): IntegrityError | ConflictError {
  const { bucket, key } = write.address;
  const context = { bucket, path: key, expected: write.sha256, found };
  if (write.addressed) {
    return new IntegrityError(
      'BLOB_MISMATCH',
      `Key ${key} of bucket ${bucket} names content ${write.sha256} but holds ${found}: it was damaged or tampered with.`,
      { context },
    );
  }
  return new ConflictError(
    'WOULD_OVERWRITE',
    `Key ${key} of bucket ${bucket} holds other content (${found}); a layout without a digest in the key never overwrites.`,
    { context },
  );
}
