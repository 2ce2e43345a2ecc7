import { join, resolve } from 'node:path';
import { ConfigError } from '../errors/index.js';
import { tryLock } from '../locks/lock.js';

/** The file in a journal directory that names its writer. */
export const JOURNAL_LOCK = 'journal.lock';

/**
 * One writer per journal. The lock of a run that is provably dead is taken over. Returns what releases the lock. Throws
 * `ConfigError` `JOURNAL_LOCKED`.
 */
export async function lockJournal(directory: string): Promise<() => Promise<void>> {
  const lock = await tryLock(resolve(join(directory, JOURNAL_LOCK)));
  if ('release' in lock) return lock.release;
  throw new ConfigError(
    'JOURNAL_LOCKED',
    `another run may be writing ${directory}; wait for it to end: ${lock.obstacle}`,
  );
}
