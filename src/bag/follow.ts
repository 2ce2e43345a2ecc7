import { md5Hex } from './keys.js';
import { IntegrityError, PointerError } from '../errors/index.js';
import { assertPure } from './search.js';
import { placesFor } from './places.js';
import type { BagIds, BlobReader } from './places.js';
import type { Pointer } from './pointers.js';

/**
 * The bytes a pointer names: only from the places where a bag with these ids may read, and only if they match the
 * pointer's checksum and the digest in the key. Throws `PointerError` (`POINTER_INVALID`, `POINTER_MIXED`,
 * `POINTER_FOREIGN_OWNER`, `POINTER_NOT_ALLOWED`, and what the store says), `IntegrityError` (`CHECKSUM_MISMATCH`,
 * `DIGEST_MISMATCH`) or `StoreError`.
 */
export async function follow(
  pointer: Pointer,
  ids: BagIds,
  blobs: BlobReader,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const { target } = pointer;
  if (!target)
    throw new PointerError('POINTER_INVALID', `a pointer of the dialect ${pointer.dialect} names no bucket and key`);
  assertPure(pointer);
  const places = blobs.places === undefined ? placesFor(blobs) : await blobs.places(signal);
  places.assertAllowed(target, ids);
  const sha256 = places.digestInKey(target.key);
  const bytes = await blobs.get(
    { bucket: target.bucket ?? blobs.bucket, key: target.key },
    { ...(signal && { signal }), ...(sha256 !== undefined && { sha256 }) },
  );
  verifyChecksum(pointer, bytes);
  return bytes;
}

function verifyChecksum(pointer: Pointer, bytes: Uint8Array): void {
  if (pointer.md5 === undefined) return;
  const actual = md5Hex(bytes);
  if (pointer.md5 !== actual && pointer.md5 !== actual.slice(0, 8)) {
    throw new IntegrityError(
      'CHECKSUM_MISMATCH',
      `the object "${pointer.target?.key ?? ''}" has the MD5 ${actual.slice(0, 8)}…, its pointer says ${pointer.md5}`,
    );
  }
}
