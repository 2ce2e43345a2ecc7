import { ConflictError, IntegrityError, StateBagError } from '../errors.js';
import { pauseBefore } from './backoff.js';
import type { Backoff } from './backoff.js';
import { sha256Hex } from './digest.js';
import type { ObjectAddress, ObjectAttributes, ObjectStore, PutRequest } from './object-store.js';
import { storeErrorOf } from './store-errors.js';

/** A blob on its way to one address. `addressed` says that the key holds the digest. */
interface BlobWrite {
  readonly address: ObjectAddress;
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly addressed: boolean;
  readonly attributes: ObjectAttributes;
}

/**
 * Creates the object, or finds that it is there with the very same bytes. A write whose reply was lost and which the
 * SDK then repeated shows as "already there" too, so that answer is settled by reading back, never by guessing.
 */
export async function writeOnce(objects: ObjectStore, write: BlobWrite, backoff: Backoff, signal?: AbortSignal): Promise<'written' | 'reused'> {
  for (let attempt = 1; ; attempt += 1) {
    const refusal = await tryCreate(objects, write, signal);
    if (refusal === undefined) return 'written';
    const last = attempt >= backoff.attempts;
    // While another writer is at it (409) there may be nothing to read yet: ask the store again first.
    const settled = refusal.code === 'PRECONDITION_FAILED' || last;
    if (settled && (await holdsSameBytes(objects, write, signal))) return 'reused';
    if (last) throw unsettled(write, refusal);
    await backoff.sleep(pauseBefore(attempt, backoff.random), signal);
  }
}

async function tryCreate(objects: ObjectStore, write: BlobWrite, signal?: AbortSignal): Promise<ConflictError | undefined> {
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
  return storeErrorOf('WRITE_CONFLICT', `Other writers kept changing key ${address.key} of bucket ${address.bucket}.`, address, refusal);
}

/** False when the object has gone meanwhile. Throws when it holds something else. */
async function holdsSameBytes(objects: ObjectStore, write: BlobWrite, signal?: AbortSignal): Promise<boolean> {
  try {
    const found = await objects.get(write.address, signal === undefined ? {} : { signal });
    const digest = sha256Hex(found.bytes);
    if (digest !== write.sha256) throw holdsOther(write, digest);
    return true;
  } catch (error) {
    if (error instanceof StateBagError && error.code === 'OBJECT_NOT_FOUND') return false;
    throw error;
  }
}

function holdsOther(write: BlobWrite, found: string): IntegrityError | ConflictError {
  const { bucket, key } = write.address;
  const context = { bucket, path: key, expected: write.sha256, found };
  if (write.addressed) {
    return new IntegrityError('BLOB_MISMATCH', `Key ${key} of bucket ${bucket} names content ${write.sha256} but holds ${found}: it was damaged or tampered with.`, { context });
  }
  return new ConflictError('WOULD_OVERWRITE', `Key ${key} of bucket ${bucket} holds other content (${found}); a layout without a digest in the key never overwrites.`, { context });
}
