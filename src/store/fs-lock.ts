import { waitForLock } from '../locks/lock.js';
import { lockPathOf } from '../locks/own-names.js';
import type { ObjectAddress } from './object-store.js';
import { storeErrorOf } from './store-errors.js';

/** A holder needs about a millisecond. */
const PATIENCE_MS = 20_000;

/**
 * Runs `work` while no other process that uses this driver replaces or deletes the same file; POSIX has no conditional
 * rename. `WRITE_CONFLICT` when the lock stays taken. The lock of a process that is provably dead is taken over.
 */
export async function withFileLock(path: string, address: ObjectAddress, work: () => Promise<void>): Promise<void> {
  const lock = await waitForLock(lockPathOf(path), PATIENCE_MS);
  if ('obstacle' in lock) throw storeErrorOf('WRITE_CONFLICT', `The object stays locked: ${lock.obstacle}.`, address);
  try {
    await work();
  } finally {
    await lock.release();
  }
}
