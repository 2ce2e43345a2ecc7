import { createHash } from 'node:crypto';
import { addressTemplates, detectDigest } from '../content-address.js';
import { IntegrityError, PointerError } from '../errors.js';
import { assertPure } from './mixed-pointer.js';
import { Places } from './places.js';
import type { AddressRule, BagIds, StoreReach } from './places.js';
import type { Pointer } from './pointers.js';

/** What following a pointer needs of a store. The store holds to its own buckets and to the digest in a key. */
export interface BlobReader extends StoreReach {
  /** Where pointers may lead, when the members above do not say it before the store is open. */
  places?(signal?: AbortSignal): Promise<Places>;
  /** Throws `IntegrityError` `DIGEST_MISMATCH` when the bytes do not have the digest `sha256`. */
  get(
    address: { readonly bucket: string; readonly key: string },
    options?: { readonly sha256?: string; readonly signal?: AbortSignal },
  ): Promise<Uint8Array>;
}

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

/**
 * Which targets are content addresses for readers of this store. Reading verifies them; what may not be read is none.
 * Of a store that is not open yet only the layout is known.
 */
export function addressRule(blobs: BlobReader): AddressRule {
  if (blobs.places === undefined) {
    const places = placesFor(blobs);
    return (target) => places.detectAddress(target);
  }
  const templates = addressTemplates(blobs.layout);
  return ({ key }) => detectDigest(key, templates);
}

const known = new WeakMap<BlobReader, Places>();

/** Throws `ConfigError` `PREFIX_INVALID`. */
function placesFor(blobs: BlobReader): Places {
  const places = known.get(blobs) ?? new Places(blobs);
  known.set(blobs, places);
  return places;
}

/** First 8 hex digits of the MD5 of the stored text: what the legacy hydrator holds against it. No security hash. */
export function md5Prefix(bytes: Uint8Array): string {
  return md5(bytes).slice(0, 8);
}

function verifyChecksum(pointer: Pointer, bytes: Uint8Array): void {
  if (pointer.md5 === undefined) return;
  const actual = md5(bytes);
  if (pointer.md5 !== actual && pointer.md5 !== actual.slice(0, 8)) {
    throw new IntegrityError(
      'CHECKSUM_MISMATCH',
      `the object "${pointer.target?.key ?? ''}" has the MD5 ${actual.slice(0, 8)}…, its pointer says ${pointer.md5}`,
    );
  }
}

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}
