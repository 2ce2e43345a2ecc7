import { createHash } from 'node:crypto';
import { IntegrityError, PointerError } from '../errors.js';
import { isKeyOfOwner } from './keys.js';
import type { KeyTemplates } from './keys.js';
import { assertPure } from './mixed-pointer.js';
import type { Pointer } from './pointers.js';

/** What following a pointer needs of a store. The store holds to its own buckets and to the digest in a key. */
export interface BlobReader {
  /** Where a bare key lies. */
  readonly bucket: string;
  /** Key templates in which a key names its owner, beside the default ones. */
  readonly layout?: KeyTemplates;
  get(
    address: { readonly bucket: string; readonly key: string },
    options?: { readonly signal?: AbortSignal },
  ): Promise<Uint8Array>;
}

/**
 * The bytes a pointer names: only below the bag's own owner where the key names one, and only if they match the
 * pointer's checksum. Throws `PointerError` (`POINTER_INVALID`, `POINTER_MIXED`, `POINTER_FOREIGN_OWNER`, and what the
 * store says), `IntegrityError` (`CHECKSUM_MISMATCH`) or `StoreError`.
 */
export async function follow(
  pointer: Pointer,
  ownerId: string | undefined,
  blobs: BlobReader,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const { target } = pointer;
  if (!target)
    throw new PointerError('POINTER_INVALID', `a pointer of the dialect ${pointer.dialect} names no bucket and key`);
  assertPure(pointer);
  if (!isKeyOfOwner(target.key, ownerId, blobs.layout)) {
    throw new PointerError(
      'POINTER_FOREIGN_OWNER',
      `the key "${target.key}" belongs to another owner than the bag (${ownerId ?? 'which names none'}); it is not read`,
    );
  }
  const bytes = await blobs.get({ bucket: target.bucket ?? blobs.bucket, key: target.key }, signal ? { signal } : {});
  verifyChecksum(pointer, bytes);
  return bytes;
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
