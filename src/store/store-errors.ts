import { ConflictError, IntegrityError, StoreError } from '../errors/index.js';
import type { StateBagError } from '../errors/index.js';
import type { ObjectAddress, PutCondition } from './object-store.js';

/** Every code a driver throws; `object-store.ts` says what each one means. */
export type StoreErrorCode =
  | 'OBJECT_NOT_FOUND'
  | 'OBJECT_ARCHIVED'
  | 'OBJECT_TOO_LARGE'
  | 'BUCKET_NOT_FOUND'
  | 'BODY_TRUNCATED'
  | 'KEY_INVALID'
  | 'STORE_DENIED'
  | 'STORE_FULL'
  | 'STORE_REJECTED'
  | 'STORE_UNSUPPORTED'
  | 'ETAG_WEAK'
  | 'STORE_TIMEOUT'
  | 'STORE_UNAVAILABLE'
  | 'PRECONDITION_FAILED'
  | 'WRITE_CONFLICT'
  | 'DIGEST_MISMATCH';

/**
 * The error of a driver, so that no two drivers can differ. `isPassing`: the cause of `STORE_DENIED` goes away by
 * itself. The catalogue says of every other code whether it is retryable.
 */
export function storeErrorOf(
  code: StoreErrorCode,
  message: string,
  place: Partial<ObjectAddress>,
  cause?: unknown,
  isPassing = false,
): StateBagError {
  const options = { context: contextOf(place), cause };
  if (code === 'PRECONDITION_FAILED' || code === 'WRITE_CONFLICT') return new ConflictError(code, message, options);
  if (code === 'DIGEST_MISMATCH') return new IntegrityError(code, message, options);
  if (code === 'STORE_DENIED') return new StoreError(code, message, { ...options, retryable: isPassing });
  return new StoreError(code, message, options);
}

function contextOf(place: Partial<ObjectAddress>): { bucket?: string; path?: string } {
  return {
    ...(place.bucket === undefined ? {} : { bucket: place.bucket }),
    ...(place.key === undefined ? {} : { path: place.key }),
  };
}

export function objectNotFound(address: ObjectAddress, cause?: unknown): StateBagError {
  return storeErrorOf(
    'OBJECT_NOT_FOUND',
    `Nothing lies at key ${address.key} of bucket ${address.bucket}.`,
    address,
    cause,
  );
}

/** `size` is missing when reading stopped at the limit. */
export function objectTooLarge(address: ObjectAddress, maxBytes: number, size?: number): StateBagError {
  const actual = size === undefined ? 'more than' : `${size} bytes, more than`;
  return storeErrorOf(
    'OBJECT_TOO_LARGE',
    `Key ${address.key} of bucket ${address.bucket} has ${actual} the ${maxBytes} bytes that may be read.`,
    address,
  );
}

export function preconditionFailed(address: ObjectAddress, condition: PutCondition, cause?: unknown): StateBagError {
  const found = condition.ifAbsent === true ? 'already holds an object' : 'no longer holds the version that was read';
  return storeErrorOf(
    'PRECONDITION_FAILED',
    `Key ${address.key} of bucket ${address.bucket} ${found}.`,
    address,
    cause,
  );
}
