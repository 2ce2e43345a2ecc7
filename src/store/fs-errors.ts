import { messageOf, StateBagError } from '../errors.js';
import type { ObjectAddress } from './object-store.js';
import { storeErrorOf } from './store-errors.js';
import type { StoreErrorCode } from './store-errors.js';

const CODES: Readonly<Record<string, StoreErrorCode>> = {
  ENOSPC: 'STORE_FULL',
  EDQUOT: 'STORE_FULL',
  EFBIG: 'STORE_FULL',
  EACCES: 'STORE_DENIED',
  EPERM: 'STORE_DENIED',
  EROFS: 'STORE_DENIED',
  // A file system without hard links cannot create a whole file and fail when it exists, in one step.
  ENOTSUP: 'STORE_DENIED',
  ENOSYS: 'STORE_DENIED',
  EMLINK: 'STORE_DENIED',
  // One key is a file where another needs a directory, which S3 can hold and a file system cannot.
  ENOTDIR: 'KEY_INVALID',
  EISDIR: 'KEY_INVALID',
  EEXIST: 'KEY_INVALID',
  ENOTEMPTY: 'KEY_INVALID',
  ENAMETOOLONG: 'KEY_INVALID',
  EILSEQ: 'KEY_INVALID',
  EINVAL: 'KEY_INVALID',
  ELOOP: 'KEY_INVALID',
};

/**
 * The port's error for whatever a file-system call threw. What is not in the table (EMFILE, ENFILE, EIO, ESTALE,
 * EBUSY …) says nothing about the key and may pass: `STORE_UNAVAILABLE`.
 */
export function fsError(error: unknown, verb: string, address: ObjectAddress): Error {
  if (error instanceof StateBagError) return error;
  const errno = errnoOf(error);
  if (errno === undefined) return error instanceof Error ? error : new Error(messageOf(error));
  const code = CODES[errno] ?? 'STORE_UNAVAILABLE';
  return storeErrorOf(
    code,
    `Cannot ${verb} key ${address.key} of bucket ${address.bucket}: ${messageOf(error)}`,
    address,
    error,
  );
}

/** True for the answers that mean that no file lies at a path, of whatever kind the obstacle is. */
export function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(errnoOf(error) ?? '');
}

export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
