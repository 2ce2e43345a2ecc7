import { createHash } from 'node:crypto';
import type { ObjectAddress } from './object-store.js';
import { storeErrorOf } from './store-errors.js';

/** Lower-case hex SHA-256. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * The digest of `bytes`, compared with what the caller claims when it claims one, so that a wrong claim is
 * `DIGEST_MISMATCH` in every driver, as it is on S3.
 */
export function verifiedSha256(address: ObjectAddress, bytes: Uint8Array, claimed: string | undefined): string {
  const actual = sha256Hex(bytes);
  if (claimed === undefined || claimed === actual) return actual;
  throw storeErrorOf(
    'DIGEST_MISMATCH',
    `The bytes for key ${address.key} hash to ${actual}, not to the given ${claimed}.`,
    address,
  );
}

/**
 * Throws `DIGEST_MISMATCH` when the bytes read do not have every digest claimed for them; hashes only when there is a
 * claim.
 */
export function assertDigest(address: ObjectAddress, bytes: Uint8Array, claims: readonly (string | undefined)[]): void {
  const claimed = claims.filter((claim) => claim !== undefined);
  if (claimed.length === 0) return;
  const actual = sha256Hex(bytes);
  const wrong = claimed.find((claim) => claim !== actual);
  if (wrong === undefined) return;
  throw storeErrorOf(
    'DIGEST_MISMATCH',
    `Key ${address.key} of bucket ${address.bucket} should hold ${wrong} but holds ${actual}.`,
    address,
  );
}
