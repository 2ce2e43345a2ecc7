import { PointerError } from '../errors.js';
import { formatS3Uri } from './address.js';
import type { ObjectAddress } from './object-store.js';

/**
 * Without `/` in front and with one behind; empty for the whole bucket. Folders match whole: `a/` does not admit `ab`.
 */
export function asFolder(prefix: string): string {
  const trimmed = prefix.replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? '' : `${trimmed}/`;
}

/** Throws `PointerError` `POINTER_NOT_ALLOWED`; touches no store. */
export function assertBucket(buckets: ReadonlySet<string>, address: ObjectAddress): void {
  if (buckets.has(address.bucket)) return;
  const context = { bucket: address.bucket.slice(0, 200), path: address.key.slice(0, 200) };
  throw new PointerError(
    'POINTER_NOT_ALLOWED',
    `The object ${JSON.stringify(formatS3Uri(address).slice(0, 200))} is not read: its bucket is not among the allowed ones. If you trust it, allow it: --allow-bucket NAME`,
    { context },
  );
}
